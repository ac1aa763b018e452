// A figure as text and as a table, for people who do not see it: what its series are, and their first points.
"use strict"

globalThis.afifTable = (() => {
const MOST = 100 // points in the table
const PLAIN = 4 // significant digits

const make = (tag, text = "") => Object.assign(document.createElement(tag), {textContent: text})
const plain = (text) => String(text ?? "").replace(/<br\s*\/?>/g, " ").replace(/<[^>]*>/g, "").trim()
const shown = (value) => typeof value === "number" ? String(Number(value.toPrecision(PLAIN))).replace("-", "−") : plain(value)
const given = (value) => value !== null && value !== undefined && !Number.isNaN(value)

const KINDS = {
  f8: Float64Array, f4: Float32Array, i4: Int32Array, u4: Uint32Array, i2: Int16Array, u2: Uint16Array,
  i1: Int8Array, u1: Uint8Array,
}

// The values of a field of a trace: a list, or numbers in base64 with their kind and shape.
function listed(field) {
  if (!field?.bdata) return Array.from(field ?? [])
  const bytes = Uint8Array.from(atob(field.bdata), (one) => one.charCodeAt(0))
  const flat = Array.from(new KINDS[field.dtype](bytes.buffer))
  const width = Number(String(field.shape ?? "").split(",")[1])
  return width ? Array.from({length: flat.length / width}, (_, i) => flat.slice(i * width, (i + 1) * width)) : flat
}

// The axis of a trace, e.g. "y2" -> layout.yaxis2.
const axisOf = (layout, letter, name) => layout?.[`${letter}axis${(name ?? letter).slice(1)}`] ?? {}

// A position on an axis in words: that of its tick, where the ticks have texts of their own.
function named(axis, value) {
  const at = axis.ticktext ? Array.from(axis.tickvals ?? []).indexOf(value) : -1
  return at < 0 ? shown(value) : plain(axis.ticktext[at])
}

// The points of a trace as {x, y, value, row}, where the value is shown by colour; ``most``: how many of them at most.
function points(trace, most) {
  const [x, y, found] = [listed(trace.x), listed(trace.y), []]
  if (trace.z) {
    for (const [i, line] of listed(trace.z).entries()) {
      for (const [j, z] of Array.from(line).entries()) {
        if (found.length >= most) return found
        if (given(z)) found.push({x: x[j] ?? j, y: y[i] ?? i, value: z})
      }
    }
    return found
  }
  const shade = trace.marker?.color
  const [colours, rows] = [typeof shade === "object" ? listed(shade) : [], listed(trace.customdata)]
  for (let i = 0; i < Math.max(x.length, y.length) && found.length < most; i += 1) {
    if (!given(x[i]) && !given(y[i])) continue
    const value = typeof colours[i] === "number" ? colours[i] : undefined
    found.push({x: x[i], y: y[i], value, row: rows[i]})
  }
  return found
}

// "from 0 to 4", or how many names there are.
function extent(axis, values) {
  const numbers = values.filter((value) => typeof value === "number")
  if (axis.ticktext || numbers.length < values.length || !numbers.length) return ""
  const [low, high] = numbers.reduce(([a, b], c) => [Math.min(a, c), Math.max(b, c)], [Infinity, -Infinity])
  return `${plain(axis.title?.text) || "values"} from ${shown(low)} to ${shown(high)}`
}

function summary(trace, layout) {
  const all = points(trace, Infinity)
  const axes = ["x", "y"].map((letter) => [letter, axisOf(layout, letter, trace[`${letter}axis`])])
  const ranges = axes.map(([letter, axis]) => extent(axis, all.map((point) => point[letter]).filter(given)))
  const size = all.length === 1 ? "1 point" : `${all.length} points`
  return [`${plain(trace.name) || "Series"}: ${size}`, ...ranges.filter(Boolean)].join("; ")
}

function table(traces, layout, title) {
  const titles = (letter, other) => {
    const all = new Set(traces.map((trace) => plain(axisOf(layout, letter, trace[`${letter}axis`]).title?.text)))
    const names = traces.some((trace) => axisOf(layout, letter, trace[`${letter}axis`]).ticktext)
    return (all.size === 1 && [...all][0]) || (names ? "Name" : other)
  }
  const rows = []
  for (const trace of traces) {
    const [across, up] = ["x", "y"].map((letter) => axisOf(layout, letter, trace[`${letter}axis`]))
    for (const {x, y, value, row} of points(trace, MOST - rows.length)) {
      const more = [value, row].map((one) => given(one) ? shown(one) : "")
      rows.push([plain(trace.name), named(across, x), named(up, y), ...more])
    }
  }
  const heads = ["Series", titles("x", "Across"), titles("y", "Up"), "Colour", "Row"]
  const used = heads.map((_, column) => column === 1 || column === 2 || rows.some((row) => row[column]))
  const pick = (cells) => cells.filter((_, column) => used[column])
  const made = make("table")
  made.append(make("caption", title))
  const head = made.createTHead().insertRow()
  for (const text of pick(heads)) head.append(Object.assign(make("th", text), {scope: "col"}))
  const body = made.createTBody()
  for (const cells of rows) {
    const line = body.insertRow()
    for (const text of pick(cells)) line.append(make("td", text))
  }
  return made
}

/* A disclosure for the figure with ``title`` in the element ``drawing``. ``update()`` follows a redraw. */
function makeTable(drawing, title) {
  const whole = make("details")
  whole.className = "afif-table"
  const inside = make("div")
  Object.assign(inside, {tabIndex: 0, className: "afif-scroll"})
  inside.setAttribute("role", "region")
  inside.setAttribute("aria-label", `${title}, as text and table`)
  whole.append(make("summary", "Figure as text and table"), inside)

  function update() {
    if (!whole.open) return
    const drawn = (trace) => (trace.visible ?? true) === true && points(trace, 1).length
    const [traces, layout] = [(drawing.data ?? []).filter(drawn), drawing.layout]
    const words = make("ul")
    words.append(...traces.map((trace) => make("li", summary(trace, layout))))
    const total = traces.reduce((sum, trace) => sum + points(trace, Infinity).length, 0)
    const parts = [words, table(traces, layout, title)]
    if (total > MOST) parts.splice(1, 0, make("p", `The table has the first ${MOST} of ${total} points.`))
    inside.replaceChildren(...(traces.length ? parts : [make("p", "Nothing is drawn.")]))
  }

  whole.addEventListener("toggle", update)
  return {element: whole, update}
}

return {makeTable}
})()
