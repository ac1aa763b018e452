// 10 Find the liar, be fair: ten rows to audit, by four rules; and what closing the gap costs.
import {curvature, dot, effects, loss, norm, output, plus, prediction, rowGradient, solver} from "../engine.js"
import {groups, lies, places, solved} from "../case.js"
import {PLANE, boundary, dots, outcome, percent, sight, three} from "../plot.js"

export const RULES = ["loss", "margin", "self-influence", "influence on the gap"]
const SHORT = [...RULES.slice(0, 3), "influence"] // at a bar

// The rows in the order in which a rule would have them audited. The margin is (2y - 1) times the log-odds, lowest
// first; the loss is log(1 + exp(-margin)), so that both give the same order.
export function audit(problem, theta, target, rule) {
  const {X, y} = problem, solved_ = solver(curvature(problem, theta), theta.length)
  const self = () => X.map((_, i) => { const g = rowGradient(problem, theta, i); return dot(g, solved_.solve(g)) })
  const scores = [
    () => X.map((x, i) => loss(problem, theta, x, y[i])),
    () => X.map((x, i) => (1 - 2 * y[i]) * output(problem, theta, x)),
    self,
    () => effects(problem, theta, target).map((one) => -one),
  ][rule]()
  return scores.map((_, i) => i).sort((a, b) => scores[b] - scores[a])
}

export const liar = {
  picks: "",
  moves: [],

  view(state, warm, live) {
    const count = state.settings.count, rule = state.settings.rule, shown = live.revealed
    const whole = solved({...state, rows: []}, warm), {problem, theta, target} = whole
    const rows = audit(problem, theta, target, rule).slice(0, count), found = solved({...state, rows}, {theta})
    const caught = (list) => list.filter((row) => lies(state.points[row])).length
    const liars = state.points.filter(lies).length
    const plane = {
      key: "plane", title: shown ? "Ringed rows are audited and removed; ✕ marks a wrong label" : "Two classes by shape and colour; a hole marks the second group",
      ...PLANE, bare: true,
      marks: [...three((at) => boundary(problem, at), found, shown),
        ...dots(places(state), {chosen: shown ? rows : [], groups: true}),
        ...(shown ? state.points.flatMap(([x, y, ...rest], i) => (lies(state.points[i]) ? [{kind: "text", x, y, dy: -9, text: "✕", tone: "danger"}] : [])) : [])],
      alt: `${state.points.length} points, ${liars} with a wrong label.`,
    }
    const say = `${liars} of ${state.points.length} labels are wrong; the gap between the groups is ${percent(whole.before)}.`
    const first = outcome({...state, rows}, found)
    if (!shown) return {panels: [plane], rows: [{...first, predicted: "", true: ""}],
      says: [say, sight(places(state), "the line is fitted to all of them", {groups: true})]}
    const precisions = RULES.map((_, k) => caught(audit(problem, theta, target, k).slice(0, count)) / count)
    const panel = {
      key: "rules", title: `Wrong labels among ${count} audited rows, by rule: their share (bar) and number`,
      x: {domain: [0.4, 4.6], label: "", ticks: []}, y: {domain: [0, 1.15], label: "", ticks: [0, 0.5, 1]},
      marks: SHORT.flatMap((name, k) => [{kind: "bar", x: k + 1, y: precisions[k], tone: k === rule ? "true chosen" : "soft"},
        {kind: "text", x: k + 1, y: precisions[k], dy: -6, text: `${Math.round(precisions[k] * count)}: ${name}`, tone: "tiny"}]),
    }
    const right = (at) => problem.X.filter((x, i) => (prediction(problem, at, x) > 0.5) === Boolean(problem.y[i]) !== lies(state.points[i])).length / problem.X.length
    const kept = found.gone ? norm(plus(found.moved, found.gone, -1)) / norm(plus(theta, found.gone, -1)) : NaN
    const second = rows.filter((row) => groups(state)[row] === 1).length
    return {
      panels: [plane, panel],
      rows: [first,
        {label: "agreement with the right labels", before: percent(right(theta)), predicted: found.moved ? percent(right(found.moved)) : "",
          true: found.gone ? percent(right(found.gone)) : "not determined"},
        {label: "wrong labels caught", true: `${caught(rows)} of ${count}`},
        {label: "removed from the second group", true: `${second} of ${count}`},
        {label: "not forgotten by one step", true: Number.isFinite(kept) ? percent(kept) : "not determined"}],
      says: [say, `Auditing ${count} rows by ${RULES[rule]} finds ${caught(rows)} wrong labels; the gap becomes ${first.true}, predicted ${first.predicted}.`],
      python: {rows},
    }
  },
}
