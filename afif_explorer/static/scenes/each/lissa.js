// 8 LiSSA: an inverse by many cheap steps; each eigen-direction has its own speed, and a bound on the scale.
import {curvature, dot, lissaPath, lissaRule, measure, norm, plus, rowGradient, solver, spectrum} from "../engine.js"
import {solved} from "../case.js"
import {number, outcome} from "../plot.js"

const SEEDS = [1, 2, 3]

export const lissa = {
  picks: "row",
  moves: [],
  plays: "depth",

  view(state, warm, live) {
    const {settings} = state, found = solved({...state, rows: state.rows.slice(0, 1)}, warm), {problem, theta} = found
    const row = state.rows[0] ?? 0, p = theta.length, rule = lissaRule(problem, theta, settings.batch)
    const largest = rule.values[p - 1], scale = settings.scale * largest, depth = settings.depth
    const b = rowGradient(problem, theta, row), exact = solver(curvature(problem, theta), p).solve(b)
    const full = lissaPath(problem, theta, b, {scale, depth}), n = problem.X.length
    const noisy = settings.batch ? SEEDS.map((seed) => lissaPath(problem, theta, b, {scale, depth, batch: settings.batch, seed})) : []
    const {vectors} = spectrum(curvature(problem, theta), p)
    const turned = (u) => [dot(vectors[p - 1], u), dot(vectors[0], u)], goal = turned(exact)
    const wide = 2.4 * Math.abs(goal[0]), tall = [-0.3 * goal[1], 1.35 * goal[1]].sort((one, other) => one - other)
    const plane = {
      key: "plane", title: "The steps: across, the stiffest direction; up, the flattest. ◇ is the exact solution",
      x: {domain: [-wide, wide], label: ""}, y: {domain: tall, label: ""}, bare: true,
      marks: [
        {kind: "line", tone: "faint", points: [[goal[0], tall[0]], [goal[0], tall[1]]]},
        {kind: "line", tone: "faint", points: [[-wide, goal[1]], [wide, goal[1]]]},
        ...noisy.map((one) => ({kind: "line", tone: "noisy", points: one.map(turned)})),
        {kind: "line", tone: "predicted", points: full.map(turned)},
        ...full.slice(0, 60).map(turned).map(([x, y]) => ({kind: "dot", x, y, size: 2.5, tone: "step"})),
        {kind: "dot", x: goal[0], y: goal[1], size: 8, shape: "diamond", tone: "probe"},
      ],
      alt: `${depth} steps of LiSSA.`,
    }
    const start = `Scale ${number(settings.scale)} times the largest eigenvalue, ${depth} steps${settings.batch ? `, batches of ${settings.batch} of ${n} rows` : ", all rows in each step"}.`
    const pathInWords = () => {
      const outside = full.map(turned).findIndex(([x, y]) => Math.abs(x) > wide || y < tall[0] || y > tall[1])
      const [x, y] = turned(full.at(-1)).map(number), [right, up] = goal.map(number)
      const path = outside < 0 ? `ends at ${x} across and ${y} up` : `is outside the drawing from step ${outside} on`
      return `The path with all rows ${path}; the exact solution is at ${right} across and ${up} up.`
    }
    const estimate = full.at(-1), error = (u) => norm(plus(u, exact, -1)) / norm(exact)
    const usable = error(estimate) <= 1
    const predicted = usable ? measure(problem, plus(theta, estimate, 1 / n), found.target) : null
    const rows = [{...outcome(state, {...found, predicted}), ...(usable ? {} : {predicted: "diverged"})}]
    if (!live.revealed) return {panels: [plane], rows: [{...rows[0], predicted: "", true: ""}], says: [start, pathInWords()]}
    const diverges = settings.scale <= 0.5
    const along = rule.values.map((value, k) => ({value, k, factor: Math.abs(1 - value / scale)}))
    const steps = Array.from({length: depth + 1}, (_, t) => t), clip = (v) => Math.min(1e3, Math.max(1e-6, v))
    const panel = {
      key: "errors", title: "Error by step: all rows (dashed), batches (thin), each eigen-direction (grey)",
      x: {domain: [0, depth], label: "steps"}, y: {domain: [1e-6, 1e3], label: "", log: true},
      marks: [
        {kind: "area", x: [0, depth], y: [1, 1e3], tone: "danger"},
        {kind: "text", x: 0, y: 300, anchor: "start", dx: 8, text: "worse than no step at all", tone: "danger"},
        ...along.map(({factor}) => ({kind: "line", tone: "before", points: steps.map((t) => [t, clip(factor ** (t + 1))])})),
        ...noisy.map((one) => ({kind: "line", tone: "noisy", points: one.map((u, t) => [t, clip(error(u))])})),
        {kind: "line", tone: "predicted", points: full.map((u, t) => [t, clip(error(u))])},
      ],
      alt: `After ${depth} steps the error is ${number(error(estimate))}.`,
    }
    const batches = noisy.map((one) => error(one.at(-1)))
    return {
      panels: [plane, panel],
      rows: [...rows,
        {label: "error with all rows", predicted: percentage(error(estimate)), true: "0\u00a0%"},
        ...(batches.length ? [{label: "error with batches (3 runs)", predicted: batches.map(percentage).join(", "), true: "0\u00a0%"}] : []),
        {label: "scale by rule", before: `${number(rule.scale / largest)} × λmax, ${rule.depth} steps`}],
      note: diverges ? "The scale is at most half the largest eigenvalue: along that direction every step makes the error larger." : "",
      says: [start, `The error is ${percentage(error(estimate))} of the solution${batches.length ? `, with batches ${percentage(Math.max(...batches))}` : ""}.`],
      python: {method: `ax.AFIF(solver=ax.LiSSA(scale=${scale}, depth=${depth}, batch_size=len(y), repeats=1), leverage_correction=False)`},
    }
  },
}

const percentage = (value) => `${value > 100 ? "over 10\u00a0000" : number(100 * value)}\u00a0%`
