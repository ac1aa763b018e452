// One plotly figure, updated in place, in the dashboard or in a notebook. A complete figure is received once, then only
// what changed; only row ids and coordinates of clicks and selections are sent back.
//
// A script rather than a module, so that a page can draw before everything else has loaded (first_paint.js);
// plot.js connects a drawing to the server, notebook.js to a notebook's kernel.
"use strict"

globalThis.afif = (() => {
const {does, floats, makeSums, region} = globalThis.afifSums // sums.js comes before
const {makeTable} = globalThis.afifTable // as does figure_table.js
let library = null

function plotly(url) {
  if (window.Plotly) return Promise.resolve(window.Plotly)
  library ??= new Promise((resolve, reject) => {
    // The page is already loading it. (A script that fails to load removes itself from the page.)
    const begun = document.querySelector(`script[src="${url}"]`)
    const script = begun ?? document.createElement("script")
    script.addEventListener("load", () => resolve(window.Plotly))
    script.addEventListener("error", () => {
      library = null
      reject(new Error("The drawing library did not load."))
    })
    if (begun) return
    script.src = url
    document.head.append(script)
  })
  return library
}

function rowIds(points) {
  const ids = new Set()
  for (const point of points ?? []) {
    const data = point.customdata
    const id = Number(Array.isArray(data) || ArrayBuffer.isView(data) ? data[0] : data)
    if (Number.isSafeInteger(id)) ids.add(id)
  }
  return [...ids]
}

// Long lists with few distinct texts are encoded as the texts and, for each entry, an index.
function listed(value) {
  if (!value?.words || !value.codes) return value
  const bytes = atob(value.codes)
  const list = new Array(bytes.length / 2)
  for (let i = 0; i < list.length; i += 1) {
    list[i] = value.words[bytes.charCodeAt(2 * i) | (bytes.charCodeAt(2 * i + 1) << 8)]
  }
  return list
}

const TEXTS = ["text", "hovertext"]

function unpacked(fields) {
  for (const name of TEXTS) if (name in fields) fields[name] = listed(fields[name])
  return fields
}

function coordinate(value) {
  return typeof value === "number" && Number.isFinite(value) ? value : null
}

// The colour key: a gradient with labels below it.
function ramp({title, colours, words}, line) {
  const whole = document.createElement("div")
  whole.className = "afif-ramp"
  const run = line("div", "")
  run.style.background = `linear-gradient(to right, ${colours.join(", ")})`
  const under = document.createElement("ol")
  under.append(...words.map((word) => line("li", word)))
  whole.append(line("p", title), run, under)
  return whole
}

// The page renders title, notes and key itself, in the full width; the plot omits them.
function fillHead(place, head, title) {
  const line = (tag, text) => {
    const made = document.createElement(tag)
    made.textContent = text
    return made
  }
  const words = head?.title || title
  const parts = words ? [line("h2", words)] : []
  if (head?.warning) {
    const warning = line("p", head.warning)
    warning.className = "afif-warning"
    parts.push(warning)
  }
  const notes = [head?.verdict, head?.notes].filter(Boolean).join(" ")
  if (notes) parts.push(line("p", notes))
  if (head?.key.length) {
    const key = document.createElement("ul")
    for (const [mark, colour, words] of head.key) {
      const entry = document.createElement("li")
      const glyph = line("span", mark)
      glyph.style.color = colour
      glyph.setAttribute("aria-hidden", "true")
      entry.append(glyph, words)
      key.append(entry)
    }
    parts.push(key)
  }
  if (head?.ramp) parts.push(ramp(head.ramp, line))
  place.replaceChildren(...parts)
}

// On a touch screen a swipe scrolls the page; a lasso or box is drawn once its button is pressed.
const touches = globalThis.matchMedia?.("(pointer: coarse)").matches ?? false

function headless(figure) {
  const {title, height, margin, ...layout} = figure.layout // the height is set by its card
  if (touches) layout.dragmode = false
  const room = figure.head?.room ?? 0
  return {
    data: figure.head?.ramp ? figure.data.map((trace) => withBar(trace, false)) : figure.data,
    layout: {...layout, margin: {...margin, t: (margin?.t ?? 0) - room}, autosize: true},
  }
}

// A colour bar is most of the work of a redraw: the plot omits it if the head has a colour key.
function withBar(trace, shown) {
  if (!trace.marker?.colorbar) return trace
  return {...trace, marker: {...trace.marker, showscale: shown}}
}

const CAPTION_LINE = 19 // px

// The downloaded image includes head, colour bar and background, and says which data, model and day it shows.
function download(Plotly, drawing, figure, name, format) {
  const {title, margin, hoverlabel} = figure.layout
  const room = figure.head?.room ?? 0
  const day = new Date().toISOString().slice(0, 10)
  const {about, file} = figure.head ?? {}
  const said = [about, `AFIF explorer, ${day}`].filter(Boolean).join("<br>")
  const more = CAPTION_LINE * said.split("<br>").length
  const [width, height] = [drawing.offsetWidth, drawing.offsetHeight + room + more]
  const layout = {
    ...drawing.layout,
    title: {...title, text: `${title?.text ?? ""}<br><span style="font-size:11px">${said}</span>`},
    margin: {...margin, t: (margin?.t ?? 0) + more},
    paper_bgcolor: hoverlabel?.bgcolor, width, height,
  }
  const data = drawing.data.map((trace) => withBar(trace, true))
  Plotly.downloadImage({data, layout}, {
    ...figure.config.toImageButtonOptions, width, height, format,
    filename: [file || "afif-explorer", name, day].filter(Boolean).join("-"),
  })
}

// A figure off the screen is drawn when it has not changed for this long and the browser is idle.
const IDLE = 500 // ms
const whenIdle = (work) => setTimeout(
  () => window.requestIdleCallback ? window.requestIdleCallback(work, {timeout: 500}) : work(),
  IDLE,
)

/* A drawing. ``name`` of the figure, its ``title``, a height in px until it comes, the URL of plotly.js. */
function makeDrawing({name, title, height, url}) {
  const stage = document.createElement("div")
  stage.className = "afif-plot"
  stage.dataset.figure = name
  const drawing = document.createElement("div")
  drawing.className = "afif-drawing"
  const note = document.createElement("div")
  note.className = "afif-note"
  note.setAttribute("role", "status")
  const head = document.createElement("div")
  head.className = "afif-head"
  const canvas = document.createElement("div")
  canvas.className = "afif-canvas"
  const live = document.createElement("p")
  live.className = "afif-live"
  live.hidden = true
  canvas.append(drawing, note, live)
  const table = makeTable(drawing, title)
  stage.append(head, canvas, table.element)

  let figure = null
  let config = null
  const unheard = [] // events on a figure of the first paint, until the server is connected
  let send = (message) => unheard.push(message)
  let waiting = false
  let busy = false
  let drawn = 0
  let size = ""
  let headed = "" // the head currently shown
  let watched = null // what is followed while a region is drawn: {sums, what}
  let near = null // on the screen; reported by the browser with its first frame, which comes late
  let due = false // a change that is not drawn yet
  let waits = 0 // the timer for drawing when idle

  const sizeNow = () => `${drawing.offsetWidth}x${drawing.offsetHeight}`

  function describe(state, words) {
    stage.dataset.state = state
    note.textContent = words
    showHead(state === "ready" || state === "stale" ? figure?.head : null)
  }

  // An unchanged head is kept; otherwise every redraw would cause a new page layout.
  function showHead(words) {
    const wanted = JSON.stringify(words ?? null)
    if (wanted === headed) return
    headed = wanted
    fillHead(head, words, title)
    tellHead()
  }

  // The card may be higher than the figure needs. Figures side by side set their height before either is drawn.
  function makeRoom() {
    const needed = `${figure.layout.height - (figure.head?.room ?? 0)}px`
    if (canvas.style.minHeight !== needed) canvas.style.minHeight = needed
    showHead(figure.head)
  }

  const tellHead = () => stage.style.setProperty("--head", `${canvas.offsetTop}px`)

  // Created once: with a new object plotly would recreate its buttons at every redraw.
  function configured(Plotly) {
    const picture = {
      name: "picture",
      title: "Download the figure as a PNG",
      icon: Plotly.Icons.camera,
      click: () => download(Plotly, drawing, figure, name, "png"),
    }
    const vector = {
      name: "vector",
      title: "Download the figure as an SVG",
      icon: Plotly.Icons.disk,
      click: () => download(Plotly, drawing, figure, name, "svg"),
    }
    return {
      ...figure.config,
      modeBarButtonsToRemove: [...(figure.config.modeBarButtonsToRemove ?? []), "toImage"],
      modeBarButtonsToAdd: [picture, vector],
      responsive: false,
      plotGlPixelRatio: window.devicePixelRatio || 1, // plotly's default of 2 is four times the work
    }
  }

  function listen() {
    drawing.on("plotly_click", (event) => {
      const [point] = event.points ?? []
      if (!point) return
      send({
        kind: "click",
        ids: rowIds([point]),
        x: coordinate(point.x),
        y: coordinate(point.y),
        add: Boolean(event.event?.shiftKey || event.event?.ctrlKey || event.event?.metaKey),
      })
    })
    let how = "replace"
    const begin = ({shiftKey, altKey}) => {
      how = shiftKey ? "add" : altKey ? "remove" : "replace"
      watched?.sums.clear()
      if (["lasso", "select"].includes(drawing.layout?.dragmode)) send({kind: "sums"})
    }
    drawing.addEventListener("pointerdown", begin, {capture: true})
    drawing.on("plotly_selecting", (event) => {
      const corners = region(event)
      if (corners && watched && how === "replace") follow(corners)
    })
    drawing.on("plotly_selected", (event) => {
      live.hidden = true
      const corners = event && !busy && region(event)
      if (corners) send({kind: "select", x: corners[0], y: corners[1], how})
    })
    // A redraw removes plotly's outline, which plotly reports as a user event.
    drawing.on("plotly_deselect", () => busy || send({kind: "select", x: [], y: [], how: "replace"}))
  }

  // What the rows inside do, while the hand still draws.
  function follow(corners) {
    const {count, sums, lost} = watched.sums.move(corners)
    const parts = watched.what.map((one, k) => does(sums[k], one))
    const left = lost ? ` ${lost} of them have no effect of their own and are left out.` : ""
    live.textContent = count
      ? `${count.toLocaleString("en").replaceAll(",", "\u202f")} ${count === 1 ? "row. Removing it" : "rows. Removing them"} would ${parts.join("; ")}, by the sum of their single effects.${left}`
      : "No rows inside yet."
    live.hidden = false
  }

  async function draw() {
    if (busy) { waiting = true; return }
    busy = true
    try {
      const Plotly = await plotly(url)
      do {
        waiting = due = false
        const first = drawn === 0
        const {data, layout} = headless(figure)
        if (size !== sizeNow()) tellHead()
        size = sizeNow()
        config ??= configured(Plotly)
        await Plotly.react(drawing, data, layout, config)
        if (first) listen()
        drawn += 1
        stage.dataset.drawn = String(drawn)
        stage.dataset.version = String(figure.version)
        table.update()
      } while (waiting)
    } catch (error) {
      stage.dataset.state = "failed"
      note.textContent = error.message
    } finally {
      busy = false
      if (drawn < 2) send({kind: "drawn"})
    }
  }

  function receive(text) {
    const message = JSON.parse(text)
    if ("sums" in message) {
      const {x, y, effects, watched: what} = message.sums ?? {}
      watched = what ? {sums: makeSums({x: floats(x), y: floats(y), effects: effects.map(floats)}), what} : null
      return
    }
    if (message.whole) {
      figure = message.whole
      figure.data.forEach(unpacked)
    } else if (figure) {
      figure.data = message.data.map(
        (change, i) => unpacked(change.trace ?? {...figure.data[i], ...change.set}),
      )
      figure.layout = message.layout ?? figure.layout
      figure.head = message.head ?? figure.head
    } else {
      return
    }
    figure.version = message.version
    due = true
    makeRoom()
    if (near ?? stage.getBoundingClientRect().top < window.innerHeight) draw()
    else {
      clearTimeout(waits)
      waits = whenIdle(() => due && draw())
    }
  }

  // One drawing at a time: plotly's own resizing may collide with a redraw in progress.
  const observer = new ResizeObserver(() => {
    if (drawn && drawing.offsetWidth && size !== sizeNow()) draw()
  })
  observer.observe(stage)

  // Figures off the screen are drawn when there is nothing more urgent.
  const visibility = new IntersectionObserver((entries) => {
    near = entries.at(-1).isIntersecting
    if (near && due) draw()
  })
  visibility.observe(stage)

  canvas.style.minHeight = `${height}px`
  drawing.setAttribute("role", "group")
  drawing.setAttribute("aria-label", title)
  head.id = `afif-head-${name}`
  drawing.setAttribute("aria-describedby", head.id)
  describe("loading", "")

  return {
    element: stage,
    receive,
    describe,
    connect(server) {
      send = server
      unheard.splice(0).forEach(server)
    },
    close() {
      clearTimeout(waits)
      observer.disconnect()
      visibility.disconnect()
      if (drawn) window.Plotly.purge(drawing)
    },
  }
}

return {makeDrawing, firstPaint: {}}
})()
