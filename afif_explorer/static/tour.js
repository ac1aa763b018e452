// The tour: an offer, until it was taken or declined; then one step at a time, with a ring around what it is about.
// It covers no control that it points at, takes no key but Escape, and moves the focus only when it opens and ends.

const SEEN = "afif-explorer-tour"
const LOOK = 250 // ms between two looks at where the place of a step is
const CLOSES = 400 // ms; the dialog of the guide then has given the focus back
const MARGIN = 4 // px between it and the ring

// What the browser keeps: that the tour was offered (localStorage), where it is and what to go back to (sessionStorage).
function kept(store, value) {
  try {
    if (value) window[store].setItem(SEEN, value)
    if (value === "") window[store].removeItem(SEEN)
    return window[store].getItem(SEEN)
  } catch {
    return value ?? null // a browser that keeps nothing
  }
}

// A tour that a reload of the page has interrupted: {step, before}.
function interrupted() {
  const [{type} = {}] = performance.getEntriesByType("navigation")
  return type === "reload" ? JSON.parse(kept("sessionStorage") || null) : null
}

// The visible element of a class, through all shadow roots.
function find(name, root = document) {
  for (const element of root.querySelectorAll("*")) {
    if (element.classList.contains(name) && element.getClientRects().length) return element
    const inside = element.shadowRoot && find(name, element.shadowRoot)
    if (inside) return inside
  }
  return null
}

function focused() {
  let element = document.activeElement
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement
  return element
}

const make = (tag, kind, text = "") => Object.assign(document.createElement(tag), {className: kind, textContent: text})

export function render({model}) {
  const {offer: words, label, steps} = JSON.parse(model.content)
  const offer = make("div", "offer")
  const take = make("button", "", words)
  const decline = make("button", "bare", "✕")
  decline.setAttribute("aria-label", "No tour")
  offer.append(take, decline)

  const ring = make("div", "ring")
  const note = make("section", "note")
  note.setAttribute("aria-label", label)
  const text = make("p", "")
  text.tabIndex = -1
  text.setAttribute("aria-live", "polite")
  const count = make("p", "n")
  const row = make("div", "row")
  const [skip, back, next] = [make("button", "bare", "Skip"), make("button", "", "Back"), make("button", "main", "Next")]
  row.append(skip, back, next)
  note.append(count, text, row)

  let at = -1 // the step on screen; -1: none
  let place = null
  let watching = 0
  let before = null // what had the focus
  let settings = null // from before the tour

  function point() {
    if (!place?.isConnected || !place.getClientRects().length) {
      place = find(`afif-at-${steps[at][1]}`)
      place?.scrollIntoView({block: "center"})
    }
    ring.hidden = !place
    if (!place) return
    const box = place.getBoundingClientRect()
    Object.assign(ring.style, {
      left: `${box.left - MARGIN}px`, top: `${box.top - MARGIN}px`,
      width: `${box.width + 2 * MARGIN}px`, height: `${box.height + 2 * MARGIN}px`,
    })
  }

  function show(step) {
    at = step
    place = null
    const open = at >= 0
    note.hidden = ring.hidden = !open
    offer.hidden = open || kept("localStorage") !== null
    clearInterval(watching)
    if (!open) return
    count.textContent = `${label}, ${at + 1} of ${steps.length}`
    text.textContent = steps[at][0]
    back.disabled = at === 0
    const last = at === steps.length - 1
    skip.hidden = last
    next.textContent = last ? "Done" : "Next"
    model.send_msg({step: at, before: settings})
    keep()
    point()
    watching = setInterval(point, LOOK)
  }

  const keep = () => settings && kept("sessionStorage", JSON.stringify({step: at, before: settings}))

  function start() {
    before = focused()
    settings = null
    kept("localStorage", "taken")
    show(0)
    text.focus()
  }

  function end() {
    kept("localStorage", "taken")
    kept("sessionStorage", "")
    model.send_msg({step: null})
    show(-1)
    if (before !== document.body && before?.getClientRects().length) before.focus()
    else document.querySelector(".afif-skip")?.click() // the offer is gone
  }

  take.addEventListener("click", start)
  decline.addEventListener("click", end)
  skip.addEventListener("click", end)
  back.addEventListener("click", () => show(at - 1))
  next.addEventListener("click", () => at === steps.length - 1 ? end() : show(at + 1))
  note.addEventListener("keydown", (event) => event.key === "Escape" && end())
  model.on("msg:custom", (message) => {
    const told = JSON.parse(message)
    if (told.start) setTimeout(start, CLOSES)
    else if (at >= 0) {
      settings = told.before
      keep()
    }
  })
  model.on("remove", () => clearInterval(watching))
  const last = interrupted()
  settings = last?.before ?? null
  show(last?.step ?? -1)
  const whole = make("div", "")
  whole.append(offer, ring, note)
  return whole
}
