// The notes on how a data set was made: a list in groups, each note with its reason, and a button that opens the
// column it is about. The same in a notebook and on the dashboard. All text is set as text.

function made(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties)
  element.append(...children)
  return element
}

function item({text, why, column}, words, change) {
  const reason = made("details", {className: "why"}, made("summary", {textContent: words.why}), why)
  const parts = [made("span", {textContent: text}), reason]
  if (column) {
    const button = made("button", {type: "button", textContent: words.change})
    button.setAttribute("aria-label", `${words.change}: ${column}`)
    button.addEventListener("click", () => change(column))
    parts.push(button)
  }
  return made("li", {}, ...parts)
}

function draw(element, message, change) {
  const content = JSON.parse(message || "{}")
  element.hidden = !content.groups
  if (element.hidden) return element.replaceChildren()
  const lists = content.groups.flatMap(([heading, notes]) => [
    made("h3", {textContent: heading}),
    made("ul", {}, ...notes.map((note) => item(note, content.words, change))),
  ])
  const body = made("div", {className: "body", tabIndex: 0}, ...lists)
  body.setAttribute("role", "group")
  body.setAttribute("aria-label", content.title)
  element.replaceChildren(made("details", {className: "afif-notes", open: content.open},
    made("summary", {textContent: content.title}), body))
}

function view(send) {
  const element = made("div", {className: "afif-noted"})
  return {element, show: (message) => draw(element, message, (column) => send({column}))}
}
