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

// Follows a region over points x, y: ``move(corners)`` gives {count, sums, lost}; ``lost``: rows without an effect.
// By the even-odd rule a polygon is the fan of triangles from its first corner, so a new corner costs one triangle.
function makeSums({x, y, effects}) {
  const inside = new Uint8Array(x.length), sums = new Float64Array(effects.length)
  let count = 0, lost = 0, xs = [], ys = []

  function turn(i) {
    const sign = (inside[i] ^= 1) ? 1 : -1
    count += sign
    if (!effects.every((one) => Number.isFinite(one[i]))) lost += sign
    else effects.forEach((one, k) => { sums[k] += sign * one[i] })
  }

  function triangle(k) {
    const [ax, ay, bx, by, cx, cy] = [xs[0], ys[0], xs[k], ys[k], xs[k + 1], ys[k + 1]]
    const left = Math.min(ax, bx, cx), right = Math.max(ax, bx, cx), low = Math.min(ay, by, cy), high = Math.max(ay, by, cy)
    for (let i = 0; i < x.length; i++) {
      const px = x[i], py = y[i]
      if (!(px >= left && px <= right && py >= low && py <= high)) continue
      const odd = crosses(px, py, ax, ay, bx, by) !== crosses(px, py, bx, by, cx, cy)
      if (odd !== crosses(px, py, cx, cy, ax, ay)) turn(i)
    }
  }

  return {
    inside,
    move([nextX, nextY]) {
      let same = 0
      while (same < xs.length && same < nextX.length && xs[same] === nextX[same] && ys[same] === nextY[same]) same += 1
      const from = same ? same - 1 : 0
      for (let k = Math.max(1, from); k < xs.length - 1; k++) triangle(k)
      xs = Array.from(nextX)
      ys = Array.from(nextY)
      for (let k = Math.max(1, from); k < xs.length - 1; k++) triangle(k)
      return {count, sums, lost}
    },
  }
}

// The arrays of a message from Python: little-endian 32-bit floats in base64.
const floats = (text) => new Float32Array(Uint8Array.from(atob(text), (one) => one.charCodeAt(0)).buffer)

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
  return `${sum < 0 ? "lower" : "raise"} the ${label} by ${shown(Math.abs(sum))} ${unit}`.trimEnd() + share
}

return {region, makeSums, floats, does}
})()
