// 2 The lever: residual and leverage make an effect together.
import {leverages, prediction, rowGradient} from "../engine.js"
import {solved} from "../case.js"
import {fitLine, number, outcome, signed, three} from "../plot.js"

const ZERO = 1e-9 // below it a residual, or what is missing to a leverage of 1, is rounding
const AXES = {x: {domain: [2, 20], label: "x"}, y: {domain: [1, 15], label: "y"}}

// Cook's distance of each row of a line, p = 2.
function cooks(problem, theta, held) {
  const exactly = problem.X.map((x, i) => problem.y[i] - prediction(problem, theta, x)), n = exactly.length
  const residuals = exactly.map((one) => (Math.abs(one) < ZERO ? 0 : one))
  const spread = residuals.reduce((sum, e) => sum + e * e, 0) / Math.max(1, n - 2)
  return {residuals, distances: residuals.map((e, i) => (held[i] > 1 - ZERO ? NaN : (e * e * held[i]) / (2 * spread * (1 - held[i]) ** 2)))}
}

const NAMES = ["leverage", "residual", "effect on the slope", "Cook's distance"]

export const lever = {
  picks: "row",
  moves: ["row"],

  view(state, warm, live) {
    const found = solved(state, warm), {problem, theta} = found
    const held = leverages(problem, theta), {residuals, distances} = cooks(problem, theta, held)
    const row = state.rows[0] ?? 0, [x, y] = state.points[row], line = (at) => fitLine(problem, at, AXES.x.domain)
    const shown = live.revealed, fixed = held[row] > 1 - ZERO
    const plane = {
      key: "plane", title: "Data, and the line of least squares", ...AXES,
      marks: [
        ...three(line, found, shown && !fixed),
        {kind: "line", tone: "residual", points: [[x, y], [x, prediction(problem, theta, [x])]]},
        ...state.points.map(([px, py], i) => ({kind: "dot", x: px, y: py, row: i, size: 6, shape: "circle",
          tone: i === row ? "zero chosen" : "zero"})),
        {kind: "grip", x, y, name: "row"},
      ],
      alt: `${state.points.length} points and a line; row ${row} is chosen.`,
    }
    const before = `Row ${row} has leverage ${number(held[row])} and residual ${signed(residuals[row])}.`
    if (!shown) return {panels: [plane], rows: [{...outcome(state, found), predicted: "", true: ""}],
      says: [before, `The slope is ${number(found.before)}.`]}
    const all = effectsOnSlope(problem, theta, held)
    const shares = [held, residuals.map(Math.abs), all.map(Math.abs), distances].map((values) => {
      const top = Math.max(...values.filter(Number.isFinite), 1e-12)
      return values.map((one) => (Number.isFinite(one) ? one / top : 0))
    })
    const bars = {
      key: "bars", title: "Each row's leverage, residual, effect on the slope and Cook's distance (largest: 1)",
      x: {domain: [-0.7, state.points.length - 0.3], label: "row", ticks: state.points.map((_, i) => i)},
      y: {domain: [-0.25, 4.5], label: "", ticks: []},
      marks: shares.flatMap((values, k) => [
        {kind: "text", x: -0.6, y: 3.9 - 1.15 * k, text: NAMES[k], anchor: "start", tone: "tiny", dy: -14},
        ...values.map((one, i) => ({kind: "bar", x: i, from: 3.4 - 1.15 * k, y: 3.4 - 1.15 * k + 0.62 * one, row: i,
          width: 0.62, tone: i === row ? "true chosen" : "soft"})),
      ]),
      alt: `Row ${shares[2].indexOf(Math.max(...shares[2]))} has the largest effect.`,
    }
    return {
      panels: [plane, bars],
      rows: [outcome(state, fixed ? {...found, predicted: null, truth: null} : found),
        {label: "change of the slope", predicted: fixed ? "not determined" : signed(all[row] * (1 - held[row])),
          true: fixed ? "not determined" : signed(all[row])},
        {label: "the prediction / (1 − leverage)", predicted: fixed ? "not determined" : signed(all[row]),
          true: fixed ? "not determined" : signed(all[row])},
        {label: "Cook's distance", true: fixed ? "not determined" : number(distances[row])}],
      note: fixed ? "This row alone fixes the slope (leverage 1): without it there is no line to compare with." : "",
      says: [before, fixed ? "Without it the slope is not determined."
        : `Without it the slope becomes ${number(found.truth)}; the prediction was ${number(found.predicted)}.`],
    }
  },
}

// The exact change of the slope without each row, NaN where it alone fixes the slope: for least squares one step with leverages corrected is the refit.
function effectsOnSlope(problem, theta, held) {
  const mean = problem.X.reduce((sum, [x]) => sum + x, 0) / problem.X.length
  const spread = problem.X.reduce((sum, [x]) => sum + (x - mean) ** 2, 0)
  return problem.X.map(([x], i) =>
    (held[i] > 1 - ZERO ? NaN : rowGradient(problem, theta, i).at(-1) * (x - mean) / spread / (1 - held[i])))
}
