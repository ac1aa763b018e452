// A figure in a notebook, drawn by drawing.js as on the dashboard. The scripts are sent once for all
// figures of a kernel, in a separate model.

async function begin(model) {
  const name = model.get("library").slice("IPY_MODEL_".length)
  const library = await model.widget_manager.get_model(name)
  const url = URL.createObjectURL(new Blob([library.get("scripts")], {type: "text/javascript"}))
  await import(url)
  URL.revokeObjectURL(url)
  return library.get("styles")
}

function begun(model) {
  globalThis.afifBegun ??= begin(model).catch((error) => {
    globalThis.afifBegun = undefined
    throw error
  })
  return globalThis.afifBegun
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

async function render({model, el}) {
  const styles = document.createElement("style")
  styles.textContent = await begun(model)
  const drawing = globalThis.afif.makeDrawing({
    name: model.get("figure_name"), title: model.get("title"), height: model.get("height"), url: "",
  })
  el.attachShadow({mode: "open"}).append(styles, drawing.element)
  const follow = () => {
    const message = model.get("message")
    if (!message) return
    drawing.describe("ready", "")
    drawing.receive(message)
  }
  drawing.connect((told) => model.send(told))
  model.on("change:message", follow)
  follow()
  const theme = followTheme(model, el)
  return () => {
    theme.disconnect()
    model.off("change:message", follow)
    drawing.close()
  }
}

export default {render}
