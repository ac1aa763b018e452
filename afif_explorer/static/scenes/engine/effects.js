// Targets, and what each row does to them.
import {addOuter, dot, plus, solver} from "./matrices.js"
import {jacobian, loss, mean, output, prediction, skew, variance} from "./models.js"
import {curvature, rowGradient} from "./fits.js"

// {kind: "chance", x}: the prediction at x; {kind: "loss", x, y}; {kind: "coefficient", place};
// {kind: "gap", groups, high}: the mean prediction of the rows of group ``high`` (0 or 1) minus that of the other.

export function measure(problem, theta, target) {
  if (target.kind === "chance") return prediction(problem, theta, target.x)
  if (target.kind === "loss") return loss(problem, theta, target.x, target.y)
  if (target.kind === "coefficient") return theta[target.place]
  const sums = [0, 0], counts = [0, 0]
  problem.X.forEach((x, i) => {
    sums[target.groups[i]] += prediction(problem, theta, x)
    counts[target.groups[i]] += 1
  })
  return sums[target.high] / counts[target.high] - sums[1 - target.high] / counts[1 - target.high]
}

// The same gap with the group in front that has the higher mean at ``theta``, so that it is positive there.
export function oriented(problem, theta, target) {
  if (target.kind !== "gap") return target
  const forth = {...target, high: 1}
  return measure(problem, theta, forth) < 0 ? {...target, high: 0} : forth
}

// The target's gradient [p].
export function targetGradient(problem, theta, target) {
  if (target.kind === "coefficient") {
    return Float64Array.from({length: theta.length}, (_, j) => (j === target.place ? 1 : 0))
  }
  if (target.kind !== "gap") {
    const f = output(problem, theta, target.x)
    const slope = target.kind === "loss" ? mean(problem, f) - target.y : variance(problem, f)
    return jacobian(problem, theta, target.x).map((one) => slope * one)
  }
  const sizes = [0, 1].map((group) => target.groups.filter((one) => one === group).length)
  let sum = new Float64Array(theta.length)
  problem.X.forEach((x, i) => {
    const sign = target.groups[i] === target.high ? 1 : -1
    const slope = variance(problem, output(problem, theta, x)) / sizes[target.groups[i]]
    sum = plus(sum, jacobian(problem, theta, x), sign * slope)
  })
  return sum
}


// The predicted parameters without rows, theta + (1/n) C^-1 sum g_i; ``corrected``: C without the rows' own
// Gauss-Newton part. Null if the curvature is not positive definite.
export function step(problem, theta, rows, {kind = "fisher", corrected = false} = {}) {
  const n = problem.X.length, p = theta.length, matrix = curvature(problem, theta, null, kind)
  if (corrected) {
    for (const i of rows) {
      const f = output(problem, theta, problem.X[i])
      addOuter(matrix, jacobian(problem, theta, problem.X[i]), -variance(problem, f) / n)
    }
  }
  const solved = solver(matrix, p)
  if (!solved) return null
  let sum = new Float64Array(p)
  for (const i of rows) sum = plus(sum, rowGradient(problem, theta, i), 1 / n)
  return plus(theta, solved.solve(sum))
}

// The leverage of each row, J_i' C^-1 J_i A'' / n.
export function leverages(problem, theta) {
  const solved = solver(curvature(problem, theta), theta.length), n = problem.X.length
  return problem.X.map((x) => {
    const J = jacobian(problem, theta, x)
    return dot(J, solved.solve(J)) * variance(problem, output(problem, theta, x)) / n
  })
}

// The effect of each row by one step: ``plugged``: the target at the new parameters, less that before; else the
// first order, gradient times change. Null if the curvature is not positive definite.
export function effects(problem, theta, target, {kind = "fisher", corrected = false, plugged = false} = {}) {
  const n = problem.X.length, solved = solver(curvature(problem, theta, null, kind), theta.length)
  if (!solved) return null
  const held = corrected ? leverages(problem, theta) : null
  const slope = targetGradient(problem, theta, target), before = measure(problem, theta, target)
  const reply = plugged ? null : solved.solve(slope)
  return problem.X.map((_, i) => {
    const g = rowGradient(problem, theta, i), times = 1 / n / (held ? 1 - held[i] : 1)
    if (!plugged) return times * dot(reply, g)
    return measure(problem, plus(theta, solved.solve(g), times), target) - before
  })
}

// How the parameters follow the weight of one row at w = 1: first and second derivative. Not for networks.
export function dial(problem, theta, row) {
  const {X} = problem, n = X.length, solve = solver(curvature(problem, theta), theta.length).solve
  const first = solve(rowGradient(problem, theta, row)).map((one) => -one / n)
  let bend = new Float64Array(theta.length)
  X.forEach((x, i) => {
    const J = jacobian(problem, theta, x), f = output(problem, theta, x), along = dot(J, first)
    const own = i === row ? 2 * variance(problem, f) * along : 0
    bend = plus(bend, J, (skew(problem, f) * along * along + own) / n)
  })
  return {first, second: solve(bend).map((one) => -one)}
}

// First and second derivative of a target (chance or loss) along that curve. Not for networks.
export function dialTarget(problem, theta, row, target) {
  const {first, second} = dial(problem, theta, row), slope = targetGradient(problem, theta, target)
  const f = output(problem, theta, target.x), along = dot(jacobian(problem, theta, target.x), first)
  const bend = target.kind === "loss" ? variance(problem, f) : skew(problem, f)
  return {first: dot(slope, first), second: dot(slope, second) + bend * along * along}
}
