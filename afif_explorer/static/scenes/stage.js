// The drawings of a scene and the hand on them: pointer, touch and keyboard.
import {make} from "./element.js"
import {makePanel} from "./panel.js"
import {onGrid} from "./case.js"

const ARROWS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1]}
const NUDGE = 0.05

// ``hand.move(name, at)`` moves what is called name ("probe", "row", "point 3", or a scene's own) to a place in
// data; ``hand.pick(row)`` chooses a row; ``hand.place(name)`` says where it is.
export function makeStage(scene, hand) {
  const element = make("div", {class: "stage"}), panels = []
  let active = scene.moves.includes("probe") ? "probe" : scene.moves[0]

  function add(name) {
    const panel = makePanel(name, name === "plane")
    panels.push(panel)
    element.append(panel.element)
    panel.svg.addEventListener("pointerdown", (event) => press(panel, event))
    if (name === "plane") panel.svg.addEventListener("keydown", key)
    return panel
  }

  function press(panel, event) {
    const grip = event.target.dataset?.grip, row = panel.near(event)
    const named = event.target.dataset?.row ?? row
    const name = grip ?? (panel === panels[0] && row !== null && scene.moves.includes("points") ? `point ${row}` : null)
    const from = [event.clientX, event.clientY]
    let moved = false
    if (!grip && named !== null && named !== undefined && !scene.moves.includes("points")) return hand.pick(Number(named))
    if (!name) return undefined
    event.preventDefault()
    panel.svg.focus({preventScroll: true})
    active = name
    panel.svg.setPointerCapture(event.pointerId)
    const drag = (news) => {
      if (!moved && Math.hypot(news.clientX - from[0], news.clientY - from[1]) < 4) return
      moved = true
      hand.move(name, panel.at(news).map(onGrid))
    }
    const end = () => {
      panel.svg.removeEventListener("pointermove", drag)
      panel.svg.removeEventListener("pointerup", end)
      panel.svg.removeEventListener("pointercancel", end)
      if (!moved && row !== null) hand.pick(row)
    }
    panel.svg.addEventListener("pointermove", drag)
    panel.svg.addEventListener("pointerup", end)
    panel.svg.addEventListener("pointercancel", end)
    return undefined
  }

  function key(event) {
    if (event.key === "." || event.key === ",") hand.step(event.key === "." ? 1 : -1)
    else if (event.key === "Enter" || event.key === " ") hand.pick(null)
    else if (event.key === "m" && scene.moves.includes("points")) active = active === "probe" ? "row" : "probe"
    else if (ARROWS[event.key] && active) {
      const at = hand.place(active), by = NUDGE * (event.shiftKey ? 5 : 1) * (scene.wide ? 4 : 1)
      hand.move(active, at.map((value, k) => onGrid(value + by * ARROWS[event.key][k])))
    } else return
    event.preventDefault()
  }

  // A ring around each point that can be dragged, for fingers.
  function gripped(view) {
    if (view.key !== "plane" || !scene.moves.includes("points")) return view
    const points = view.marks.filter((mark) => mark.kind === "dot" && mark.row !== undefined)
    const grips = points.map(({x, y, row}) => ({kind: "grip", x, y, name: `point ${row}`, size: 14}))
    return {...view, marks: [...grips, ...view.marks]}
  }

  return {element, draw(views) {
    views.forEach((view, place) => (panels[place] ?? add(view.key)).draw(gripped(view)))
    while (panels.length > views.length) panels.pop().element.remove()
  }}
}
