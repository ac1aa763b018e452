// A button for one file, chosen or dropped on it, which is sent to the server with its progress in sight.

function made(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties)
  element.append(...children)
  return element
}

// Send `file`; `says(text, share)` while it is under way. Returns a function that stops it.
function sent(file, model, says) {
  const request = new XMLHttpRequest()
  const ended = (text, problem) => {
    says(text)
    if (problem) model.send_msg(problem)
  }
  request.upload.addEventListener("progress", ({loaded, total}) => says(file.name, total ? loaded / total : 1))
  request.addEventListener("load", () => {
    const {status} = request
    if (status < 300) return ended(file.name)
    ended("", status === 404 ? model.words.forgotten : model.words.refused.replace("{}", status))
  })
  request.addEventListener("error", () => ended("", model.words.lost))
  request.addEventListener("abort", () => ended(""))
  request.open("POST", `${model.address}?${new URLSearchParams({name: file.name})}`)
  request.send(file)
  return () => request.abort()
}

export function render({model}) {
  const input = made("input", {type: "file"})
  const button = made("label", {className: model.plain ? "bare" : ""}, model.label, input)
  const told = made("span", {className: "told", role: "status"})
  const bar = made("progress", {max: 1, hidden: true})
  bar.setAttribute("aria-label", "Sent")
  const cancel = made("button", {type: "button", textContent: model.words.cancel, hidden: true})
  let stop = () => {}

  const says = (text, share) => {
    told.textContent = text
    bar.hidden = cancel.hidden = share === undefined
    bar.value = share ?? 0
  }
  const take = ([file]) => {
    if (!file) return
    stop()
    if (file.size > model.most) {
      says("")
      return model.send_msg(model.words.too_large)
    }
    stop = sent(file, model, says)
  }
  input.addEventListener("change", () => {
    take(input.files)
    input.value = ""  // so that the same file can be chosen again
  })
  cancel.addEventListener("click", () => {
    stop()
    model.send_msg(model.words.stopped)
  })
  for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
    button.addEventListener(name, (event) => {
      event.preventDefault()
      event.stopPropagation()
      button.classList.toggle("over", name === "dragenter" || name === "dragover")
      if (name === "drop") take(event.dataTransfer.files)
    })
  }
  return made("div", {className: "file"}, button, made("div", {className: "way"}, told, bar, cancel))
}
