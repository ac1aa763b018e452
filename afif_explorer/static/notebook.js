// A figure in a notebook: drawing.js draws it, as on the dashboard. The scripts come once for all figures
// of a kernel, in a model of their own.

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
  return () => {
    model.off("change:message", follow)
    drawing.close()
  }
}

export default {render}
