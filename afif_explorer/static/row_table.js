// One page of the rows as a table in a notebook. Python sorts, pages and selects; out go the heading, the page
// and the row that were clicked, and nothing else. All text is set as text.

function made(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties)
  element.append(...children)
  return element
}

const MARKS = {ascending: " ▲", descending: " ▼", none: ""}

function heading({name, title, number, order}, send) {
  const button = made("button", {type: "button", textContent: `${title}${MARKS[order]}`})
  button.dataset.key = `sort ${name}`
  button.addEventListener("click", () => send({kind: "sort", column: name}))
  const cell = made("th", {scope: "col", className: number ? "n" : ""}, button)
  cell.setAttribute("aria-sort", order)
  return cell
}

function line({id, selected, primary, cells}, columns, send) {
  const box = made("input", {type: "checkbox", checked: selected})
  box.setAttribute("aria-label", `Select row ${id}`)
  box.dataset.key = `row ${id}`
  box.addEventListener("click", (event) => event.stopPropagation())
  box.addEventListener("change", () => send({kind: "row", id, selected: box.checked}))
  const shown = cells.map((text, i) =>
    made("td", {textContent: text, className: columns[i].number ? "n" : ""}))
  const row = made("tr", {className: primary ? "primary" : ""}, made("td", {}, box), ...shown)
  row.setAttribute("aria-selected", String(selected))
  row.addEventListener("click", () => send({kind: "row", id}))
  return row
}

function pager({page, pages, total}, send) {
  const turn = (words, to) => {
    const button = made("button", {type: "button", textContent: words})
    button.disabled = to === page || to < 0 || to >= pages
    button.dataset.key = `page ${words}`
    button.addEventListener("click", () => send({kind: "page", page: to}))
    return button
  }
  const place = made("span", {textContent: `Page ${page + 1} of ${pages}, ${total} rows`})
  return made("nav", {}, turn("First", 0), turn("Previous", page - 1), place,
    turn("Next", page + 1), turn("Last", pages - 1))
}

function table({columns, rows}, label, send) {
  const corner = made("th", {scope: "col", ariaLabel: "Selected"})
  const head = made("tr", {}, corner, ...columns.map((column) => heading(column, send)))
  const body = made("tbody", {}, ...rows.map((row) => line(row, columns, send)))
  const whole = made("table", {className: "plain"}, made("thead", {}, head), body)
  whole.setAttribute("aria-label", label)
  return made("div", {className: "scroll"}, whole)
}

function render({model, el}) {
  const send = (message) => model.send(message)
  const show = () => {
    const content = JSON.parse(model.get("message") || "{}")
    const focused = document.activeElement?.dataset?.key
    const had = el.contains(document.activeElement)
    el.replaceChildren(...(content.rows
      ? [table(content, model.get("label"), send), pager(content, send)]
      : []))
    if (had && focused) el.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus()
  }
  model.on("change:message", show)
  show()
  return () => model.off("change:message", show)
}

export default {render}
