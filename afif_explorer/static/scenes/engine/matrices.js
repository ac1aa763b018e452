// Vectors and symmetric matrices, row by row.

const EPS = 2.220446049250313e-16

export function dot(a, b) {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i]
  return sum
}

export const norm = (a) => Math.sqrt(dot(a, a))

export function plus(a, b, times = 1) {
  const sum = new Float64Array(a.length)
  for (let i = 0; i < a.length; i++) sum[i] = a[i] + times * b[i]
  return sum
}

export function product(matrix, vector) {
  const p = vector.length, out = new Float64Array(p)
  for (let i = 0; i < p; i++) for (let j = 0; j < p; j++) out[i] += matrix[i * p + j] * vector[j]
  return out
}

export function addOuter(matrix, vector, times) {
  const p = vector.length
  for (let i = 0; i < p; i++) {
    const row = times * vector[i]
    if (row) for (let j = 0; j < p; j++) matrix[i * p + j] += row * vector[j]
  }
}

// The lower Cholesky factor; null if the matrix is not positive definite to rounding.
export function cholesky(matrix, p) {
  const factor = new Float64Array(p * p)
  for (let i = 0; i < p; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * p + j]
      for (let k = 0; k < j; k++) sum -= factor[i * p + k] * factor[j * p + k]
      if (i > j) factor[i * p + j] = sum / factor[j * p + j]
      else if (sum > 4 * p * EPS * Math.abs(matrix[i * p + i]) && sum > 0) factor[i * p + i] = Math.sqrt(sum)
      else return null
    }
  }
  return factor
}

export function throughFactor(factor, vector) {
  const p = vector.length, out = Float64Array.from(vector)
  for (let i = 0; i < p; i++) {
    for (let k = 0; k < i; k++) out[i] -= factor[i * p + k] * out[k]
    out[i] /= factor[i * p + i]
  }
  for (let i = p - 1; i >= 0; i--) {
    for (let k = i + 1; k < p; k++) out[i] -= factor[k * p + i] * out[k]
    out[i] /= factor[i * p + i]
  }
  return out
}

// Eigenvalues in ascending order, and their vectors, by Jacobi's rotations.
export function spectrum(matrix, p) {
  const a = Float64Array.from(matrix), v = new Float64Array(p * p)
  for (let i = 0; i < p; i++) v[i * p + i] = 1
  const size = norm(a)
  for (let sweep = 0; sweep < 60; sweep++) {
    let off = 0
    for (let i = 0; i < p; i++) for (let j = 0; j < i; j++) off += a[i * p + j] ** 2
    if (off <= (EPS * size) ** 2) break
    for (let i = 0; i < p; i++) for (let j = i + 1; j < p; j++) rotate(a, v, p, i, j)
  }
  const order = [...Array(p).keys()].sort((i, j) => a[i * p + i] - a[j * p + j])
  const column = (j) => Float64Array.from({length: p}, (_, i) => v[i * p + j])
  return {values: order.map((i) => a[i * p + i]), vectors: order.map(column)}
}

function rotate(a, v, p, i, j) {
  const apart = a[i * p + j]
  if (!apart) return
  const ratio = (a[j * p + j] - a[i * p + i]) / (2 * apart)
  const t = (ratio < 0 ? -1 : 1) / (Math.abs(ratio) + Math.sqrt(ratio * ratio + 1))
  const c = 1 / Math.sqrt(t * t + 1), s = t * c
  for (let k = 0; k < p; k++) {
    const x = a[k * p + i], y = a[k * p + j]
    a[k * p + i] = c * x - s * y
    a[k * p + j] = s * x + c * y
  }
  for (let k = 0; k < p; k++) {
    const x = a[i * p + k], y = a[j * p + k]
    a[i * p + k] = c * x - s * y
    a[j * p + k] = s * x + c * y
    const r = v[k * p + i], q = v[k * p + j]
    v[k * p + i] = c * r - s * q
    v[k * p + j] = s * r + c * q
  }
}

// A function that solves with the matrix: {solve, exact}. Directions without curvature are left alone, exact is
// false then; null for negative curvature.
export function solver(matrix, p) {
  const factor = cholesky(matrix, p)
  if (factor) return {exact: true, solve: (vector) => throughFactor(factor, vector)}
  const {values, vectors} = spectrum(matrix, p), floor = 10 * p * EPS * Math.abs(values[p - 1])
  if (values[0] < -floor || !(values[p - 1] > 0)) return null
  const solve = (vector) => {
    let sum = new Float64Array(p)
    values.forEach((value, k) => {
      if (value > floor) sum = plus(sum, vectors[k], dot(vectors[k], vector) / value)
    })
    return sum
  }
  return {exact: false, solve}
}
