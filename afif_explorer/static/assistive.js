// What the toolkit's markup lacks for people who use a keyboard or a screen reader: names, roles, a visible focus,
// and a link past the controls. For panel-material-ui 0.16.6 and Tabulator 6.3 as in Panel 1.9.4; none is reported
// upstream. Loaded before the toolkit, so that every shadow root is seen as it is made.
"use strict"

;(() => {
const FOCUS = `
:focus-visible:not(.MuiInputBase-input, main), .Mui-focusVisible:not(.MuiMenuItem-root) {
  outline: 2px solid var(--mui-palette-primary-main, #0a5ea8) !important; outline-offset: 2px !important; }
.MuiTab-root:focus-visible, .MuiMenuItem-root:focus-visible { outline-offset: -3px !important; }
.MuiFormLabel-root svg[tabindex] { pointer-events: auto; }`

// Each completes the elements that match its selector, once.
const COMPLETED = {
  // The buttons of a number's field have icons only.
  ".MuiInputAdornment-root > button": (button) => {
    const more = button.parentNode.classList.contains("MuiInputAdornment-positionEnd")
    const label = button.closest(".MuiFormControl-root").querySelector("label, legend")?.firstChild
    button.setAttribute("aria-label", `${more ? "Increase" : "Decrease"} ${label?.textContent ?? ""}`.trim())
  },
  // The icon with the description of a setting is for the mouse, and its text on a <span> without a role.
  ":not(legend, legend *) > svg + span[aria-label]": (span) => {
    const icon = span.previousElementSibling
    const words = {role: "img", tabindex: "0", "aria-label": span.getAttribute("aria-label")}
    for (const [name, value] of Object.entries(words)) icon.setAttribute(name, value)
    icon.removeAttribute("aria-hidden")
    span.setAttribute("aria-hidden", "true")
  },
  // Each of them keeps the room of the bar above, with a heading of one space.
  "h5.MuiTypography-h5": (spacer) => {
    if (!spacer.textContent.trim()) spacer.setAttribute("aria-hidden", "true")
  },
  "main.main": (main) => {
    main.tabIndex = -1
    document.querySelector(".afif-skip")?.addEventListener("click", (event) => {
      event.preventDefault()
      main.focus()
    })
  },
  // A grid has rows only; what scrolls them and the pages below are such too.
  ".tabulator-tableholder": (holder) => holder.setAttribute("role", "rowgroup"),
  ".tabulator-table": (table) => table.setAttribute("role", "presentation"),
  ".tabulator-footer": (footer) => footer.setAttribute("role", "rowgroup"),
  ".tabulator-footer-contents": (contents) => contents.setAttribute("role", "row"),
  ".tabulator-paginator": (pages) => pages.setAttribute("role", "gridcell"),
  ".tabulator-cell input[type=checkbox]": (box) => box.setAttribute("aria-label", "Select this row"),
  ".tabulator-col input[type=checkbox]": (box) => box.setAttribute("aria-label", "Select all rows of this page"),
}
const NAMES = ["bk-panel-models-esm-ReactComponent", "bk-panel-models-tabulator-DataTabulator"]
const completed = new WeakSet()

function complete(root) {
  for (const [selector, act] of Object.entries(COMPLETED)) {
    for (const element of root.querySelectorAll(selector)) {
      if (completed.has(element)) continue
      completed.add(element)
      act(element)
    }
  }
}

// A closed dialog gives the focus back to what opened it; the toolkit's cannot look into shadow roots.
const isDialog = (node) => Boolean(node.classList?.contains("MuiDialog-root"))
let opener = null
// Heard in every shadow root: a move inside of one is not told outside.
function remember(event) {
  if (!event.composedPath().some(isDialog)) [opener] = event.composedPath()
}

function closed(records) {
  const gone = records.some((record) => [...record.removedNodes].some(isDialog))
  if (gone && document.activeElement === document.body) opener?.focus()
}

// A figure changes its shadow root with every frame, and has nothing of the toolkit in it.
function watch(root) {
  const observer = new MutationObserver((records) => {
    if (!NAMES.some((name) => root.host.classList.contains(name))) return observer.disconnect()
    complete(root)
    closed(records)
  })
  root.addEventListener("focusin", remember)
  observer.observe(root, {childList: true, subtree: true})
}

const sheet = new CSSStyleSheet()
sheet.replaceSync(FOCUS)
document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet]
const attach = Element.prototype.attachShadow
Element.prototype.attachShadow = function (...how) {
  const root = attach.apply(this, how)
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet]
  watch(root)
  return root
}
})()
