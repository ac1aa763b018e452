// The drawings of a scene and the hand on them: pointer, touch and keyboard.
import {make} from "./element.js"
import {makePanel} from "./panel.js"
import {onGrid} from "./case.js"

const ARROWS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1]}
const NUDGE = 0.05

// ``hand.move(name, at)`` moves what is called name ("probe", "row", "point 3", or a scene's own) to a place in
// data; ``hand.pick(row)`` chooses a row; ``hand.place(name)`` says where it is; ``hand.cursor()`` is the row that the
// keyboard would choose, or null. Where a scene chooses sets, ``hand.brush(box, rows)`` chooses those in a box,
// [[x, x], [y, y]], besides ``rows``; ``hand.rows()`` are chosen now.
export function makeStage(scene, hand) {
  const element = make("div", {class: "stage"}), panels = []
  let active = scene.moves.includes("probe") ? "probe" : scene.moves[0], held = false, box = null

  function add(name) {
    const panel = makePanel(name, name === "plane")
    panels.push(panel)
    element.append(panel.element)
    panel.svg.addEventListener("pointerdown", (event) => press(panel, event))
    // A finger on a handle does not scroll the page. Style sheets cannot say so of a part of a drawing.
    panel.svg.addEventListener("touchstart", (event) => { if (held) event.preventDefault() }, {passive: false})
    if (name === "plane") panel.svg.addEventListener("keydown", key)
    return panel
  }

  // What is under a pointer: the row there, and the name of what it would move.
  function under(panel, event) {
    const {grip, row: own} = event.target.dataset ?? {}
    const row = own === undefined ? panel.near(event) : Number(own)
    const point = panel === panels[0] && row !== null && scene.moves.includes("points") ? `point ${row}` : null
    return {row, name: grip ?? point}
  }

  function press(panel, event) {
    const {row, name} = under(panel, event)
    const brushes = name === null && scene.brushed && panel === panels[0]
    held = name !== null || brushes
    if (!event.isPrimary || (row === null && !held)) return
    const from = [event.clientX, event.clientY], corner = panel.at(event), kept = event.shiftKey ? hand.rows() : []
    let moved = false
    panel.svg.setPointerCapture(event.pointerId)
    if (held) {
      event.preventDefault()
      panel.svg.focus({preventScroll: true})
      active = name ?? active
    }
    const drag = (news) => {
      if (!moved && Math.hypot(news.clientX - from[0], news.clientY - from[1]) < 4) return
      moved = true
      const at = panel.at(news)
      if (name !== null) hand.move(name, at.map(onGrid))
      if (!brushes) return
      box = corner.map((one, k) => [one, at[k]].sort((a, b) => a - b))
      hand.brush(box, kept)
    }
    const end = (news) => {
      panel.svg.removeEventListener("pointermove", drag)
      panel.svg.removeEventListener("pointerup", end)
      panel.svg.removeEventListener("pointercancel", end) // the finger scrolls
      if (!moved && row !== null && news.type === "pointerup") hand.pick(row)
      if (box) hand.brush(box, kept)
      box = null
    }
    panel.svg.addEventListener("pointermove", drag)
    panel.svg.addEventListener("pointerup", end)
    panel.svg.addEventListener("pointercancel", end)
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

  // The box of the brush, and where the keyboard is among the points.
  function marked(view) {
    const dot = view.marks.find((mark) => mark.kind === "dot" && mark.row !== undefined && mark.row === hand.cursor())
    const cursor = dot ? [{kind: "dot", x: dot.x, y: dot.y, size: 12, tone: "cursor"}] : []
    const brush = box ? [{kind: "area", x: box[0], y: box[1], tone: "brush"}] : []
    return {...view, marks: [...brush, ...cursor, ...view.marks]}
  }

  // A ring around each point that can be dragged, for fingers.
  function gripped(view) {
    if (view.key === "plane" && scene.brushed) return marked(view)
    if (view.key !== "plane" || !scene.moves.includes("points")) return view
    const points = view.marks.filter((mark) => mark.kind === "dot" && mark.row !== undefined)
    const grips = points.map(({x, y, row}) => ({kind: "grip", x, y, name: `point ${row}`, size: 14}))
    return {...view, marks: [...grips, ...view.marks]}
  }

  return {element, draw(views) {
    for (const view of views.slice(panels.length)) add(view.key)
    while (panels.length > views.length) panels.pop().element.remove()
    const sizes = panels.map((panel) => panel.size()) // of all before the first is drawn: one layout of the page
    views.forEach((view, place) => panels[place].draw(gripped(view), sizes[place]))
  }}
}
