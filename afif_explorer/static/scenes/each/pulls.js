// 4 Pulls and stiffness: every row pulls at the parameters; the curvature says how far they give way.
import {curvature, dot, gradient, measure, plus, rowGradient, spectrum, value, without} from "../engine.js"
import {places, solved} from "../case.js"
import {PLANE, boundary, dots, levels, number, outcome, percent, probe, signed, three} from "../plot.js"

const ROLL = 900 // ms

// Where the ball of the parameters is on its way down the bowl without the row: along the flow of the gradient, with
// the curvature at its end. ``share`` of the time has passed.
function rolled(problem, theta, gone, row, share) {
  const {values, vectors} = spectrum(curvature(problem, gone, without(problem.X.length, [row])), 2)
  const left = plus(theta, gone, -1), time = share < 1 ? (2 * share) / (1 - share) / values[0] : Infinity
  return vectors.reduce((at, one, k) => plus(at, one, dot(one, left) * Math.exp(-values[k] * time)), gone)
}

// The share of the time since another row was chosen, or the truth revealed; drags do not start it again.
function passed(warm, key) {
  if (warm.rolling !== key) Object.assign(warm, {rolling: key, since: performance.now()})
  return matchMedia("(prefers-reduced-motion: reduce)").matches ? 1 : Math.min(1, (performance.now() - warm.since) / ROLL)
}

export const pulls = {
  picks: "row",
  moves: ["probe", "points"],

  view(state, warm, live) {
    const found = solved(state, warm), {problem, theta} = found, row = state.rows[0] ?? 0, n = problem.X.length
    const shown = live.revealed, stiff = state.settings.curvature === 1
    const matrix = curvature(problem, theta), {values} = spectrum(matrix, 2), even = (values[0] + values[1]) / 2
    const own = rowGradient(problem, theta, row).map((one) => one / n)
    const flat = plus(theta, own, 1 / even), guess = stiff ? found.moved : flat
    const plane = {
      key: "plane", title: "Training points, and the line where the model is undecided", ...PLANE, bare: true,
      marks: [...three((at) => boundary(problem, at), {...found, moved: guess}, shown),
        ...dots(places(state), {chosen: state.rows}), ...probe(state)],
      alt: `${n} points; row ${row} is chosen.`,
    }
    const wide = 1.15 * Math.max(...[found.gone ?? theta, found.moved, flat].map((at) => Math.hypot(at[0] - theta[0], at[1] - theta[1])), 0.25)
    const axes = {x: {domain: [theta[0] - 1.6 * wide, theta[0] + 1.6 * wide], label: "first weight"},
      y: {domain: [theta[1] - wide, theta[1] + wide], label: ""}}
    const lowest = value(problem, theta), height = (at) => value(problem, Float64Array.from(at)) - lowest
    const unit = values[0] * wide * wide / 2, rings = levels(height, axes, [0.1, 0.4, 1, 2, 4].map((one) => one * unit), 22)
    const all = problem.X.map((_, i) => rowGradient(problem, theta, i).map((one) => -one / n))
    const long = Math.max(...all.map((one) => Math.hypot(one[0], one[1]))), stretch = 0.75 * wide / long
    const share = shown ? passed(warm, row) : 0, at = (part) => rolled(problem, theta, found.gone, row, part)
    const way = found.gone ? Array.from({length: 31}, (_, k) => at((share * k) / 30)) : [], ball = way.at(-1)
    const bowl = {
      key: "bowl", title: "The parameters in their bowl; an arrow is the pull of one row (all of them cancel)", ...axes,
      marks: [
        ...rings.map((segments) => ({kind: "lines", tone: "faint", segments})),
        ...all.map((pull, i) => ({kind: "arrow", from: theta, to: [theta[0] + stretch * pull[0], theta[1] + stretch * pull[1]],
          tone: `pull${state.points[i][2] ? " one" : ""}${i === row ? " chosen" : ""}`})),
        {kind: "dot", x: theta[0], y: theta[1], size: 6, tone: "minimum"},
        ...(shown && found.gone ? [
          {kind: "line", tone: "predicted", points: [theta, guess]},
          {kind: "dot", x: guess[0], y: guess[1], size: 6, tone: "open"},
          {kind: "line", tone: "true", points: way},
          {kind: "dot", x: ball[0], y: ball[1], size: 7, tone: "reached"},
        ] : []),
      ],
      alt: "Contours of the objective around its minimum.",
    }
    const left = gradient(problem, theta, null), rest = Math.hypot(left[0], left[1])
    const say = `At the bottom all pulls, with the penalty's, add up to ${rest < 1e-9 ? "0" : number(rest)}.`
    const rows = [outcome(state, found)]
    if (!shown) return {panels: [plane, bowl], rows: [{...rows[0], predicted: "", true: ""}], says: [say, `Row ${row} is chosen.`]}
    const along = (at) => signed(-(own[0] * (at[0] - theta[0]) + own[1] * (at[1] - theta[1])) / (Math.hypot(own[0], own[1]) || 1))
    return {
      panels: [plane, bowl],
      rows: [...rows,
        {label: "the same without the curvature", predicted: percent(measure(problem, flat, found.target)),
          true: rows[0].true},
        {label: "movement along the row's pull", predicted: along(found.moved), true: found.gone ? along(found.gone) : "not determined"},
        {label: "largest / smallest curvature", before: number(values[1] / values[0])}],
      says: [say, `Without row ${row} its pull is missing, and the parameters move ${found.gone ? `by ${along(found.gone)} along it: against the arrow` : "by an amount that is not determined"}.`],
      again: share < 1,
    }
  },
}
