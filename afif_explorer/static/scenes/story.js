// The text beside the drawing, in four steps: predict, move, what happened, one question.
import {button, make, say, show} from "./element.js"
import {makeControl, makeStepper} from "./controls.js"

const COLUMNS = ["before", "predicted", "true"]

// ``sets``: whether the scene chooses sets of rows.
export function makeStory(scene, act, sets) {
  const bets = scene.bets.map((text, place) => button(text, () => act.bet(place), {"aria-pressed": "false"}))
  const reveal = button("", act.reveal, {class: "main"})
  const controls = scene.controls.map((one) => makeControl(one, act.set))
  const stepper = makeStepper(act.step, sets && act.pick)
  const body = make("tbody"), table = make("table", {}, make("thead", {}, make("tr", {}, make("th", {scope: "col"}, "value"),
    ...COLUMNS.map((name) => make("th", {scope: "col", class: name}, name)))), body)
  const score = make("p", {class: "score"}), note = make("p", {class: "warning", role: "status"})
  const spoken = make("p", {class: "spoken", "aria-live": "polite"})
  const answers = scene.question.answers.map((one, place) => button(one.text, () => act.answer(place), {"aria-pressed": "false"}))
  const mark = make("p", {class: "mark", role: "status"})
  const explanation = make("p", {class: "explanation"}, scene.explanation)
  const section = (title, ...content) => make("section", {}, make("h3", {}, title), ...content)
  const bet = make("div", {}, make("p", {}, scene.ask), make("div", {class: "answers"}, ...bets))
  const predict = section("Predict", bet, reveal)
  const happened = section("What happened", score, explanation, note)
  const question = section("One question", make("p", {}, scene.question.text), make("div", {class: "answers"}, ...answers), mark)
  const moving = section("Move", make("p", {}, scene.moves), stepper.element, ...controls.map((one) => one.element))
  const element = make("div", {class: "story"}, predict, moving, table, happened, question)

  return {element, spoken, update(state, live, view, chooses, row) {
    bets.forEach((one, place) => one.setAttribute("aria-pressed", String(live.bet === place)))
    show(bet, !state.hidden.includes("bet")) // it is about the scene's own points
    say(reveal, scene.bets.length && !state.hidden.includes("bet") ? "Reveal" : "Remove it and see")
    show(reveal, !live.revealed)
    show(stepper.element, chooses && !state.hidden.includes("row"))
    stepper.update(state, row)
    controls.forEach((one) => one.update(state))
    show(happened, live.revealed)
    show(question, live.revealed)
    say(score, view.score ?? scored(scene, live))
    say(note, view.note ?? "")
    show(note, Boolean(view.note))
    fill(body, view.rows)
    answers.forEach((one, place) => one.setAttribute("aria-pressed", String(live.answer === place)))
    const chosen = scene.question.answers[live.answer]
    say(mark, chosen ? `${chosen.right ? "Right. " : "Not quite. "}${chosen.says}` : "")
    mark.dataset.right = chosen ? String(chosen.right) : ""
    say(spoken, view.says.filter(Boolean).join(" "))
  }}
}

function scored(scene, live) {
  if (live.bet === null || !scene.bets.length) return ""
  return live.bet === scene.right ? "Your bet was right." : `You bet: “${scene.bets[live.bet]}”. It turned out otherwise.`
}

function fill(body, rows) {
  while (body.children.length > rows.length) body.lastChild.remove()
  rows.forEach((row, place) => {
    let line = body.children[place]
    if (!line) {
      line = make("tr", {}, make("th", {scope: "row"}), ...COLUMNS.map((name) => make("td", {class: name})))
      body.append(line)
    }
    say(line.children[0], row.label)
    COLUMNS.forEach((name, k) => say(line.children[k + 1], row[name] ?? ""))
  })
}
