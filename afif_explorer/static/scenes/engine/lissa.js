// LiSSA's path, and its automatic settings.
import {addOuter, dot, plus, product, spectrum} from "./matrices.js"
import {jacobian, output, variance} from "./models.js"
import {curvature} from "./fits.js"

// Numbers in [0, 1) by a small generator (mulberry32), the same in every browser.
export function random(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

// The estimates u_t / scale of C^-1 b after 0, 1, ..., depth steps of u <- b + u - C u / scale. With ``batch``
// rows (0: all) each step uses the Fisher of that many random rows, drawn with replacement.
export function lissaPath(problem, theta, b, {scale, depth, batch = 0, seed = 0}) {
  const whole = curvature(problem, theta), n = problem.X.length, chance = random(seed), path = []
  let u = Float64Array.from(b)
  for (let t = 0; ; t++) {
    path.push(u.map((one) => one / scale))
    if (t >= depth || !u.every(Number.isFinite)) return path
    let matrix = whole
    if (batch) {
      const weights = new Float64Array(n)
      for (let k = 0; k < batch; k++) weights[Math.floor(chance() * n)] += n / batch
      matrix = curvature(problem, theta, weights)
    }
    u = plus(plus(b, u), product(matrix, u), -1 / scale)
  }
}

// The automatic settings: the largest eigenvalue of C plus K / batch, with the smallest K for which
// (1/n) sum tr(F_i) F_i <= K C; no second part for full batches (batch 0).
export function lissaRule(problem, theta, batch = 0) {
  const p = theta.length, matrix = curvature(problem, theta), {values} = spectrum(matrix, p)
  const scale = values[p - 1] + (batch ? rowNoise(problem, theta, matrix) / batch : 0)
  return {scale, depth: Math.ceil(8 * scale / Math.max(values[0], 1e-9 * values[p - 1])), values}
}

function rowNoise(problem, theta, matrix) {
  const p = theta.length, n = problem.X.length, moments = new Float64Array(p * p)
  for (const x of problem.X) {
    const J = jacobian(problem, theta, x), bend = variance(problem, output(problem, theta, x))
    addOuter(moments, J, bend * bend * dot(J, J) / n)
  }
  const {values, vectors} = spectrum(matrix, p), scaled = new Float64Array(p * p)
  vectors.forEach((a, i) => vectors.forEach((b, j) => {
    scaled[i * p + j] = dot(a, product(moments, b)) / Math.sqrt(values[i] * values[j])
  }))
  return spectrum(scaled, p).values[p - 1]
}
