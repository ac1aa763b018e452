// Connects the scenes to the dashboard's model. What a reader does stays in the page.

export function render({model}) {
  const el = document.createElement("div"), heard = {}
  const address = location.href.split("#")[0], link = model.link || location.hash
  const traits = {catalogue: model.catalogue, styles: model.styles_text, position: null, address, link}
  const tell = (event) => { for (const act of heard[event] ?? []) act() }
  const host = {
    get: (name) => (name === "dark" ? model.dark : traits[name]),
    set(name, value) { traits[name] = value },
    save_changes() {},
    on(event, act) { (heard[event] ??= []).push(act) },
    off(event, act) { heard[event] = (heard[event] ?? []).filter((one) => one !== act) },
  }
  model.on("dark", () => tell("change:dark"))
  model.on("link", () => {
    traits.link = model.link
    tell("change:link")
  })
  const close = modules["index.js"].render({model: host, el})
  model.on("remove", close)
  return el
}
