// What only the visitor's browser can do: the address bar, the clipboard, the keys of undo and redo,
// remembering the theme, and reporting a lost connection.

const {THEME, likesDark, showPage} = globalThis.afif // of first_paint.js
const PHONE = 600 // px; below this width the sidebar would cover everything else
const RETRY = 5000 // ms between two requests to a server that does not answer
const BEGUN = 10_000 // ms after which a page may reload automatically
const DEBOUNCE = 250 // ms; browsers refuse to change the address many times a second

function address(query) {
  return `${location.origin}${location.pathname}${query ? `?${query}` : ""}`
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    // The clipboard API needs https; this older way works without it.
    const field = document.createElement("textarea")
    field.value = text
    field.style.position = "fixed"
    field.style.opacity = "0"
    document.body.append(field)
    field.select()
    const worked = document.execCommand("copy")
    field.remove()
    return worked
  }
}

// The address contains all settings, so a reload restores the page. It happens automatically as soon as
// the server answers, unless the page had only just loaded, as behind a proxy that blocks connections.
function lost() {
  if (performance.now() > BEGUN) returning()
  const notice = document.createElement("div")
  notice.className = "afif-lost"
  notice.setAttribute("role", "alert")
  const again = document.createElement("button")
  again.textContent = "Reload"
  again.addEventListener("click", () => location.reload())
  notice.append("The connection to the dashboard was lost. The page will reload with your settings when the server is back. ", again)
  document.body.append(notice)
}

function returning() {
  setTimeout(async () => {
    try {
      if ((await fetch("healthz", {cache: "no-store"})).ok) return location.reload()
    } catch { /* not yet */ }
    returning()
  }, RETRY)
}

export function render({model, view}) {
  view.model.document?.on_event("connection_lost", lost)
  let timer = null
  const follow = () => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      if (model.query) history.replaceState(history.state, "", address(model.query))
    }, DEBOUNCE)
  }
  const remember = () => {
    if (model.dark === null) return
    try {
      localStorage.setItem(THEME, model.dark ? "dark" : "light")
    } catch { /* no storage */ }
  }
  model.on("query", follow)
  model.on("dark", remember)
  model.on("msg:custom", async (text) => {
    const wanted = JSON.parse(text).copy
    model.send_msg({copied: await copy(wanted ?? address(model.query))})
  })
  onUndo((what) => model.send_msg({key: what}))
  const show = () => model.themed && showPage()
  model.on("themed", show)
  show()
  model.send_msg({arrived: true, dark: likesDark(), narrow: window.innerWidth < PHONE})
  follow()
  return document.createElement("span")
}
