// 5 The weight dial: the target as a function of one row's weight, its tangent, and the second order.
import {dial, dialTarget, fit, measure, plus} from "../engine.js"
import {places, solved, targetOf} from "../case.js"
import {PLANE, boundary, dots, outcome, percent, points, probe, sight, three} from "../plot.js"

const GRID = Array.from({length: 41}, (_, k) => k / 20)

export const weight = {
  picks: "row",
  moves: ["dial", "probe", "points"],

  view(state, warm, live) {
    const w = state.settings.weight, row = state.rows[0] ?? 0, found = solved({...state, rows: []}, warm)
    const {problem, theta, before} = found, target = targetOf(state, problem, theta)
    const weights = new Float64Array(problem.X.length).fill(1)
    const at = (value, start) => { weights[row] = value; return fit(problem, weights, start).theta }
    const here = at(w, theta), moved = plus(theta, dial(problem, theta, row).first, w - 1), slope = dialTarget(problem, theta, row, target)
    const plane = {
      key: "plane", title: "Training points; the size of the chosen one is its weight", ...PLANE, bare: true,
      marks: [
        ...three((one) => boundary(problem, one), {theta, moved, gone: here}, live.revealed),
        ...dots(places(state), {chosen: [row], style: (i) => (i === row ? {size: 3 + 5 * Math.sqrt(w)} : {})}),
        ...probe(state),
      ],
      alt: `${state.points.length} points; row ${row} has weight ${w}.`,
    }
    const truth = measure(problem, here, target), predicted = before + (w - 1) * slope.first
    const rows = [outcome(state, {before, predicted, truth})]
    const say = `Row ${row} has weight ${w}; at weight 1 the chance at ◇ is ${percent(before)}.`
    if (!live.revealed) return {panels: [plane], rows: [{...rows[0], predicted: "", true: ""}],
      says: [say, sight(places(state), "the line is that of weight 1")]}
    let start = theta
    const down = GRID.filter((one) => one <= 1).reverse().map((one) => { start = at(one, start); return [one, measure(problem, start, target)] })
    start = theta
    const up = GRID.filter((one) => one > 1).map((one) => { start = at(one, start); return [one, measure(problem, start, target)] })
    const curve = [...down.reverse(), ...up]
    const tangent = GRID.map((one) => [one, before + (one - 1) * slope.first])
    const second = GRID.map((one) => [one, before + (one - 1) * slope.first + (one - 1) ** 2 * slope.second / 2])
    const all = [...curve, ...tangent].map((one) => one[1]), low = Math.min(...all), high = Math.max(...all)
    const room = 0.12 * (high - low) + 1e-6
    const corner = ([x, y], mark) => ({kind: "text", x, tone: "tiny", ...mark, // where the curve is not
      ...(2 * y > low + high ? {y: low - room, dy: -8} : {y: high + room, dy: 16})})
    const panel = {
      key: "curve", title: "The chance at ◇ by the row's weight: true, tangent (dashed), second order (dotted)",
      x: {domain: [0, 2], label: "weight of the row"}, y: {domain: [low - room, high + room], label: ""},
      marks: [
        {kind: "line", tone: "before", points: [[1, low - room], [1, high + room]]},
        {kind: "line", tone: "true", points: curve},
        {kind: "line", tone: "predicted", points: tangent},
        {kind: "line", tone: "second", points: second},
        {kind: "dot", x: w, y: predicted, size: 5, tone: "open"},
        {kind: "dot", x: w, y: truth, size: 7, tone: "probe"},
        {kind: "grip", x: w, y: truth, name: "dial"},
        corner(curve[0], {anchor: "start", dx: 6, text: "0: removed"}),
        corner(curve.at(-1), {anchor: "end", dx: -6, text: "2: counted twice"}),
      ],
    }
    const removed = curve[0][1] - before, told = -slope.first
    return {
      panels: [plane, panel],
      rows: [...rows,
        {label: "by the second order", predicted: percent(before + (w - 1) * slope.first + (w - 1) ** 2 * slope.second / 2),
          true: percent(truth)},
        {label: "removed altogether", predicted: points(told), true: points(removed)}],
      says: [say, `The tangent says ${percent(predicted)}, the fit with this weight ${percent(truth)}.`],
      python: {weight: w},
    }
  },

  move(state, name, [x]) {
    state.settings.weight = Math.min(2, Math.max(0, Math.round(x * 50) / 50))
  },

  place: (state) => [state.settings.weight, 0],
}
