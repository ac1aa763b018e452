// 7 Penalty and separation: the same row, with another influence in another model.
import {curvature, effects, fit, leverages, measure, norm, refit, spectrum, step} from "../engine.js"
import {places, problemOf, solved} from "../case.js"
import {PLANE, boundary, dots, number, outcome, percent, points, probe, three} from "../plot.js"

const STRENGTHS = Array.from({length: 22}, (_, k) => 10 ** (-3 + k / 7))

export const penalty = {
  picks: "row",
  moves: ["probe"],

  view(state, warm, live) {
    const found = solved(state, warm), {problem, theta} = found, row = state.rows[0] ?? 0, shown = live.revealed
    const plane = {
      key: "plane", title: "Training points, and the line where the model is undecided", ...PLANE, bare: true,
      marks: [...three((at) => boundary(problem, at), found, shown && found.whole.converged), ...dots(places(state), {chosen: state.rows}), ...probe(state)],
      alt: `${problem.X.length} points; row ${row} is chosen.`,
    }
    const say = `The penalty's strength is ${problem.strength || "0: there is none"}; the chance at ◇ is ${percent(found.before)}.`
    if (!found.whole.converged) {
      return {panels: [plane], rows: [{label: "chance at ◇", before: "no minimum", numbers: []}],
        note: "The classes are separable and nothing holds the parameters back: they grow without end, the curvature goes to 0, and influence is not defined.",
        says: ["Without a penalty there is no minimum.", "The parameters grow without end."]}
    }
    const rows = [outcome(state, found)]
    if (!shown) return {panels: [plane], rows: [{...rows[0], predicted: "", true: ""}], says: [say, ""]}
    let start = null, lost = null
    const path = STRENGTHS.map((strength) => {
      const one = {...problemOf(state), strength}, at = fit(one, null, start).theta, gone = refit(one, lost ?? at, [row]).theta
      start = at
      lost = gone
      const before = measure(one, at, found.target)
      return {strength, predicted: measure(one, step(one, at, [row]), found.target) - before,
        truth: measure(one, gone, found.target) - before, values: spectrum(curvature(one, at), at.length).values}
    })
    const both = path.flatMap((one) => [one.predicted, one.truth]), low = Math.min(0, ...both), high = Math.max(0, ...both)
    const room = 0.12 * (high - low) + 1e-6, here = Math.max(problem.strength, 1e-3)
    const across = {domain: [1e-3, 1], label: "strength of the penalty", log: true}
    const curve = {
      key: "path", title: `Change of the chance without row ${row}, by strength: true, and predicted (dashed)`, x: across,
      y: {domain: [low - room, high + room], label: ""},
      marks: [{kind: "line", tone: "before", points: [[here, low - room], [here, high + room]]},
        {kind: "line", tone: "true", points: path.map((one) => [one.strength, one.truth])},
        {kind: "line", tone: "predicted", points: path.map((one) => [one.strength, one.predicted])}],
    }
    const size = path.flatMap((one) => one.values)
    const stiff = {
      key: "eigenvalues", title: "Eigenvalues of the curvature, by strength", x: across,
      y: {domain: [Math.min(...size) / 1.5, Math.max(...size) * 1.5], label: "", log: true},
      marks: [{kind: "line", tone: "before", points: [[here, Math.min(...size) / 1.5], [here, Math.max(...size) * 1.5]]},
        ...theta.slice().map((_, k) => k).reduce((all, k) => [...all, {kind: "line", tone: "true",
          points: path.map((one) => [one.strength, one.values[k]])}], [])],
    }
    const own = effects(problem, theta, found.target, {plugged: true}).map(Math.abs), first = own.indexOf(Math.max(...own))
    const held = leverages(problem, theta), values = spectrum(curvature(problem, theta), theta.length).values
    return {
      panels: [plane, curve, stiff],
      rows: [...rows,
        {label: "most influential row", predicted: `row ${first}`},
        {label: "sum of leverages", before: number(held.reduce((sum, one) => sum + one, 0))},
        {label: "smallest eigenvalue", before: number(values[0])},
        {label: "size of the parameters (norm)", before: number(norm(theta))}],
      says: [say, `Without row ${row} it changes by ${points(found.truth - found.before)}; the prediction was ${points(found.predicted - found.before)}.`],
    }
  },
}
