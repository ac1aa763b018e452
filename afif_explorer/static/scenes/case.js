// From the state of a scene to what the engine takes. A state is
//   {scene, model, target, points: [[x, y, label, group]], probe: [x, y], rows, settings, hidden}
// Points, probe and settings are multiples of 0.001, so that a link holds them exactly.
import {fit, measure, oriented, refit, refits, step} from "./engine.js"

export const HIDDEN = 6
export const TARGETS = ["chance", "loss", "gap"] // that a reader can choose

export const onGrid = (value) => Math.round(value * 1000) / 1000 || 0

// The fourth number of a point: its group, and whether its label is wrong.
export const groups = (state) => state.points.map((point) => point[3] & 1)
export const lies = (point) => point[3] >> 1 === 1

// The points as the model sees them: the classes moved apart by the setting ``apart``, and ``copies`` of the first
// chosen row at the end.
export function places(state) {
  const {apart = 0, copies = 0} = state.settings
  const moved = state.points.map(([x, y, label, mark]) => [onGrid(x + (label ? apart / 2 : -apart / 2)), y, label, mark & 1])
  for (let k = 0; k < copies; k++) moved.push(moved[state.rows[0] ?? 0])
  return moved
}

export function problemOf(state) {
  const {model} = state, points = places(state)
  return {
    model,
    X: points.map(([x, y]) => (model === "linear" ? [x] : [x, y])),
    y: points.map(([, y, label]) => (model === "linear" ? y : label)),
    strength: state.settings.unpenalised === 1 ? 0 : state.settings.strength,
    intercept: state.scene !== "pulls",
    hidden: HIDDEN,
  }
}

// The target of a state at the fit ``theta``.
export function targetOf(state, problem, theta) {
  const x = problem.model === "linear" ? [state.probe[0]] : state.probe
  const y = problem.model === "linear" ? state.probe[1] : 1
  const asked = {
    chance: {kind: "chance", x},
    loss: {kind: "loss", x, y},
    gap: {kind: "gap", groups: groups(state)},
    slope: {kind: "coefficient", place: 0},
  }[state.target]
  return oriented(problem, theta, asked)
}

// Fit, refit without the rows and one step, each started from what ``warm`` remembers of the last frame.
export function solved(state, warm, {corrected = false} = {}) {
  const problem = problemOf(state)
  const begun = warm.theta?.length === undefined ? null : warm.theta
  let whole = fit(problem, null, begun)
  if (!whole.converged && begun) whole = fit(problem)
  warm.theta = whole.converged ? whole.theta : null
  const found = {problem, whole, theta: whole.theta}
  if (state.rows.length && whole.converged) {
    found.moved = step(problem, whole.theta, state.rows, {corrected})
    const again = refit(problem, whole.theta, state.rows)
    found.gone = again.converged ? again.theta : null
  }
  return {...found, ...answers(state, found)}
}

// The target of a state at the fit, after the step and at the refit, as far as they are known.
export function answers(state, {problem, theta, moved, gone}) {
  const target = targetOf(state, problem, theta), at = (place) => place && measure(problem, place, target)
  return {target, before: at(theta), predicted: at(moved), truth: at(gone)}
}

// What ``make`` made last, while the key is the same.
export function kept(warm, name, key, make) {
  if (warm[name]?.key !== key) warm[name] = {key, value: make()}
  return warm[name].value
}

// The true effect of each row, by refits that are kept while only the question changes.
export function truths(state, warm, {problem, theta, target, before}) {
  const key = JSON.stringify([problem.X, problem.y, problem.strength])
  return kept(warm, "refits", key, () => refits(problem, theta)).map((gone) => measure(problem, gone, target) - before)
}
