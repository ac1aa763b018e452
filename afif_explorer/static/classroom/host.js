// A page of a class as host of the scenes, and its line to the server.
import scenes, {modules} from "./scenes.js"

const {make, button, say, show} = modules["element.js"]
const trouble = document.getElementById("trouble")

export {make, button, say, show}
export const fresh = modules["frame.js"].fresh

// Whether the bet on a scene is the row that is picked.
export const picks = (scene) => scene.bets.length === 0

export async function post(path, message) {
  try {
    const answer = await fetch(path, {
      method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(message),
    })
    if (!answer.ok) throw new Error((await answer.json()).problem)
    complain("")
  } catch (error) {
    complain(`The class's server did not take this: ${error.message}`)
  }
}

// Links to what else the class has, and its lessons to save.
export function makeLinks(data, ...first) {
  const items = data.lessons.map((name) => make("li", {}, make("a", {href: `/class/lessons/${name}`, download: name}, titled(name))))
  return make("nav", {"aria-label": "This class"}, ...first,
    ...data.links.map(([text, address]) => make("a", {href: address}, text)),
    make("details", {class: "menu"}, make("summary", {}, "Lessons"),
      make("div", {}, make("p", {}, "Notebooks to save and open in JupyterLab:"), make("ul", {}, ...items))))
}

const titled = (name) => name.replace(/\.ipynb$/, "").replaceAll("_", " ")

// Calls ``hear`` with each new state of the class.
export function listen(path, hear) {
  const news = new EventSource(path)
  news.onmessage = (event) => { complain(""); hear(JSON.parse(event.data)) }
  news.onerror = () => complain("The connection to the class is lost; trying again.")
}

function complain(text) {
  say(trouble, text)
  show(trouble, Boolean(text))
}

// A model for the scenes whose traits live on this page; ``saved(position)`` hears of every change by hand.
export function makeHost(data, saved) {
  const heard = {}
  const traits = {catalogue: data.catalogue, styles: data.styles, position: null,
    link: location.hash, address: location.href.split("#")[0],
    dark: matchMedia("(prefers-color-scheme: dark)").matches}
  const tell = (name) => { for (const act of heard[`change:${name}`] ?? []) act() }
  const put = (name, value) => { traits[name] = value; tell(name) }
  const model = {
    get: (name) => traits[name],
    set(name, value) { traits[name] = value },
    save_changes() { if (traits.position) saved(traits.position) },
    on(event, act) { (heard[event] ??= []).push(act) },
    off(event, act) { heard[event] = (heard[event] ?? []).filter((one) => one !== act) },
  }
  const shade = (dark) => { document.body.dataset.dark = String(dark); put("dark", dark) }
  shade(traits.dark)
  return {
    render: (el) => scenes.render({model, el}),
    position: () => traits.position,
    show: (position) => put("position", position),
    theme: button("Dark or light", () => shade(!traits.dark)),
  }
}
