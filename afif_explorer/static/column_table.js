// The columns of somebody's own table: what was understood of each, with its role, its kind and the remedies
// of what was noticed as choices. The same in a notebook and on the dashboard. Python sends the content as
// JSON and gets one choice at a time; all text is set as text.

function made(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties)
  element.append(...children)
  return element
}

function select(column, what, label, options, choose) {
  const field = made("select", {}, ...options.map(([value, text]) =>
    made("option", {value, textContent: text, selected: value === column[what]})))
  field.setAttribute("aria-label", `${label} of ${column.name}`)
  field.dataset.key = `${what} ${column.place}`
  field.addEventListener("change", () =>
    choose({kind: what, column: column.place, value: field.value}))
  return field
}

function remedyButton(text, kind, {column, problem}, choose, main = false) {
  const button = made("button", {type: "button", textContent: text, className: main ? "main" : ""})
  button.setAttribute("aria-label", `${text}: ${problem.text}`)
  button.dataset.key = `${kind} ${column.place} ${problem.code}`
  button.addEventListener("click", () =>
    choose({kind, column: column.place, value: problem.code}))
  return button
}

// An open question has two answers; a decision can be taken back.
function answers(about, words, choose) {
  const {remedy, state} = about.problem
  if (!remedy) return []
  if (state === "open") {
    return [remedyButton(remedy, "apply", about, choose, true),
      remedyButton(words.keep, "decline", about, choose)]
  }
  const done = state === "applied"
  return [made("span", {className: "state", textContent: `${done ? words.done : words.not_done}: ${remedy}`}),
    remedyButton(done ? words.undo : words.apply, done ? "decline" : "apply", about, choose)]
}

function noticed(column, words, choose) {
  return column.problems.map((problem) =>
    made("div", {className: `problem ${problem.remedy ? problem.state : "told"}`},
      made("span", {textContent: problem.text}),
      ...answers({column, problem}, words, choose)))
}

function line(column, {roles, kinds, words}, choose) {
  const cells = [
    made("td", {}, select(column, "role", words.role, roles, choose)),
    made("td", {}, select(column, "column_kind", words.kind, kinds, choose)),
    made("td", {className: "n", textContent: column.missing}),
    made("td", {className: "n", textContent: column.distinct}),
    made("td", {className: "cells", textContent: column.values}),
    made("td", {className: "cells", textContent: column.examples.join(", ")}),
    made("td", {className: "noticed"}, ...noticed(column, words, choose)),
  ]
  const name = made("th", {scope: "row", textContent: column.name})
  return made("tr", {className: column.role === "ignore" || column.role === "id" ? "out" : ""}, name, ...cells)
}

function tableOf(columns, content, choose) {
  const heads = content.words.heads.map((textContent) => made("th", {scope: "col", textContent}))
  const rows = columns.map((column) => line(column, content, choose))
  return made("table", {className: "plain"},
    made("thead", {}, made("tr", {}, ...heads)), made("tbody", {}, ...rows))
}

function isOpen(column) {
  return column.problems.some(({remedy, state}) => remedy && state === "open")
}

const MOST = 300 // columns that are drawn at once; a search finds the others

function view(choose) {
  const find = made("input", {type: "search"})
  const only = made("input", {type: "checkbox"})
  const onlyLabel = made("span", {})
  const told = made("span", {className: "told"})
  told.setAttribute("role", "status")
  const bar = made("div", {className: "bar"}, find, made("label", {}, only, onlyLabel), told)
  const scroll = made("div", {className: "scroll", tabIndex: 0})
  const element = made("div", {className: "afif-columns"}, bar, scroll)
  let content = {}

  const draw = () => {
    const {columns = [], words} = content
    const sought = find.value.trim().toLowerCase()
    const open = columns.filter(isOpen)
    const found = (only.checked ? open : columns).filter(({name}) => name.toLowerCase().includes(sought))
    const shown = found.slice(0, MOST)
    const root = element.getRootNode()
    const key = scroll.contains(root.activeElement) ? root.activeElement.dataset.key : undefined
    scroll.replaceChildren(tableOf(shown, content, choose))
    if (key) {
      const [kind, place] = key.split(" ")
      const same = scroll.querySelector(`[data-key="${CSS.escape(key)}"]`)
      const near = scroll.querySelector(`[data-key="role ${CSS.escape(place)}"]`)
      ;(same ?? (kind && near))?.focus()
    }
    onlyLabel.textContent = `${words.only} (${open.length})`
    told.textContent = shown.length < columns.length ? `${shown.length} / ${columns.length}` : ""
  }

  find.addEventListener("input", draw)
  only.addEventListener("change", draw)
  const show = (message) => {
    content = JSON.parse(message || "{}")
    element.hidden = !content.columns
    if (element.hidden) return
    find.placeholder = content.words.find
    find.setAttribute("aria-label", content.words.find)
    scroll.setAttribute("aria-label", content.words.label)
    bar.hidden = content.columns.length < 2
    if (content.focus !== undefined) {
      find.value = ""
      only.checked = false
    }
    draw()
    const sought = scroll.querySelector(`[data-key="role ${content.focus}"]`)
    if (sought) window.setTimeout(() => {
      sought.scrollIntoView({block: "center"})
      sought.focus()
    }, 400) // once the dialog has opened
  }
  return {element, show}
}
