// 1 Guess the row: bet on a point, remove it, and compare it with all others.
import {effects, loss} from "../engine.js"
import {places, solved, truths} from "../case.js"
import {PLANE, boundary, dots, outcome, percent, points, probe, ranking, three} from "../plot.js"

export const guess = {
  picks: "row",
  moves: ["probe", "points"],

  view(state, warm, live) {
    const found = solved(state, warm), {problem, theta} = found, shown = live.revealed
    const line = (at) => boundary(problem, at)
    const row = state.rows[0] ?? 0
    const plane = {
      key: "plane", title: "Training points, and the line where the model is undecided", ...PLANE, bare: true,
      marks: [...three(line, found, shown), ...dots(places(state), {chosen: state.rows}), ...probe(state)],
      alt: `${state.points.length} points of two classes; row ${row} is chosen.`,
    }
    const before = `The model gives ◇ a chance of ${percent(found.before)} to be orange.`
    if (!shown) return {panels: [plane], rows: [{...outcome(state, found), predicted: "", true: ""}], says: [before,
      `You bet on row ${row}.`]}
    const truth = truths(state, warm, found), predicted = effects(problem, theta, found.target, {plugged: true})
    const best = truth.reduce((top, one, i) => (Math.abs(one) > Math.abs(truth[top]) ? i : top), 0)
    const score = Math.round(100 * Math.abs(truth[row]) / Math.abs(truth[best]))
    const far = (i) => Math.hypot(...problem.X[i].map((x, j) => x - state.probe[j]))
    const least = problem.X.reduce((top, _, i) => (far(i) < far(top) ? i : top), 0)
    const losses = problem.X.map((x, i) => loss(problem, theta, x, problem.y[i]))
    const wrong = losses.indexOf(Math.max(...losses))
    const panel = ranking(predicted, truth, {title: "Change of the chance without each row (bar: true, dash: predicted)",
      label: "rows, the most influential first", chosen: state.rows, always: [row, least, wrong]})
    return {
      panels: [plane, panel],
      rows: [outcome(state, found),
        {label: "nearest row to ◇", true: `row ${least}: ${points(truth[least])}`},
        {label: "row with the largest loss", true: `row ${wrong}: ${points(truth[wrong])}`},
        {label: "most influential row", true: `row ${best}: ${points(truth[best])}`}],
      score: `Your bet on row ${row} scores ${score} of 100.`,
      says: [before, `Without row ${row} the chance changes by ${points(truth[row])}; the prediction was ${points(predicted[row])}.`],
    }
  },
}
