// 9 Fisher or Hessian: a network, whose two curvatures differ and which has several minima.
import {curvature, effects, initial, measure, newton, spectrum, step, without} from "../engine.js"
import {places, problemOf, targetOf} from "../case.js"
import {PLANE, contour, dots, number, outcome, percent, probe, sight, signed} from "../plot.js"

const BUDGET = 7 // ms between two looks at the hand
const TICKS = [-0.5, -0.1, 0, 0.1, 0.5] // effects of most rows are small, and some are not

// Goes on with a job, steps that the engine yields, until it is done or the time is over; whether it is done.
function sliced(job, until) {
  while (!job.found && performance.now() < until) {
    const {done, value} = job.steps.next()
    if (done) job.found = value
  }
  return Boolean(job.found)
}

// What is fitted for a state, kept until it changes: the fit, then without each row a warm refit, and a cold one
// without the chosen row.
function prepared(state, warm) {
  const problem = problemOf(state), key = JSON.stringify([state.points, state.settings.strength, state.settings.seed])
  const row = state.rows[0] ?? 0, n = problem.X.length
  if (warm.key !== key) {
    const same = warm.seed === state.settings.seed && warm.whole?.found
    const start = same ? warm.whole.found.theta : initial(problem, state.settings.seed + 1)
    Object.assign(warm, {key, seed: state.settings.seed, problem, refits: Array(n).fill(null), cold: null, bends: null,
      whole: {steps: newton(problem, start, null, 400), found: null}})
  }
  if (warm.coldRow !== row || !warm.cold) {
    warm.coldRow = row
    warm.cold = {found: null, steps: newton(problem, initial(problem, state.settings.seed + 1), without(n, [row]), 400)}
  }
  return row
}

// The jobs that are left, in order: the fit, the chosen row, every other row.
function* jobs(warm, row) {
  const {problem, whole, refits, cold} = warm, n = refits.length
  yield whole
  for (const i of [row, ...Array(n).keys()]) {
    yield refits[i] ??= {found: null, steps: newton(problem, whole.found.theta, without(n, [i]), 200)}
    if (i === row) yield cold
  }
}

// The eigenvalues of Fisher and Hessian without the penalty's part, and the smallest one of the Hessian with it.
function bends(problem, theta) {
  const values = (strength, kind) => spectrum(curvature({...problem, strength}, theta, null, kind), theta.length).values
  return {fisher: values(0, "fisher"), hessian: values(0, "hessian"), smallest: values(problem.strength, "hessian")[0]}
}

function eigenvalues({fisher, hessian}) {
  const low = 1.3 * Math.min(hessian[0], -1e-4), high = 1.3 * Math.max(fisher.at(-1), hessian.at(-1)), count = fisher.length
  const shape = (values, kind, tone) => values.map((y, k) => ({kind: "dot", x: k + 1, y, size: 4, shape: kind, tone}))
  return {
    key: "eigenvalues", title: "Eigenvalues of the loss alone: Fisher ●, Hessian ■ (root scale)",
    x: {domain: [0, count + 1], label: "in ascending order", ticks: []},
    y: {domain: [low, high], root: true, label: "", ticks: [-0.01, 0, 0.01, 0.1, 1].filter((one) => low < one && one < high)},
    marks: [{kind: "area", x: [0, count + 1], y: [low, 0], tone: "danger"},
      {kind: "text", x: count + 1, y: low, anchor: "end", dx: -8, dy: -8, text: "negative curvature", tone: "danger"},
      ...shape(hessian, "square", "one"), ...shape(fisher, "circle", "zero")],
    alt: `${hessian.filter((one) => one < -1e-12).length} of ${count} eigenvalues of the Hessian are negative, none of the Fisher.`,
  }
}

export const network = {
  picks: "row",
  moves: ["probe"],

  pick(state, row) {
    if (state.rows[0] === row) state.points[row][2] = 1 - state.points[row][2]
    state.rows = [row]
  },

  work(state, warm) {
    const row = prepared(state, warm), until = performance.now() + BUDGET
    const known = () => [warm.whole, warm.refits[row], warm.cold].filter((one) => one?.found).length
    const before = known()
    for (const job of jobs(warm, row)) if (!sliced(job, until)) return {news: known() > before, done: false}
    return {news: true, done: true}
  },

  view(state, warm, live) {
    const {done: finished} = network.work(state, warm), {problem} = warm, row = state.rows[0] ?? 0, shown = live.revealed
    const cold = state.settings.start === 1
    const inSight = sight(places(state), `row ${row} is chosen`)
    if (!warm.whole.found) return {
      panels: [{key: "plane", title: "The network is being trained", ...PLANE, bare: true, marks: dots(places(state), {chosen: [row]})}],
      rows: [{label: "chance at ◇", before: "training", numbers: []}], says: ["The network is being trained.", inSight], again: true,
    }
    const {theta} = warm.whole.found, target = targetOf(state, problem, theta), before = measure(problem, theta, target)
    const fisher = effects(problem, theta, target, {plugged: true}), hessian = effects(problem, theta, target, {kind: "hessian", plugged: true})
    const gone = (cold ? warm.cold : warm.refits[row])?.found?.theta ?? null, truth = gone && measure(problem, gone, target)
    const edge = (at, tone) => ({kind: "lines", tone, segments: contour(problem, at)})
    const plane = {
      key: "plane", title: "Training points, and the edge where the network is undecided", ...PLANE, bare: true,
      marks: [edge(theta, "before"), ...(shown && gone ? [edge(gone, "true")] : []),
        ...(shown && gone ? [edge(step(problem, theta, [row]), "predicted")] : []),
        ...dots(places(state), {chosen: [row]}), ...probe(state)],
      alt: `${problem.X.length} points; row ${row} is chosen.`,
    }
    const first = {...outcome(state, {before, predicted: before + fisher[row], truth}), ...(truth === null ? {true: "fitting"} : {})}
    const say = `The network gives ◇ a chance of ${percent(before)}.`
    if (!shown) return {panels: [plane], rows: [{...first, predicted: "", true: ""}], says: [say, inSight], again: !finished}
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
    warm.bends ??= bends(problem, theta)
    const change = (value) => (value === null || value === undefined ? "" : `${signed(100 * value, 2)} points`)
    const refits = [warm.refits[row], warm.cold].map((one) => one?.found && measure(problem, one.found.theta, target) - before)
    return {
      panels: [plane, panel, eigenvalues(warm.bends)],
      rows: [first,
        {label: "change by Fisher", predicted: change(fisher[row]), true: truth === null ? "fitting" : change(truth - before)},
        {label: "change by Hessian", predicted: hessian ? change(hessian[row]) : "negative curvature", true: truth === null ? "fitting" : change(truth - before)},
        {label: "warm refit", true: refits[0] === undefined || refits[0] === null ? "fitting" : change(refits[0])},
        {label: "cold refit", true: refits[1] === undefined || refits[1] === null ? "fitting" : change(refits[1])},
        {label: "smallest eigenvalue of the Hessian", before: number(warm.bends.smallest)},
        {label: "without the penalty", before: number(warm.bends.hessian[0])}],
      note: warm.whole.found.converged ? "" : "Training has not reached a minimum, so no estimate here can be trusted.",
      says: [say, `For row ${row} the Fisher says ${change(fisher[row])}, the Hessian ${hessian ? change(hessian[row]) : "nothing, its curvature is negative"}.`],
      python: {theta, method: "ax.AFIF(leverage_correction=False)", cold}, again: !finished,
    }
  },
}
