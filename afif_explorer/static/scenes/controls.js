// The settings of a scene: a slider, or a row of values; and the choice of a row.
import {TARGETS} from "./case.js"
import {button, make, say, show} from "./element.js"

// A control of one setting; ``update(state)`` shows the state's value.
export function makeControl(control, set) {
  const {name, label, help, lowest, highest, step, values} = control
  if (values.length) {
    const options = values.map((text, place) => button(text, () => set(name, lowest + place), {"aria-pressed": "false"}))
    const element = make("div", {class: "control", role: "group", "aria-label": label, title: help},
      make("span", {class: "name"}, label), make("div", {class: "values"}, ...options))
    return {name, element, update(state) {
      show(element, !state.hidden.includes(name))
      const chosen = name === "target" ? TARGETS.indexOf(state.target) : state.settings[name]
      options.forEach((one, place) => one.setAttribute("aria-pressed", String(chosen === lowest + place)))
    }}
  }
  const toPlace = control.logarithmic ? (value) => Math.log10(Math.max(value, control.step)) : (value) => value
  const toValue = control.logarithmic ? (place) => Number((10 ** place).toPrecision(2)) : (place) => place
  const input = make("input", {type: "range", "aria-label": label,
    min: toPlace(lowest), max: toPlace(highest), step: control.logarithmic ? 0.05 : step,
    oninput: () => set(name, Math.min(highest, Math.max(lowest, toValue(Number(input.value)))))})
  const value = make("output", {class: "value"})
  const element = make("label", {class: "control", title: help}, make("span", {class: "name"}, label, " ", value), input)
  return {name, element, update(state) {
    show(element, !state.hidden.includes(name))
    const place = String(toPlace(state.settings[name]))
    if (input.value !== place && document.activeElement !== input) input.value = place
    const text = `${Number(state.settings[name].toPrecision(3))}${control.unit}`
    say(value, text)
    input.setAttribute("aria-valuetext", text)
  }}
}

// The previous and the next row, by button: the keyboard's way to a point. With ``toggle``, whether it is in the set.
export function makeStepper(step, toggle) {
  const text = make("output", {class: "value"})
  const element = make("div", {class: "control stepper", role: "group", "aria-label": "Row"},
    button("‹", () => step(-1), {"aria-label": "Previous row"}), text, button("›", () => step(1), {"aria-label": "Next row"}))
  const member = toggle && button("", toggle, {class: "member"})
  if (member) element.append(member)
  return {element, update(state, row) {
    const there = state.rows.includes(row)
    say(text, `row ${row} ${toggle ? `(${there ? "in" : "not in"} the set of ${state.rows.length})` : `(0 to ${state.points.length - 1})`}`)
    if (member) say(member, there ? "Take out" : "Add")
  }}
}
