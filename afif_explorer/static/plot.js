// One plotly figure, drawn in place. The server sends a whole figure once and then only what changed;
// the page sends back what was picked: row ids, or the coordinates of a click. Nothing else leaves it.

let library = null

function plotly(url) {
  if (window.Plotly) return Promise.resolve(window.Plotly)
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script")
    script.src = url
    script.onload = () => resolve(window.Plotly)
    script.onerror = () => { library = null; reject(new Error("The drawing library did not load.")) }
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

// Long lists of few different texts come as the texts and, for each place, which one it is.
function listed(value) {
  if (!value?.words || !value.codes) return value
  const bytes = Uint8Array.from(atob(value.codes), (c) => c.charCodeAt(0))
  const places = new DataView(bytes.buffer)
  return Array.from({length: bytes.length / 2}, (_, i) => value.words[places.getUint16(2 * i, true)])
}

const TEXTS = ["text", "hovertext"]

function unpacked(fields) {
  for (const name of TEXTS) if (name in fields) fields[name] = listed(fields[name])
  return fields
}

function coordinate(value) {
  return typeof value === "number" && Number.isFinite(value) ? value : null
}

const afterwards = (work) => window.requestIdleCallback
  ? window.requestIdleCallback(work, {timeout: 500})
  : setTimeout(work, 100)

export function render({model, el}) {
  const stage = document.createElement("div")
  stage.className = "afif-plot"
  stage.dataset.figure = model.figure_name
  const drawing = document.createElement("div")
  drawing.className = "afif-drawing"
  const note = document.createElement("div")
  note.className = "afif-note"
  note.setAttribute("role", "status")
  stage.append(drawing, note)

  let figure = null
  let waiting = false
  let busy = false
  let drawn = 0
  let size = ""
  let near = true // on the screen
  let due = false // something came that is not drawn yet

  const sizeNow = () => `${drawing.offsetWidth}x${drawing.offsetHeight}`

  function describe() {
    stage.style.minHeight = `${figure?.layout?.height ?? model.height_hint}px`
    stage.dataset.state = model.state
    note.textContent = model.note
    drawing.setAttribute("role", "img")
    drawing.setAttribute("aria-label", model.summary)
  }

  function listen() {
    drawing.on("plotly_click", (event) => {
      const [point] = event.points ?? []
      if (!point) return
      model.send_msg({
        kind: "click",
        ids: rowIds([point]),
        x: coordinate(point.x),
        y: coordinate(point.y),
        add: Boolean(event.event?.shiftKey || event.event?.ctrlKey || event.event?.metaKey),
      })
    })
    drawing.on("plotly_selected", (event) => {
      // plotly also fires this, without an event, when a redraw clears its outline.
      if (event?.points) model.send_msg({kind: "select", ids: rowIds(event.points)})
    })
    drawing.on("plotly_deselect", () => model.send_msg({kind: "select", ids: []}))
  }

  async function draw() {
    if (busy) { waiting = true; return }
    busy = true
    try {
      const Plotly = await plotly(model.library)
      do {
        waiting = due = false
        const first = drawn === 0
        const {height, ...layout} = figure.layout // the card may be higher than the figure asks for
        stage.style.minHeight = `${height ?? model.height_hint}px`
        size = sizeNow()
        const ratio = window.devicePixelRatio || 1 // plotly takes 2, four times the work
        const config = {...figure.config, responsive: false, plotGlPixelRatio: ratio}
        await Plotly.react(drawing, figure.data, {...layout, autosize: true}, config)
        if (first) listen()
        drawn += 1
        stage.dataset.drawn = String(drawn)
        stage.dataset.version = String(figure.version)
      } while (waiting)
    } catch (error) {
      stage.dataset.state = "failed"
      note.textContent = error.message
    } finally {
      busy = false
    }
  }

  function receive(text) {
    const message = JSON.parse(text)
    if (message.whole) {
      figure = message.whole
      figure.data.forEach(unpacked)
    } else if (figure) {
      figure.data = message.data.map(
        (change, i) => unpacked(change.trace ?? {...figure.data[i], ...change.set}),
      )
      if (message.layout) figure.layout = message.layout
    } else {
      return
    }
    figure.version = message.version
    due = true
    if (near) draw()
    else afterwards(() => due && draw())
  }

  // One drawing at a time: plotly's own way of resizing may run into a redraw under way.
  const observer = new ResizeObserver(() => {
    if (drawn && drawing.offsetWidth && size !== sizeNow()) draw()
  })
  observer.observe(stage)

  // What is off the screen is drawn when there is nothing more urgent.
  const sight = new IntersectionObserver((entries) => {
    near = entries.at(-1).isIntersecting
    if (near && due) draw()
  })
  sight.observe(stage)

  model.on("msg:custom", receive)
  model.on(["state", "note", "summary"], describe)
  model.on("remove", () => {
    observer.disconnect()
    sight.disconnect()
    if (drawn) window.Plotly.purge(drawing)
  })
  describe()
  model.send_msg({kind: "ready"})
  return stage
}
