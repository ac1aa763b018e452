// One scene on a page: drawing and story, from a state that the host holds.
import {button, make, say, show} from "./element.js"
import {makeStage} from "./stage.js"
import {makeStory} from "./story.js"
import {TARGETS, onGrid} from "./case.js"
import {toHash} from "./link.js"
import {toPython} from "./python.js"

const PROGRESS = 300 // ms between drawings while a long work goes on

export const fresh = () => ({bet: null, revealed: false, answer: null})

// ``store`` has the state: get() -> {state, live} and put({state, live}); ``scene`` is a declaration, ``script``
// what it computes, draws and moves. What takes longer than a frame is its ``work(state, warm)``, where it has one: a
// slice of a few milliseconds, which says whether all is {done} and whether there is {news} to draw. Its view does a
// slice too, and asks to be drawn ``again`` until all is done.
export function makeFrame(scene, script, store) {
  const sets = script.picks === "rows"
  let now = null, frame = 0, playing = 0, working = 0, warm = {}, cursor = null
  const element = make("article", {class: "scene", "data-scene": scene.key})

  function change(alter) {
    const {state, live} = structuredClone(store.get())
    alter(state, live)
    store.put({state, live})
    draw()
  }

  function draw() {
    now = store.get()
    if (!frame) frame = requestAnimationFrame(paint)
  }

  function paint() {
    frame = 0
    const {state, live} = now
    const view = script.view(state, warm, live)
    stage.draw(view.panels)
    story.update(state, live, view, Boolean(script.picks), at(state))
    element.dataset.revealed = String(live.revealed)
    show(play, Boolean(script.plays) && live.revealed)
    if (!code.hidden) say(text, toPython(state, view.python))
    if (script.work) goOn(view.again)
    else if (view.again) draw()
    element.dataset.painted = String(Number(element.dataset.painted ?? 0) + 1)
  }

  // The rest of the work, in slices between which the page answers; drawn where there is news, and now and then.
  function goOn(unfinished, since = performance.now()) {
    clearTimeout(working)
    if (!unfinished) return
    working = setTimeout(() => {
      const {news} = script.work(store.get().state, warm)
      if (news || performance.now() - since > PROGRESS) draw()
      else goOn(true, since)
    })
  }

  // The row that the keyboard would choose: where sets are chosen, it moves without choosing.
  const at = (state) => Math.min(cursor ?? state.rows[0] ?? 0, state.points.length - 1)

  function pick(row) {
    change((state) => {
      const chosen = row ?? at(state)
      if (sets) cursor = chosen
      if (script.pick) script.pick(state, chosen)
      else state.rows = [chosen]
    })
  }

  function step(by) {
    change((state) => {
      const count = state.points.length, next = (at(state) + by + count) % count
      if (sets) cursor = next
      else state.rows = [next]
    })
  }

  function brush(box, kept) {
    change((state) => {
      const inside = state.points.flatMap((point, row) =>
        (box.every(([low, high], k) => low <= point[k] && point[k] <= high) ? [row] : []))
      const rows = [...new Set([...kept, ...inside])]
      if (rows.length && rows.length < state.points.length) state.rows = rows // one at least stays
    })
  }

  function move(name, at) {
    change((state) => {
      if (name === "probe") state.probe = at
      else if (name === "row" || name.startsWith("point ")) {
        const row = name === "row" ? state.rows[0] ?? 0 : Number(name.slice(6))
        const [apart] = script.shift ? script.shift(state, row) : [0]
        state.points[row] = [onGrid(at[0] - apart), at[1], ...state.points[row].slice(2)]
      } else script.move(state, name, at)
    })
  }

  function place(name) {
    const {state} = store.get()
    if (name === "probe") return state.probe
    if (name === "row") return state.points[state.rows[0] ?? 0]
    if (name.startsWith("point ")) return state.points[Number(name.slice(6))]
    return script.place(state, name)
  }

  const act = {
    bet: (place_) => change((state, live) => { live.bet = place_ }),
    reveal: () => change((state, live) => { live.revealed = true }),
    answer: (place_) => change((state, live) => { live.answer = place_ }),
    step,
    pick: () => pick(null),
    set: (name, value) => change((state) => {
      if (name === "target") return void (state.target = TARGETS[value])
      state.settings[name] = onGrid(value)
      const points = scene.presets[state.settings.set]
      if (name === "set" && points) Object.assign(state, {points: structuredClone(points), rows: [0]})
    }),
  }

  const control = (name) => scene.controls.find((one) => one.name === name)
  function toggle() {
    if (playing) { clearInterval(playing); playing = 0 }
    else {
      const {name, highest, lowest, step: by} = control(script.plays)
      if (store.get().state.settings[name] >= highest) act.set(name, lowest)
      playing = setInterval(() => {
        const value = store.get().state.settings[name]
        if (value >= highest) toggle()
        else act.set(name, Math.min(highest, value + by))
      }, 80)
    }
    say(play, playing ? "Pause" : "Play the steps")
  }

  const play = button("Play the steps", toggle)
  const text = make("code"), code = make("pre", {hidden: true, tabindex: "0", "aria-label": "Python code"}, text)
  const told = make("span", {class: "told", role: "status"})
  const copy = (what, done) => navigator.clipboard?.writeText(what).then(() => say(told, done), () => say(told, what))
  const tools = make("footer", {},
    button("Start again", () => { warm = {}; cursor = null; store.put({state: structuredClone(scene.state), live: fresh()}); draw() }),
    button("Copy the link", () => copy(store.address(toHash(store.get().state)), "The link is in the clipboard.")),
    button("Open in Python", () => { show(code, code.hidden); draw() }),
    play, told)
  const hand = {move, pick, step, place, brush, cursor: () => cursor, rows: () => store.get().state.rows}
  const stage = makeStage({...scene, moves: script.moves, wide: scene.state.model === "linear", brushed: sets}, hand)
  const story = makeStory(scene, act, sets)
  element.append(
    make("header", {}, make("h2", {}, make("span", {class: "order"}, String(scene.order)), scene.title),
      make("p", {class: "lead"}, scene.lead), make("p", {class: "belief"}, scene.belief)),
    make("div", {class: "body"}, make("div", {class: "left"}, stage.element, story.spoken), story.element), tools, code)
  const watch = new ResizeObserver(draw)
  watch.observe(stage.element)
  return {element, draw, close() { watch.disconnect(); clearInterval(playing); clearTimeout(working); cancelAnimationFrame(frame) }}
}
