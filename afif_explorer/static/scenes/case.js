// From the state of a scene to what the engine takes. A state is
//   {scene, model, target, points: [[x, y, label, group]], probe: [x, y], rows, settings, hidden}
// Points, probe and settings are multiples of 0.001, so that a link holds them exactly.
import {fit, measure, oriented, refit, step} from "./engine.js"

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
  const target = targetOf(state, problem, whole.theta), before = measure(problem, whole.theta, target)
  const found = {problem, whole, theta: whole.theta, target, before}
  if (!state.rows.length || !whole.converged) return found
  found.moved = step(problem, whole.theta, state.rows, {corrected})
  found.predicted = found.moved && measure(problem, found.moved, target)
  const again = refit(problem, whole.theta, state.rows)
  found.gone = again.converged ? again.theta : null
  found.truth = found.gone && measure(problem, found.gone, target)
  return found
}
