// What only the visitor's browser can do: the address bar, the clipboard, remembering the theme, and
// telling that the server is gone.

const {THEME, likesDark, settle} = globalThis.afif // of early.js
const PHONE = 600 // px; up to here the choices would cover everything else
const REST = 250 // ms; browsers refuse to change the address many times a second

function address(query) {
  return `${location.origin}${location.pathname}${query ? `?${query}` : ""}`
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    // Browsers keep the clipboard from pages without https; this older way still works there.
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

// The address holds every choice, so that a reload goes on where the connection was lost.
function lost() {
  const notice = document.createElement("div")
  notice.className = "afif-lost"
  notice.setAttribute("role", "alert")
  const again = document.createElement("button")
  again.textContent = "Reload"
  again.addEventListener("click", () => location.reload())
  notice.append("The connection to the dashboard was lost. Your choices are in the address: ", again)
  document.body.append(notice)
  return notice
}

export function render({model, view}) {
  let notice = null
  const page = view.model.document
  page?.on_event("connection_lost", () => { notice ??= lost() })
  page?.on_event("client_reconnected", () => { notice?.remove(); notice = null })
  let timer = null
  const follow = () => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      if (model.query) history.replaceState(history.state, "", address(model.query))
    }, REST)
  }
  const remember = () => {
    if (model.dark === null) return
    try {
      localStorage.setItem(THEME, model.dark ? "dark" : "light")
    } catch { /* a browser that keeps nothing */ }
  }
  model.on("query", follow)
  model.on("dark", remember)
  model.on("msg:custom", async (text) => {
    const wanted = JSON.parse(text).copy
    model.send_msg({copied: await copy(wanted ?? address(model.query))})
  })
  const settled = () => model.settled && settle()
  model.on("settled", settled)
  settled()
  model.send_msg({arrived: true, dark: likesDark(), narrow: window.innerWidth < PHONE})
  follow()
  return document.createElement("span")
}
