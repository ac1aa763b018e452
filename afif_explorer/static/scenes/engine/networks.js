// Where a network's training starts.
import {size} from "./models.js"
import {random} from "./lissa.js"

// Initial parameters: weights uniform within +- sqrt(3 / inputs), intercepts 0.
export function initial(problem, seed) {
  const d = problem.X[0].length, {hidden} = problem, theta = new Float64Array(size(problem)), chance = random(seed)
  const draw = (from, count, inputs) => {
    for (let j = from; j < from + count; j++) theta[j] = (2 * chance() - 1) * Math.sqrt(3 / inputs)
  }
  draw(0, hidden * d, d)
  draw(hidden * (d + 1), hidden, hidden)
  return theta
}
