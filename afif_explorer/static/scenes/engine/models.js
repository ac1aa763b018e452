// The outputs of the scenes' models, their losses and derivatives.

export const size = ({model, X, hidden, intercept}) =>
  model === "network" ? hidden * (X[0].length + 2) + 1 : X[0].length + (intercept === false ? 0 : 1)

// Whether a parameter is penalised: all but the intercept, the last one.
export function penalised(problem, place) {
  return problem.intercept === false || place < size(problem) - 1
}

export const sigmoid = (f) => (f >= 0 ? 1 / (1 + Math.exp(-f)) : Math.exp(f) / (1 + Math.exp(f)))

export const mean = ({model}, f) => (model === "linear" ? f : sigmoid(f))
export const variance = ({model}, f) => (model === "linear" ? 1 : sigmoid(f) * sigmoid(-f))
export const skew = ({model}, f) => (model === "linear" ? 0 : sigmoid(f) * sigmoid(-f) * (sigmoid(-f) - sigmoid(f)))

// The loss of an output. log(1 + e^f) without overflow.
export function lossAt({model}, f, y) {
  if (model === "linear") return (y - f) ** 2 / 2
  return Math.max(f, 0) + Math.log1p(Math.exp(-Math.abs(f))) - y * f
}

export function output(problem, theta, x) {
  const d = x.length, {model, hidden} = problem
  if (model !== "network") {
    let f = problem.intercept === false ? 0 : theta[d]
    for (let j = 0; j < d; j++) f += theta[j] * x[j]
    return f
  }
  let f = theta[hidden * (d + 2)]
  for (let k = 0; k < hidden; k++) f += theta[hidden * (d + 1) + k] * unit(theta, x, k, hidden)
  return f
}

function unit(theta, x, k, hidden) {
  const d = x.length
  let a = theta[hidden * d + k]
  for (let j = 0; j < d; j++) a += theta[k * d + j] * x[j]
  return Math.tanh(a)
}

export const prediction = (problem, theta, x) => mean(problem, output(problem, theta, x))
export const loss = (problem, theta, x, y) => lossAt(problem, output(problem, theta, x), y)

// The derivative of the output, [p].
export function jacobian(problem, theta, x) {
  const d = x.length, out = new Float64Array(size(problem)), {model, hidden} = problem
  if (model !== "network") {
    out.set(x)
    if (problem.intercept !== false) out[d] = 1
    return out
  }
  for (let k = 0; k < hidden; k++) {
    const t = unit(theta, x, k, hidden), slope = theta[hidden * (d + 1) + k] * (1 - t * t)
    for (let j = 0; j < d; j++) out[k * d + j] = slope * x[j]
    out[hidden * d + k] = slope
    out[hidden * (d + 1) + k] = t
  }
  out[hidden * (d + 2)] = 1
  return out
}

// Adds times * the second derivative of the output, which is zero unless the model is a network.
export function addBend(problem, theta, x, times, matrix) {
  if (problem.model !== "network" || !times) return
  const d = x.length, {hidden} = problem, p = size(problem)
  for (let k = 0; k < hidden; k++) {
    const t = unit(theta, x, k, hidden), slope = 1 - t * t, v = hidden * (d + 1) + k
    const bend = -2 * t * slope * theta[v] * times
    for (let i = 0; i <= d; i++) {
      const a = i < d ? k * d + i : hidden * d + k, at = i < d ? x[i] : 1
      for (let j = 0; j <= d; j++) {
        matrix[a * p + (j < d ? k * d + j : hidden * d + k)] += bend * at * (j < d ? x[j] : 1)
      }
      matrix[a * p + v] += times * slope * at
      matrix[v * p + a] += times * slope * at
    }
  }
}
