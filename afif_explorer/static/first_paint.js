// The first figures, drawn as soon as plotly.js has loaded. They are part of the page; the rest of it takes
// the browser seconds more. Once it has the visitor's theme, each figure moves to its place there.
"use strict"

const TIMEOUT = 20_000 // ms; after that the page is shown as it is

afif.THEME = "afif-explorer-theme"

afif.likesDark = () => {
  const asked = new URLSearchParams(location.search).get("theme")
  if (asked) return asked === "dark"
  try {
    const kept = localStorage.getItem(afif.THEME)
    if (kept) return kept === "dark"
  } catch { /* a browser that keeps nothing */ }
  return window.matchMedia("(prefers-color-scheme: dark)").matches
}

;(() => {
  const text = (id) => document.getElementById(id).textContent
  const figures = JSON.parse(text("afif-figures"))
  const page = document.getElementById("afif-first-paint")
  const scheme = afif.likesDark() ? "dark" : "light"
  page.dataset.scheme = scheme
  afif.showPage = () => {}
  if (!figures.length) {
    page.remove()
    return
  }

  const moves = []
  const finish = () => {
    for (const move of moves.splice(0)) move()
    page.remove()
    document.documentElement.classList.remove("afif-waits")
  }

  // Changes from the server, including the theme, reach the screen a few frames later.
  const ground = (element) => getComputedStyle(element).backgroundColor
  afif.showPage = () => {
    if (!page.isConnected || ground(document.body) === ground(page)) finish()
    else requestAnimationFrame(afif.showPage)
  }

  document.documentElement.classList.add("afif-begun", "afif-waits")
  page.showPopover?.() // above everything else on the page
  const begin = ({name, title, url, height, width, grow, ...schemes}) => {
    const card = document.createElement("section")
    card.style.flex = `${grow} 1 ${width}px`
    card.style.minWidth = `min(${width}px, 100%)`
    const place = document.createElement("div") // for its own style sheet
    card.append(place)
    page.querySelector("main").append(card)
    const style = document.createElement("style")
    style.textContent = text("afif-plot-css")
    const drawing = afif.makeDrawing({name, title, height, url})
    place.attachShadow({mode: "open"}).append(style, drawing.element)
    const home = document.createElement("div")
    home.style.display = "contents"
    moves.push(() => home.append(drawing.element))
    afif.firstPaint[name] = {drawing, scheme, home}
    return [drawing, {whole: schemes[scheme], version: 1}]
  }
  // All cards first: the second reduces the width of the first.
  for (const [drawing, message] of figures.map(begin)) {
    drawing.receive(JSON.stringify(message))
    drawing.describe("ready", "")
  }
  setTimeout(finish, TIMEOUT)
})()
