// 7 Penalty and separation: the same row, with another influence in another model.
import {curvature, effects, fit, leverages, measure, norm, refit, spectrum, step} from "../engine.js"
import {kept, places, problemOf, solved, truths} from "../case.js"
import {PLANE, boundary, dots, number, outcome, percent, points, probe, sight, three} from "../plot.js"

const STRENGTHS = Array.from({length: 16}, (_, k) => 10 ** (-3 + k / 5))

// Fits, and refits without a row, at all strengths.
function fits(state, row) {
  let start = null, lost = null
  return STRENGTHS.map((strength) => {
    const problem = {...problemOf(state), strength}, at = fit(problem, null, start).theta, gone = refit(problem, lost ?? at, [row])
    start = at
    if (gone.converged) lost = gone.theta
    return {strength, problem, at, gone: gone.converged ? gone.theta : null, moved: step(problem, at, [row]),
      values: spectrum(curvature(problem, at), at.length).values}
  })
}

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
    if (!shown) return {panels: [plane], rows: [{...rows[0], predicted: "", true: ""}],
      says: [say, sight(places(state), `row ${row} is chosen`)]}
    const key = JSON.stringify(places(state)) // what is kept is the same wherever ◇ is
    const path = kept(warm, "path", key + row, () => fits(state, row)).map((one) => {
      const reached = (moved) => (one.gone ? measure(one.problem, moved, found.target) - measure(one.problem, one.at, found.target) : NaN)
      return {...one, predicted: reached(one.moved), truth: reached(one.gone)}
    })
    const both = path.flatMap((one) => [one.predicted, one.truth]).filter(Number.isFinite), low = Math.min(0, ...both), high = Math.max(0, ...both)
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
    const truth = truths(state, warm, found)
    const first = (all) => all.map(Math.abs).reduce((top, one, i, sizes) => (one > sizes[top] ? i : top), 0)
    const held = leverages(problem, theta), values = spectrum(curvature(problem, theta), theta.length).values
    return {
      panels: [plane, curve, stiff],
      rows: [...rows,
        {label: "most influential row", predicted: `row ${first(effects(problem, theta, found.target, {plugged: true}))}`,
          true: `row ${first(truth)}`},
        {label: "sum of leverages", before: number(held.reduce((sum, one) => sum + one, 0))},
        {label: "smallest eigenvalue", before: number(values[0])},
        {label: "size of the parameters (norm)", before: number(norm(theta))}],
      says: [say, found.gone ? `Without row ${row} it changes by ${points(found.truth - found.before)}; the prediction was ${points(found.predicted - found.before)}.`
        : `Without row ${row} there is no minimum.`],
    }
  },
}
