// A figure in a notebook, drawn by drawing.js as on the dashboard. Only get, set, save_changes, on, off and send of the
// model are used, which all hosts of such widgets have. The kernel sends the library once for all figures of a page, and
// each figure, when they are asked for. answering.js comes before.

function library() {
  if (!globalThis.afifLibrary) {
    const waiting = {asked: false}
    waiting.styles = new Promise((resolve, reject) => Object.assign(waiting, {resolve, reject}))
    globalThis.afifLibrary = waiting
  }
  return globalThis.afifLibrary
}

async function begin(waiting, [scripts, styles]) {
  if (waiting.begun) return
  waiting.begun = true
  const url = URL.createObjectURL(new Blob([scripts], {type: "text/javascript"}))
  await import(url).then(() => waiting.resolve(new TextDecoder().decode(styles)), waiting.reject)
  URL.revokeObjectURL(url)
}

// JupyterLab says whether its theme is light; elsewhere light text indicates a dark page.
function onDark(el) {
  const said = document.body.dataset.jpThemeLight
  if (said) return said === "false"
  const [red, green, blue] = getComputedStyle(el).color.match(/[\d.]+/g).map(Number)
  return 0.299 * red + 0.587 * green + 0.114 * blue > 140
}

function followTheme(model, el) {
  const tell = () => {
    model.set("dark_page", onDark(el))
    model.save_changes()
  }
  const observer = new MutationObserver(tell)
  const attributeFilter = ["data-jp-theme-light", "class"]
  observer.observe(document.body, {attributes: true, attributeFilter})
  tell()
  return observer
}

function render({model, el}) {
  const waiting = library()
  const said = document.createElement("p")
  said.setAttribute("role", "status")
  const shadow = el.attachShadow({mode: "open"})
  const room = document.createElement("div") // until the figure is there
  room.style.height = `${model.get("height")}px`
  shadow.append(said, room)
  const texts = {} // the newest of each kind
  let drawing = null
  let closed = false

  const show = (kind) => {
    if (!drawing || !texts[kind]) return
    if (kind === "figure") drawing.describe("ready", "")
    drawing.receive(texts[kind])
  }
  const take = (message, buffers) => {
    if (message?.kind === "library") begin(waiting, buffers)
    else if (message?.text) {
      texts[message.kind] = message.text
      show(message.kind)
    }
  }
  const ask = () => {
    waiting.asked = true
    model.send({kind: "library"})
  }
  const say = (words) => {
    said.textContent = words
    if (words && !waiting.begun) ask() // whoever asked first may be gone
  }
  model.on("msg:custom", take)
  if (!waiting.asked) ask()
  model.send({kind: "ready"})
  const alone = () => (el.classList.contains("afif-widget") ? el : null)
  const leave = attend(model, el, alone, say)
  waiting.styles.then((css) => {
    if (closed) return
    drawing = globalThis.afif.makeDrawing({
      name: model.get("figure_name"), title: model.get("title"), height: model.get("height"), url: "",
    })
    const styles = document.createElement("style")
    styles.textContent = css
    shadow.replaceChildren(styles, said, drawing.element)
    drawing.connect((told) => model.send(told))
    show("figure")
    show("sums")
  }, (error) => { said.textContent = `The drawing library did not start: ${error.message}` })
  const theme = followTheme(model, el)
  return () => {
    closed = true
    leave()
    theme.disconnect()
    model.off("msg:custom", take)
    drawing?.close()
  }
}

export default {render}
