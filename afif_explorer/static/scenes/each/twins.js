// 6 One, twins, many: effects do not add up, and a twin hides what its twin does.
import {leverages, measure, refit, step} from "../engine.js"
import {places, solved} from "../case.js"
import {PLANE, boundary, dots, number, outcome, points, probe, sight, three} from "../plot.js"

const change = (value) => (Number.isFinite(value) ? points(value) : "not determined")

export const twins = {
  picks: "rows",
  moves: ["probe"],

  pick(state, row) {
    if (row >= state.points.length) return // a copy
    const there = state.rows.includes(row), rows = there ? state.rows.filter((one) => one !== row) : [...state.rows, row]
    if (rows.length && rows.length < state.points.length) state.rows = rows
  },

  view(state, warm, live) {
    const found = solved(state, warm), {problem, theta, before, target} = found, shown = live.revealed
    const all = places(state)
    const plane = {
      key: "plane", title: "Training points; ringed ones are removed together", ...PLANE, bare: true,
      marks: [...three((at) => boundary(problem, at), found, shown), ...dots(all, {chosen: state.rows}), ...probe(state)],
      alt: `${all.length} points; rows ${state.rows.join(", ")} are chosen.`,
    }
    const say = `${state.rows.length === 1 ? "1 row is" : `${state.rows.length} rows are`} chosen.`
    if (!shown) return {panels: [plane], rows: [{...outcome(state, found), predicted: "", true: ""}],
      says: [say, sight(all, `${state.rows.length === 1 ? "row" : "rows"} ${state.rows.join(", ")} ${state.rows.length === 1 ? "has a ring" : "have rings"}`)]}
    const single = state.rows.map((row) => {
      const gone = refit(problem, theta, [row])
      return gone.converged ? measure(problem, gone.theta, target) - before : NaN
    })
    const plainly = (rows) => measure(problem, step(problem, theta, rows), target) - before
    const sum = state.rows.reduce((total, row) => total + plainly([row]), 0)
    const stepped = step(problem, theta, state.rows, {corrected: true}) // null without the last rows
    const newton = stepped ? measure(problem, stepped, target) - before : NaN
    const truth = found.truth === undefined || found.truth === null ? NaN : found.truth - before
    const held = leverages(problem, theta), reach = state.rows.reduce((total, row) => total + held[row], 0)
    const first = state.rows.slice(0, 8)
    const bars = [...first.map((row, k) => [`${row} alone`, single[k], "soft"]), ...(Number.isFinite(truth) ? [["sum", sum, "predicted"], ["Newton step", newton, "predicted"], ["true", truth, "true chosen"]] : [])]
    const values = bars.map((one) => one[1] || 0), low = Math.min(0, ...values), high = Math.max(0, ...values)
    const room = 0.16 * (high - low) + 1e-6
    const panel = {
      key: "sums", title: `Change of the chance: each row alone (true), ${Number.isFinite(truth) ? "sum of predictions, Newton step, truth" : "together it is not determined"}`,
      x: {domain: [0.3, bars.length + 0.7], label: "", ticks: []}, y: {domain: [low - room, high + room], label: ""},
      marks: bars.flatMap(([name, y, tone], k) => [
        {kind: "bar", x: k + 1, y: Number.isFinite(y) ? y : 0, tone},
        {kind: "text", x: k + 1, y: Math.min(0, y || 0), dy: 15, text: name, tone: "tiny"}]),
      alt: "Bars of predicted and true changes.",
    }
    const trust = reach < 0.1 ? "" : `Their leverages add up to ${number(reach)}: ${reach < 0.3 ? "one step begins to fall short." : "beyond the reach of one plain step."}`
    return {
      panels: [plane, panel],
      rows: [outcome(state, found),
        {label: "sum of single predictions", predicted: points(sum), true: change(truth)},
        {label: "Newton step for the set", predicted: change(newton), true: change(truth)},
        {label: "sum of their leverages", before: number(reach)}],
      note: trust,
      says: [say, `The sum of predictions is ${points(sum)}, a Newton step says ${change(newton)}, the truth is ${change(truth)}.`],
    }
  },
}
