// 9 Fisher or Hessian: a network, whose two curvatures differ and which has several minima.
import {curvature, effects, initial, measure, newton, spectrum, step, without} from "../engine.js"
import {places, problemOf, targetOf} from "../case.js"
import {PLANE, contour, dots, number, outcome, percent, probe, signed} from "../plot.js"

const BUDGET = 7 // ms of a frame
const TICKS = [-0.5, -0.1, 0, 0.1, 0.5] // effects of most rows are small, and some are not

// Runs generators one after another, a little in each frame; ``work.next()`` yields as the engine's fits do.
function sliced(job, until) {
  while (performance.now() < until) {
    const {done, value} = job.steps.next()
    if (!done) continue
    job.found = value
    return true
  }
  return false
}

// The jobs of a state: the fit, the cold refit, then the refit without each row, warm; kept until it changes.
function jobs(state, warm) {
  const problem = problemOf(state), key = JSON.stringify([state.points, state.settings.strength, state.settings.seed])
  if (warm.key !== key) {
    const same = warm.seed === state.settings.seed && warm.whole?.found
    const start = same ? warm.whole.found.theta : initial(problem, state.settings.seed + 1)
    Object.assign(warm, {key, seed: state.settings.seed, problem, refits: [], cold: null,
      whole: {steps: newton(problem, start, null, 400), found: null}})
  }
  const until = performance.now() + BUDGET, row = state.rows[0] ?? 0, n = problem.X.length
  if (!warm.whole.found && !sliced(warm.whole, until)) return false
  if (warm.coldRow !== row || !warm.cold) {
    warm.coldRow = row
    warm.cold = {found: null, steps: newton(problem, initial(problem, state.settings.seed + 1), without(n, [row]), 400)}
  }
  const theta = warm.whole.found.theta
  for (const i of [row, ...Array(n).keys()]) {
    warm.refits[i] ??= {found: null, steps: newton(problem, theta, without(n, [i]), 200)}
    if (!warm.refits[i].found && !sliced(warm.refits[i], until)) return false
    if (i === row && !warm.cold.found && !sliced(warm.cold, until)) return false
  }
  return true
}

export const network = {
  picks: "row",
  moves: ["probe"],

  pick(state, row) {
    if (state.rows[0] === row) state.points[row][2] = 1 - state.points[row][2]
    state.rows = [row]
  },

  view(state, warm, live) {
    const finished = jobs(state, warm), {problem} = warm, row = state.rows[0] ?? 0, shown = live.revealed
    const cold = state.settings.start === 1
    if (!warm.whole.found) return {
      panels: [{key: "plane", title: "The network is being trained", ...PLANE, bare: true, marks: dots(places(state), {chosen: [row]})}],
      rows: [{label: "chance at ◇", before: "training", numbers: []}], says: ["The network is being trained.", ""], again: true,
    }
    const {theta} = warm.whole.found, target = targetOf(state, problem, theta), before = measure(problem, theta, target)
    const fisher = effects(problem, theta, target, {plugged: true}), hessian = effects(problem, theta, target, {kind: "hessian", plugged: true})
    const gone = (cold ? warm.cold : warm.refits[row])?.found?.theta ?? null, truth = gone && measure(problem, gone, target)
    const edge = (at, tone) => ({kind: "lines", tone, segments: contour(problem, at)})
    const plane = {
      key: "plane", title: "Training points, and the edge where the network is undecided", ...PLANE, bare: true,
      marks: [edge(theta, "before"), ...(shown && gone ? [edge(gone, "true")] : []),
        ...(shown ? [edge(step(problem, theta, [row]), "predicted")] : []),
        ...dots(places(state), {chosen: [row]}), ...probe(state)],
      alt: `${problem.X.length} points; row ${row} is chosen.`,
    }
    const first = {...outcome(state, {before, predicted: before + fisher[row], truth}), ...(truth === null ? {true: "fitting"} : {})}
    const say = `The network gives ◇ a chance of ${percent(before)}.`
    if (!shown) return {panels: [plane], rows: [{...first, predicted: "", true: ""}], says: [say, ""], again: !finished}
    const done = warm.refits.map((one, i) => (one?.found ? [i, measure(problem, one.found.theta, target) - before] : null)).filter(Boolean)
    const reach = 1.15 * Math.max(...done.map(([, value]) => Math.abs(value)), ...fisher.map(Math.abs), 1e-4)
    const axis = {domain: [-reach, reach], root: true, ticks: TICKS.filter((one) => Math.abs(one) < reach), label: "true, by a warm refit (root scale)"}
    const shape = (list, kind, tone) => done.map(([i, x]) => ({kind: "dot", x, y: Math.max(-reach, Math.min(reach, list[i])), row: i, size: 5,
      shape: kind, tone: `${tone}${i === row ? " chosen" : ""}`}))
    const panel = {
      key: "check", title: `Change of the chance without each row: Fisher ●, Hessian ■, against warm refits (${done.length} of ${problem.X.length})`,
      x: axis, y: {...axis, label: ""},
      marks: [{kind: "line", tone: "before", points: [[-reach, -reach], [reach, reach]]},
        ...(hessian ? shape(hessian, "square", "one") : []), ...shape(fisher, "circle", "zero")],
      alt: "Points near the diagonal are well predicted.",
    }
    const lowest = spectrum(curvature(problem, theta, null, "hessian"), theta.length).values[0]
    const change = (value) => (value === null || value === undefined ? "" : `${signed(100 * value, 2)} points`)
    const refits = [warm.refits[row], warm.cold].map((one) => one?.found && measure(problem, one.found.theta, target) - before)
    return {
      panels: [plane, panel],
      rows: [first,
        {label: "change by Fisher", predicted: change(fisher[row]), true: change(truth === null ? null : truth - before)},
        {label: "change by Hessian", predicted: hessian ? change(hessian[row]) : "negative curvature", true: change(truth === null ? null : truth - before)},
        {label: "warm refit", true: refits[0] === undefined || refits[0] === null ? "fitting" : change(refits[0])},
        {label: "cold refit", true: refits[1] === undefined || refits[1] === null ? "fitting" : change(refits[1])},
        {label: "smallest eigenvalue of the Hessian", before: number(lowest)}],
      note: warm.whole.found.converged ? "" : "Training has not reached a minimum, so no estimate here can be trusted.",
      says: [say, `For row ${row} the Fisher says ${change(fisher[row])}, the Hessian ${hessian ? change(hessian[row]) : "nothing, its curvature is negative"}.`],
      python: {theta, method: "ax.AFIF(leverage_correction=False)", cold}, again: !finished,
    }
  },
}
