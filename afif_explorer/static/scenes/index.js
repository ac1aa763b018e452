// The scenes in any host that has get, set, on, off and save_changes. Its traits: ``catalogue``, the declared
// scenes; ``position``, {state, live}, null at first; ``link``, a hash to begin with, if any; ``address``, what a
// link begins with; ``styles``; ``dark``, or null: as the page is.
import {make} from "./element.js"
import {fresh, makeFrame} from "./frame.js"
import {fromHash} from "./link.js"
import {SCRIPTS} from "./scripts.js"

const SAVED_AFTER = 150 // ms without a change, so that a drag is saved once

function onDark(el) {
  const said = document.body.dataset.jpThemeLight
  if (said) return said === "false"
  const [red, green, blue] = getComputedStyle(el).color.match(/[\d.]+/g).map(Number)
  return 0.299 * red + 0.587 * green + 0.114 * blue > 140
}

// The state of a link; null if there is none, or none that can be read.
function linked(link, scenes) {
  try {
    return link ? fromHash(link, scenes) : null
  } catch {
    return null
  }
}

export function render({model, el}) {
  const catalogue = model.get("catalogue"), scenes = catalogue.filter((one) => SCRIPTS[one.key])
  const sheet = make("style"), root = make("div", {class: "scenes"})
  sheet.textContent = model.get("styles")
  el.attachShadow({mode: "open"}).append(sheet, root)
  let frame = null, shown = null, saving = 0

  const first = () => ({state: linked(model.get("link"), scenes) ?? structuredClone(scenes[0].state), live: fresh()})
  const store = {
    get: () => model.get("position") ?? first(),
    put(position) {
      model.set("position", position)
      clearTimeout(saving)
      saving = setTimeout(() => model.save_changes(), SAVED_AFTER)
    },
    address: (hash) => (model.get("address") ?? "") + hash,
  }
  const open = (scene) => { store.put({state: structuredClone(scene.state), live: fresh()}); follow() }
  const tabs = scenes.map((scene) => make("button", {type: "button", onclick: () => open(scene)},
    make("span", {class: "order"}, String(scene.order)), scene.title))
  const nav = make("nav", {"aria-label": "Scenes"}, ...tabs), place = make("div")
  nav.hidden = scenes.length < 2
  root.append(nav, place)

  function follow() {
    const {state} = store.get(), scene = scenes.find((one) => one.key === state.scene) ?? scenes[0]
    if (shown !== scene) {
      frame?.close()
      frame = makeFrame(scene, SCRIPTS[scene.key], store)
      place.replaceChildren(frame.element)
      shown = scene
      tabs.forEach((one, k) => one.setAttribute("aria-current", scenes[k] === scene ? "page" : "false"))
      nav.scrollLeft = tabs[scenes.indexOf(scene)].offsetLeft - nav.offsetLeft - 20
    }
    nav.hidden = scenes.length < 2 || state.hidden.includes("scenes")
    frame.draw()
  }

  const paint = () => { root.dataset.dark = String(model.get("dark") ?? onDark(el)) }
  const observer = new MutationObserver(paint)
  observer.observe(document.body, {attributes: true, attributeFilter: ["data-jp-theme-light", "class", "style"]})
  const begin = () => { store.put(first()); follow() }
  model.on("change:link", begin)
  model.on("change:position", follow)
  model.on("change:dark", paint)
  paint()
  follow()
  return () => {
    observer.disconnect()
    clearTimeout(saving)
    model.off("change:link", begin)
    model.off("change:position", follow)
    model.off("change:dark", paint)
    frame.close()
  }
}
