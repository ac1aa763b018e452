// Parts that several scenes draw: points, boundaries, fitted lines, bars, and numbers in words.
import {output} from "./engine.js"

export const PLANE = {x: {domain: [-3.2, 3.2], label: ""}, y: {domain: [-2.6, 2.6], label: ""}}

export const percent = (value) => `${(100 * value).toFixed(1)}\u00a0%`
export const points = (value) => `${signed(100 * value, 2)} points`
export const number = (value) => {
  const size = Math.abs(value)
  if (size && (size >= 1e4 || size < 1e-3)) return value.toExponential(2).replace("-", "−")
  return String(Number(value.toPrecision(3))).replace("-", "−")
}

export function signed(value, digits = 3) {
  const text = digits === 3 ? number(Math.abs(value)) : Math.abs(value).toFixed(digits)
  return (value < 0 ? "−" : "+") + text
}

// How a target's values and changes read.
export function words(target) {
  if (target === "chance") return {name: "chance at ◇", value: percent, change: points}
  if (target === "gap") return {name: "gap between the groups", value: percent, change: points}
  if (target === "slope") return {name: "slope of the line", value: number, change: signed}
  return {name: "loss at ◇", value: number, change: signed}
}

// The line where a linear model of the plane is undecided, across the domain.
export function boundary(problem, theta, {x, y} = PLANE) {
  const [a, b] = theta, c = problem.intercept === false ? 0 : theta[2]
  const far = 1.5 * Math.max(...[...x.domain, ...y.domain].map(Math.abs)) + Math.abs(c) / (Math.hypot(a, b) || 1)
  const size = a * a + b * b
  if (!(size > 1e-18)) return []
  const foot = [-a * c / size, -b * c / size], along = [-b / Math.sqrt(size), a / Math.sqrt(size)]
  return [-far, far].map((t) => [foot[0] + t * along[0], foot[1] + t * along[1]])
}

// Level sets of a function of the plane, each as segments, by marching squares.
export function levels(height, {x, y}, wanted, cells = 36) {
  const [x0, x1] = x.domain, [y0, y1] = y.domain, dx = (x1 - x0) / cells, dy = (y1 - y0) / cells
  const heights = []
  for (let j = 0; j <= cells; j++) {
    for (let i = 0; i <= cells; i++) heights.push(height([x0 + i * dx, y0 + j * dy]))
  }
  return wanted.map((level) => {
    const segments = []
    for (let j = 0; j < cells; j++) for (let i = 0; i < cells; i++) {
      const cut = crossed(i, j, (a, b) => heights[b * (cells + 1) + a] - level)
      for (let k = 0; k + 1 < cut.length; k += 2) {
        segments.push(cut.slice(k, k + 2).map(([a, b]) => [x0 + a * dx, y0 + b * dy]))
      }
    }
    return segments
  })
}

// Where a function of the corners changes sign along the edges of one cell.
function crossed(i, j, above) {
  const corners = [[i, j], [i + 1, j], [i + 1, j + 1], [i, j + 1]], cut = []
  corners.forEach(([a, b], k) => {
    const [c, d] = corners[(k + 1) % 4], f = above(a, b), g = above(c, d)
    if (f < 0 === g < 0) return
    const t = f / (f - g)
    cut.push([a + t * (c - a), b + t * (d - b)])
  })
  return cut
}

// The edge where any model of the plane is undecided.
export const contour = (problem, theta, axes = PLANE) => levels((at) => output(problem, theta, at), axes, [0])[0]

export const fitLine = (problem, theta, [low, high]) =>
  [low, high].map((x) => [x, output(problem, theta, [x])])

// The three drawings of one thing: before grey, predicted dashed, true solid. No prediction without its truth.
export function three(shape, solved, shown) {
  const marks = [{kind: "line", tone: "before", points: shape(solved.theta)}]
  if (!shown || !solved.gone) return marks
  marks.push({kind: "line", tone: "true", points: shape(solved.gone)})
  if (solved.moved) marks.push({kind: "line", tone: "predicted", points: shape(solved.moved)})
  return marks
}

// Dots of labelled points: blue circles and orange squares; a hole marks the second group. ``style(row)`` may add
// {tone, size}.
export function dots(all, {chosen = [], style = () => ({}), groups = false} = {}) {
  const marks = all.map(([x, y, label, group], row) => {
    const own = style(row), picked = chosen.includes(row)
    return {
      kind: "dot", x, y, row, size: 6, hole: groups && group === 1, ...own,
      shape: label ? "square" : "circle",
      tone: `${own.tone ?? (label ? "one" : "zero")}${picked ? " chosen" : ""}`,
    }
  })
  const named = chosen.length === 1 && all[chosen[0]]
  if (named) marks.push({kind: "text", x: named[0], y: named[1], dy: crowd(all, named, 1) > crowd(all, named, -1) ? 22 : -13, text: `row ${chosen[0]}`, tone: "name"})
  return marks
}

// How many points of the plane a name above (side 1) or below (-1) a point would lie on.
const crowd = (all, [x, y], side) =>
  all.filter((other) => Math.abs(other[0] - x) < 0.4 && side * (other[1] - y) > 0.08 && side * (other[1] - y) < 0.6).length

// What is in sight before the reveal, as a sentence for screen readers; ``rest`` ends it.
export function sight(all, rest, {groups = false} = {}) {
  const squares = all.filter(([, , label]) => label).length, second = all.filter((point) => point[3] === 1).length
  const shapes = `${all.length - squares} circles and ${squares} squares${groups ? `, ${second} of them in the second group` : ""}`
  return `${all.length} points are shown: ${shapes}; ${rest}.`
}

export function probe(state) {
  const [x, y] = state.probe
  return [{kind: "dot", x, y, shape: "diamond", size: 8, tone: "probe"}, {kind: "grip", x, y, name: "probe"}]
}

// Bars of predicted and true effects, the largest true ones first.
export function ranking(predicted, truth, {most = 12, chosen = [], title, label, always = []}) {
  const order = truth.map((_, row) => row).sort((a, b) => Math.abs(truth[b]) - Math.abs(truth[a]))
  let first = order.slice(0, most)
  for (const row of always) if (!first.includes(row)) first = [...first.slice(0, most - 1), row]
  const values = first.flatMap((row) => [truth[row], predicted[row]]), low = Math.min(0, ...values), high = Math.max(0, ...values)
  const room = 0.12 * (high - low) + 1e-9
  const marks = first.flatMap((row, place) => [
    {kind: "bar", x: place + 1, y: truth[row], tone: chosen.includes(row) ? "true chosen" : "true", row},
    {kind: "line", tone: "predicted", points: [[place + 0.6, predicted[row]], [place + 1.4, predicted[row]]]},
    {kind: "text", x: place + 1, y: Math.max(0, truth[row]), dy: -5, text: String(row), tone: "tiny"},
  ])
  return {
    key: "ranking", title, x: {domain: [0.3, most + 0.7], label, ticks: []}, y: {domain: [low - room, high + room], label: ""}, marks,
    alt: `The largest true effect is that of row ${first[0]}.`,
  }
}

// The table's first line: the target before, predicted and true.
export function outcome(state, solved) {
  const said = words(state.target)
  return {
    label: said.name, before: said.value(solved.before),
    predicted: solved.predicted === undefined || solved.predicted === null ? "" : said.value(solved.predicted),
    true: solved.truth === undefined || solved.truth === null ? "not determined" : said.value(solved.truth),
    numbers: [solved.before, solved.predicted, solved.truth],
  }
}
