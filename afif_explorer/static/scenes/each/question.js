// 3 Whose question? The same rows, with another sign for another question.
import {effects} from "../engine.js"
import {answers, places, solved, truths} from "../case.js"
import {PLANE, boundary, dots, outcome, probe, sight, three, words} from "../plot.js"

const ABOUT = ["chance", "loss", "gap"]

export const question = {
  picks: "row",
  moves: ["probe", "points"],

  view(state, warm, live) {
    const found = solved(state, warm), {problem, theta} = found, row = state.rows[0] ?? 0
    const shown = live.revealed, said = words(state.target)
    const predicted = effects(problem, theta, found.target, {plugged: true})
    const top = Math.max(...predicted.map(Math.abs), 1e-12)
    const colour = (i) => ({size: 4 + 7 * Math.sqrt(Math.abs(predicted[i]) / top),
      tone: predicted[i] < 0 ? "down" : "up"})
    const plane = {
      key: "plane", bare: true, ...PLANE,
      title: shown ? `Blue rows hold the ${said.name} up, orange ones hold it down; larger marks have larger effects` : "Circles and squares are two classes; a hole marks the second group",
      marks: [...three((at) => boundary(problem, at), found, shown),
        ...dots(places(state), {chosen: state.rows, groups: true, style: shown ? colour : undefined}), ...probe(state)],
      alt: `${state.points.length} points; row ${row} is chosen.`,
    }
    const before = `The ${said.name} is ${said.value(found.before)}.`
    if (!shown) return {panels: [plane], rows: [{...outcome(state, found), predicted: "", true: ""}],
      says: [before, sight(places(state), `row ${row} is chosen`, {groups: true})]}
    const truth = truths(state, warm, found), reach = 1.1 * Math.max(...truth.map(Math.abs), top)
    const panel = {
      key: "check", title: `Change of the ${said.name} without each row: predicted (up) against true (across)`,
      x: {domain: [-reach, reach], label: "true, by refitting"}, y: {domain: [-reach, reach], label: ""},
      marks: [{kind: "line", tone: "before", points: [[-reach, -reach], [reach, reach]]},
        ...truth.map((x, i) => ({kind: "dot", x, y: predicted[i], row: i, size: 5, shape: state.points[i][2] ? "square" : "circle",
          tone: `${predicted[i] < 0 ? "down" : "up"}${i === row ? " chosen" : ""}`}))],
      alt: "Points near the diagonal are well predicted.",
    }
    const asked = ABOUT.map((kind) => {
      const one = answers({...state, target: kind}, found), told = words(kind)
      return {label: `row ${row}: change of the ${told.name}`, predicted: told.change(one.predicted - one.before),
        true: (one.truth ?? null) === null ? "not determined" : told.change(one.truth - one.before)}
    })
    const raise = truth.filter((one) => one > 0).length
    return {
      panels: [plane, panel], rows: [outcome(state, found), ...asked],
      says: [before, `Without row ${row} it changes by ${said.change(truth[row])}; ${raise} of ${truth.length} rows would raise it by leaving.`],
    }
  },
}

