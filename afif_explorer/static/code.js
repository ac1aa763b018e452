// Python code in a notebook, and a button that copies it. Where the browser denies access to the clipboard, the
// code is selected instead. All text is set as text.

const SELECTED = "The browser denied access to the clipboard; the code is selected, copy it with the keyboard."

async function copy(shown) {
  try {
    await navigator.clipboard.writeText(shown.textContent)
    return "Copied."
  } catch {
    getSelection().selectAllChildren(shown)
    return SELECTED
  }
}

function render({model, el}) {
  const shown = Object.assign(document.createElement("pre"), {className: "code", tabIndex: 0})
  const button = Object.assign(document.createElement("button"), {
    type: "button", textContent: "Copy", className: "jupyter-button widget-button mod-primary",
  })
  const told = Object.assign(document.createElement("span"), {className: "hint"})
  told.setAttribute("role", "status")
  button.addEventListener("click", async () => { told.textContent = await copy(shown) })
  const follow = () => {
    shown.textContent = model.get("code")
    told.textContent = ""
    el.hidden = !model.get("code")
  }
  el.append(shown, button, told)
  model.on("change:code", follow)
  follow()
  return () => model.off("change:code", follow)
}

export default {render}
