// The state of a scene as Python code that gives the same numbers.
import {places, problemOf} from "./case.js"

const TARGETS = {
  chance: () => 'ax.Prediction("test", 0)',
  loss: () => 'ax.PointLoss("test", 0)',
  slope: () => "ax.Coefficient(0)",
  gap: () => 'ax.DemographicParityDifference("group", "train", favourable=1)',
}

function array(rows) {
  const lines = []
  for (let from = 0; from < rows.length; from += 6) lines.push("    " + rows.slice(from, from + 6).join(", ") + ",")
  return `np.array([\n${lines.join("\n")}\n])`
}

// A tuple of one keeps its comma.
const row = (values) => `[${values.join(", ")}]`

function head(state) {
  const points = places(state), linear = state.model === "linear"
  const lines = [
    "import numpy as np", "import afif_explorer as ax", "",
    `X = ${array(points.map((one) => row(linear ? [one[0]] : one.slice(0, 2))))}`,
    `y = ${array(points.map((one) => String(linear ? one[1] : one[2])))}`,
  ]
  if (state.target === "gap") lines.push(`group = ${array(points.map((one) => String(one[3])))}`)
  const [px, py] = state.probe
  lines.push(`test = (np.array([${row(linear ? [px] : [px, py])}]), np.array([${linear ? py : "1"}]))`)
  return lines
}

function fitted(state, theta) {
  const d = state.model === "linear" ? 1 : 2, {strength} = problemOf(state)
  const penalty = strength ? `ax.Ridge(${strength})` : "None"
  const loss = state.model === "linear" ? "gaussian" : "bernoulli"
  const groups = state.target === "gap" ? ", sensitive=group" : ""
  if (state.model === "network") {
    return [
      "import torch",
      `model = ax.MLP(2, (${(theta.length - 1) / 4},), 1)`,
      `theta = torch.tensor(${array(Array.from(theta, String)).slice("np.array(".length, -1)}, dtype=torch.float64)`,
      `fit = ax.from_trained(model.to_module(theta), X, y, "bernoulli", ${penalty}, test=test${groups})`,
    ]
  }
  const plain = state.scene === "pulls" ? `ax.LinearMap(${d}, intercept=False)` : `ax.LinearMap(${d})`
  return [
    `objective = ax.Objective(${plain}, "${loss}", ${penalty}, X, y)`,
    `fit = ax.fit_objective(objective, test=test${groups})`,
  ]
}

// ``extra`` is what the scene has beyond a fit and its rows: {method, theta, weight, rows}.
export function toPython(state, extra = {}) {
  const rows = extra.rows ?? state.rows, method = extra.method ?? "ax.AFIF(leverage_correction=False)"
  const lines = [...head(state), "", ...fitted(state, extra.theta), `target = ${TARGETS[state.target]()}`]
  lines.push(
    "theta = fit.objective.vector(fit.theta)",
    "before = target.bind(fit).value(theta)")
  if (extra.weight !== undefined) {
    lines.push(
      "", `# The weight ${extra.weight} for one row: the tangent, and the truth by fitting again.`,
      `row = ${state.rows[0]}`,
      `per_unit = -ax.attribute(fit, target, ${method}, order=1, refine=False)[row]`,
      `predicted = before + (${extra.weight} - 1) * per_unit`,
      "weights = np.ones(len(y))", `weights[row] = ${extra.weight}`,
      "again = ax.Objective(objective.model, objective.loss, objective.penalty, X, y, sample_weight=weights)",
      "true = target.bind(fit).value(fit.objective.vector(ax.fit_objective(again).theta))")
  } else if (rows.length) {
    lines.push(
      "", `rows = [${rows.join(", ")}]  # ids count from 0`,
      `step = ax.unlearn(fit, rows, method=${method}, targets=[target])`,
      "predicted = before + step.effects[target]",
      "true = before + ax.retrain(fit, rows).effects(target)[target]")
  }
  lines.push(rows.length ? "print(before, predicted, true)" : "print(before)")
  return lines.join("\n") + "\n"
}
