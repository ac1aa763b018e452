// A line at the top of the explorer's widgets: empty, or that their kernel does not answer. The keys of undo and redo are
// theirs once a person has touched them.

function render({model, el}) {
  const line = document.createElement("p")
  line.setAttribute("role", "status")
  el.append(line)
  const scope = () => el.closest(".afif-widget")
  const leave = attend(model, el, scope, (words) => { line.textContent = words })
  let touched = false
  const touch = (event) => { touched = Boolean(scope()?.contains(event.target)) }
  document.addEventListener("pointerdown", touch, true)
  const deaf = onUndo((kind) => model.send({kind}), () => touched)
  return () => {
    leave()
    deaf()
    document.removeEventListener("pointerdown", touch, true)
  }
}

export default {render}
