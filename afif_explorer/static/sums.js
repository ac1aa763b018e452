// The rows inside a region that a hand is drawing, the sums of their effects, and these in words. On the page, in
// notebooks (drawing.js) and in reports (report_selection.js).
"use strict"

globalThis.afifSums = (() => {
// Whether a ray from the point to the right crosses the edge; the same for both directions of the edge, so that
// triangles with a common edge never both have a point on it.
function crosses(px, py, ax, ay, bx, by) {
  if (ay > by) return crosses(px, py, bx, by, ax, ay)
  return ay > py !== by > py && px < ax + (py - ay) * ((bx - ax) / (by - ay))
}

// The corners [x, y] of a lasso or box; null if plotly's event has none.
function region(event) {
  if (event?.lassoPoints) return [event.lassoPoints.x, event.lassoPoints.y]
  if (!event?.range?.x || !event.range.y) return null
  const [[left, right], [low, high]] = [event.range.x, event.range.y]
  return [[left, right, right, left], [low, low, high, high]]
}

// A number that orders like ``value`` as a 32-bit float, between 0 and 2^32.
const [single, bits] = (() => {
  const one = new Float32Array(1)
  return [one, new Uint32Array(one.buffer)]
})()
function orderly(value) {
  single[0] = value
  return bits[0] >>> 31 ? 2 ** 32 - 1 - bits[0] : 2 ** 31 + bits[0]
}

// Sorts ``rows`` by their ``values``, in place; numbers alone are sorted several times faster than by a function.
function sort(rows, values) {
  const spare = 2 ** Math.ceil(Math.log2(values.length + 1)), coarse = Math.max(1, spare / 2 ** 21)
  const keys = new Float64Array(rows.length)
  for (let k = 0; k < rows.length; k++) keys[k] = Math.floor(orderly(values[rows[k]]) / coarse) * spare + rows[k]
  keys.sort()
  for (let k = 0; k < rows.length; k++) rows[k] = keys[k] % spare
}

const SLACK = 1e-6 // of the largest coordinate: more than the rounding of 32-bit floats

// Which points may lie in a triangle: as many strips from left to right as rows in each, where they are sorted by y.
function makeStrips(x, y) {
  const all = new Uint32Array(x.length), strips = []
  let known = 0, wide = 0, high = 0
  for (let i = 0; i < x.length; i++) {
    if (!Number.isFinite(x[i] + y[i])) continue
    all[known++] = i
    wide = Math.max(wide, SLACK * Math.abs(x[i]))
    high = Math.max(high, SLACK * Math.abs(y[i]))
  }
  const rows = all.subarray(0, known), size = Math.ceil(Math.sqrt(known))
  sort(rows, x)
  for (let start = 0; start < rows.length; start += size) {
    const strip = rows.subarray(start, start + size)
    const [left, right] = [x[strip[0]] - wide, x[strip.at(-1)] + wide]
    sort(strip, y)
    const ys = new Float64Array(strip.length)
    for (let k = 0; k < strip.length; k++) ys[k] = y[strip[k]]
    strips.push({left, right, rows: strip, ys})
  }

  // The number of a strip's values that are below ``bound``.
  function below(bound, ys) {
    let [low, up] = [0, ys.length]
    while (low < up) {
      const middle = (low + up) >> 1
      if (ys[middle] < bound) low = middle + 1
      else up = middle
    }
    return low
  }

  // Calls ``visit`` with each row near the triangle a, b, c; its corners are [x, y].
  return (a, b, c, visit) => {
    let low = 0, up = 0 // of the triangle's part above one strip
    function include(strip, [ax, ay], [bx, by]) {
      const from = Math.max(strip.left, Math.min(ax, bx)), to = Math.min(strip.right, Math.max(ax, bx))
      if (from > to) return
      const slope = (by - ay) / (bx - ax)
      const [first, last] = ax === bx ? [ay, by] : [ay + slope * (from - ax), ay + slope * (to - ax)]
      low = Math.min(low, first, last)
      up = Math.max(up, first, last)
    }
    const left = Math.min(a[0], b[0], c[0]), right = Math.max(a[0], b[0], c[0])
    for (const strip of strips) {
      if (strip.right < left || strip.left > right) continue
      low = Infinity
      up = -Infinity
      include(strip, a, b)
      include(strip, b, c)
      include(strip, c, a)
      const last = below(up + high, strip.ys)
      for (let k = below(low - high, strip.ys); k < last; k++) visit(strip.rows[k])
    }
  }
}

// Follows a region over points x, y: ``move(corners)`` gives {count, sums, lost}; ``lost``: rows without an effect.
// ``clear()`` before another region, which need not begin where the last one ended.
//
// By the even-odd rule the rows that change sides are those between each edge and where it was before: two triangles.
function makeSums({x, y, effects}) {
  const inside = new Uint8Array(x.length), sums = new Float64Array(effects.length), near = makeStrips(x, y)
  const without = new Uint8Array(x.length)
  for (const one of effects) for (let i = 0; i < x.length; i++) without[i] |= Number.isFinite(one[i]) ? 0 : 1
  let count = 0, lost = 0, xs = [], ys = []

  function turn(i) {
    const sign = (inside[i] ^= 1) ? 1 : -1
    count += sign
    if (without[i]) lost += sign
    else for (let k = 0; k < effects.length; k++) sums[k] += sign * effects[k][i]
  }

  function triangle(a, b, c) {
    if (same(a, b) || same(b, c) || same(c, a)) return
    const [[ax, ay], [bx, by], [cx, cy]] = [a, b, c]
    near(a, b, c, (i) => {
      const px = x[i], py = y[i]
      const odd = crosses(px, py, ax, ay, bx, by) !== crosses(px, py, bx, by, cx, cy)
      if (odd !== crosses(px, py, cx, cy, ax, ay)) turn(i)
    })
  }

  return {
    inside,
    clear() {
      inside.fill(0)
      sums.fill(0)
      count = lost = 0
      xs = ys = []
    },
    move([nextX, nextY]) {
      if (!xs.length) [xs, ys] = [nextX.slice(0, 1), nextY.slice(0, 1)]
      const most = Math.max(xs.length, nextX.length)
      const before = (k) => corner(xs, ys, k % most), after = (k) => corner(nextX, nextY, k % most)
      for (let k = 0; k < most; k++) {
        triangle(before(k), before(k + 1), after(k + 1))
        triangle(before(k), after(k + 1), after(k))
      }
      ;[xs, ys] = [Array.from(nextX), Array.from(nextY)]
      return {count, sums, lost}
    },
  }
}

const same = ([ax, ay], [bx, by]) => ax === bx && ay === by

// The last corner stands for those after it.
const corner = (xs, ys, k) => [xs[Math.min(k, xs.length - 1)], ys[Math.min(k, ys.length - 1)]]

// The arrays of a message from Python: little-endian 32-bit floats in base64.
function floats(text) {
  const characters = atob(text), bytes = new Uint8Array(characters.length)
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i)
  return new Float32Array(bytes.buffer)
}

// As the server writes numbers: 0.847, 2.1×10⁻⁹.
function shown(value) {
  if (value === 0) return "0"
  const size = Math.abs(value)
  if (size >= 1e-4 && size < 1e7) return String(Number(value.toPrecision(3))).replace("-", "\u2212")
  const [mantissa, power] = value.toExponential(1).split("e")
  const raised = [...String(Number(power))].map((one) => one === "-" ? "\u207b" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[one]).join("")
  return `${mantissa}\u00d710${raised}`.replace("-", "\u2212")
}

// "lower the gap by 0.021 (12 % of it)": what removing rows would do.
function does(sum, {label, unit, value}) {
  if (sum === 0) return `not change the ${label}`
  const share = value ? ` (${shown(Math.abs((100 * sum) / value))} % of it)` : ""
  return `${sum < 0 ? "lower" : "raise"} the ${label} by ${shown(Math.abs(sum))} ${unit === "probability" ? "in probability" : unit}`.trimEnd() + share
}

return {region, makeSums, floats, does}
})()
