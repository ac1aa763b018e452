// The objective, and fits by damped Newton steps.
import {addOuter, cholesky, norm, plus, solver, spectrum, throughFactor} from "./matrices.js"
import {addBend, jacobian, loss, lossAt, mean, output, penalised, size, variance} from "./models.js"

const EPS = 2.220446049250313e-16
const STEPS = 100
const FLAT = 1e-10 // share of the largest curvature that is flat
const SAME = 1e-12 // relative change of the objective due to rounding; there the gradient decides

const weight = (weights, i) => (weights ? weights[i] : 1)

export function value(problem, theta, weights) {
  const {X, y, strength} = problem
  let sum = 0
  X.forEach((x, i) => { sum += weight(weights, i) * loss(problem, theta, x, y[i]) })
  let penalty = 0
  theta.forEach((t, j) => { if (penalised(problem, j)) penalty += t * t })
  return sum / X.length + strength * penalty / 2
}

// The gradient of a row's loss, [p].
export function rowGradient(problem, theta, i) {
  const x = problem.X[i], out = jacobian(problem, theta, x)
  const residual = mean(problem, output(problem, theta, x)) - problem.y[i]
  for (let j = 0; j < out.length; j++) out[j] *= residual
  return out
}

// All about the objective at theta in one pass: {theta, value, slope, matrix, terms}; ``terms`` is the size of what
// the gradient sums, to which it is accurate.
function evaluate(problem, theta, weights, kind = "hessian") {
  const p = theta.length, {strength} = problem
  const at = addRows(problem, {theta, value: 0, slope: new Float64Array(p), matrix: new Float64Array(p * p), terms: 0}, weights, kind)
  for (let i = 0; i < p; i++) {
    if (!penalised(problem, i)) continue
    at.value += strength * theta[i] * theta[i] / 2
    at.slope[i] += strength * theta[i]
    at.matrix[i * p + i] += strength
  }
  return at
}

function addRows(problem, at, weights, kind) {
  const {matrix} = at, p = at.theta.length
  if (problem.model === "network") addNetwork(problem, at, weights, kind)
  else addLinear(problem, at, weights)
  for (let i = 0; i < p; i++) for (let j = 0; j < i; j++) matrix[j * p + i] = matrix[i * p + j]
  return at
}

const TABLES = new WeakMap() // the rows of a problem, with a 1 for the intercept, one after the other

function table(problem) {
  let found = TABLES.get(problem)
  if (!found) {
    const {X, intercept} = problem
    found = Float64Array.from(X.flatMap((x) => (intercept === false ? x : [...x, 1])))
    TABLES.set(problem, found)
  }
  return found
}

// The rows' part for outputs that are linear in theta; of the matrix the lower triangle.
function addLinear(problem, at, weights) {
  const {theta, slope, matrix} = at, {y} = problem, p = theta.length, n = y.length, rows = table(problem)
  const logistic = problem.model !== "linear"
  for (let i = 0; i < n; i++) {
    const w = weight(weights, i) / n
    if (!w) continue
    const label = y[i], first = i * p
    let f = 0, r, v
    for (let j = 0; j < p; j++) f += theta[j] * rows[first + j]
    if (logistic) {
      const e = Math.exp(-Math.abs(f)), s = 1 / (1 + e)
      r = (f >= 0 ? s : e * s) - label
      v = e * s * s
      at.value += w * (Math.max(f, 0) + Math.log1p(e) - label * f)
    } else {
      r = f - label
      v = 1
      at.value += w * r * r / 2
    }
    let long = 0
    for (let j = 0; j < p; j++) {
      const a = rows[first + j], av = w * v * a
      slope[j] += w * r * a
      long += Math.abs(a)
      for (let k = 0; k <= j; k++) matrix[j * p + k] += av * rows[first + k]
    }
    at.terms += w * (Math.abs(r) + Math.abs(f) * v) * long
  }
}

function addNetwork(problem, at, weights, kind) {
  const {theta, slope, matrix} = at, {X, y} = problem, n = X.length
  for (let i = 0; i < n; i++) {
    const w = weight(weights, i) / n
    if (!w) continue
    const J = jacobian(problem, theta, X[i]), f = output(problem, theta, X[i]), r = mean(problem, f) - y[i]
    for (let j = 0; j < J.length; j++) slope[j] += w * r * J[j]
    at.value += w * lossAt(problem, f, y[i])
    at.terms += w * Math.abs(r) * norm(J)
    addOuter(matrix, J, w * variance(problem, f))
    if (kind === "hessian") addBend(problem, theta, X[i], w * r, matrix)
  }
}

export const gradient = (problem, theta, weights) => evaluate(problem, theta, weights, "fisher").slope

// The Fisher, or the Hessian, [p * p], with the penalty's part.
export const curvature = (problem, theta, weights, kind = "fisher") => evaluate(problem, theta, weights, kind).matrix


// Newton steps from theta, damped where one does not improve; yields the parameters after each, so that a long
// fit can be sliced. The last value is the fit: {theta, norm, steps, converged, advice}.
export function* newton(problem, start, weights, most = STEPS) {
  let {at, steps} = yield* descent(problem, evaluate(problem, Float64Array.from(start), weights), weights, most)
  for (let lower; steps < most && (lower = belowSaddle(problem, at, weights));) {
    ({at, steps} = yield* descent(problem, lower, weights, most, steps + 1))
  }
  return ended(problem, at, steps, weights)
}

function* descent(problem, at, weights, most = STEPS, steps = 0) {
  let damping = 0
  while (steps < most && norm(at.slope) > 8 * EPS * at.terms) {
    const found = dampedStep(problem, at, weights, damping)
    if (!found) break
    ;({at, damping} = found)
    steps += 1
    yield {theta: at.theta, steps}
  }
  return {at, steps}
}

// The change of the objective that rounding may make.
const roundingOf = (at) => SAME * Math.max(Math.abs(at.value), 0.01)

function dampedStep(problem, at, weights, before) {
  const p = at.theta.length, {matrix, slope} = at, rounding = roundingOf(at)
  let scale = 0, damping = before
  for (let j = 0; j < p; j++) scale += Math.abs(matrix[j * p + j]) / p
  for (let trial = 0; trial < 30; trial++) {
    const shifted = damping ? Float64Array.from(matrix) : matrix
    if (damping) for (let j = 0; j < p; j++) shifted[j * p + j] += damping
    const move = moved(problem, shifted, slope), theta = move && plus(at.theta, move, -1)
    if (theta && !(trial && value(problem, theta, weights) - at.value > rounding)) { // else a wasted pass
      const next = evaluate(problem, theta, weights), change = next.value - at.value
      const flat = Math.abs(change) <= rounding
      if ((change < 0 && !flat) || (flat && norm(next.slope) < 0.9 * norm(slope))) {
        return {at: next, damping: damping > 1e-12 * scale ? damping / 10 : 0}
      }
    }
    damping = Math.max(10 * damping, 1e-10 * scale)
  }
  return null
}

// A lower point along the most negative curvature, where a network's descent ends at a saddle; null elsewhere.
function belowSaddle(problem, at, weights) {
  const p = at.theta.length
  if (problem.model !== "network" || cholesky(at.matrix, p)) return null
  const {values, vectors} = spectrum(at.matrix, p)
  if (values[0] > -FLAT * values[p - 1]) return null
  for (let length = 1; length > 1e-3; length /= 2) {
    for (const sign of [1, -1]) {
      const next = evaluate(problem, plus(at.theta, vectors[0], sign * length), weights)
      if (at.value - next.value > roundingOf(at)) return next
    }
  }
  return null
}

// A Newton step; null where the matrix is not positive (semi-)definite. For a network only a definite one will do.
function moved(problem, matrix, slope) {
  const p = slope.length
  if (problem.model !== "network") return solver(matrix, p)?.solve(slope)
  const factor = cholesky(matrix, p)
  return factor && throughFactor(factor, slope)
}

// Whether all rows that count have the same label and an intercept, which is not penalised, can follow it for ever.
function ofOneClass({model, y, intercept}, weights) {
  const kept = y.filter((_, i) => weight(weights, i))
  return model !== "linear" && intercept !== false && kept.every((label) => label === kept[0])
}

// What a fit has reached, and why not further.
function ended(problem, {theta, slope, matrix}, steps, weights) {
  const found = {theta, norm: norm(slope), steps, converged: false, advice: ""}
  const solved = solver(matrix, theta.length)
  if (!theta.every(Number.isFinite) || !solved) return {...found, advice: "not a minimum"}
  if (ofOneClass(problem, weights)) return {...found, advice: "one class"}
  if (found.norm > 1e-8) return {...found, advice: "not converged"}
  const left = norm(solved.solve(slope))
  if (problem.model !== "network" && left > 1e-3 * (1 + norm(theta))) return {...found, advice: "separable"}
  return {...found, converged: true}
}

export function finish(steps) {
  let found
  do found = steps.next()
  while (!found.done)
  return found.value
}

// The minimum for these weights [n] (null: all 1), from ``start`` (null: 0).
export const fit = (problem, weights = null, start = null) =>
  finish(newton(problem, start ?? new Float64Array(size(problem)), weights))

export function without(n, rows) {
  const weights = new Float64Array(n).fill(1)
  for (const row of rows) weights[row] = 0
  return weights
}

// The parameters without these rows, started from the fit: the truth.
export const refit = (problem, theta, rows) => fit(problem, without(problem.X.length, rows), theta)

// The parameters without each row alone. The first pass over the rows is one for all refits, less the own row.
export function refits(problem, theta) {
  const whole = evaluate(problem, theta), n = problem.X.length
  return problem.X.map((_, row) => {
    const own = new Float64Array(n)
    own[row] = -1
    const at = addRows(problem, {...whole, slope: whole.slope.slice(), matrix: whole.matrix.slice()}, own, "hessian")
    return finish(descent(problem, at, without(n, [row]))).at.theta
  })
}
