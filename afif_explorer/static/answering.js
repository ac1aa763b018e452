// Joined before the script of a widget that is an output of its own. It says so if the kernel does not answer, and hides
// the picture for readers without a kernel, one of the next outputs (notebook/output/stills.py), as soon as it does.

const PATIENCE = 6000 // ms
const SILENT = "No answer from Python: its kernel is busy, or it is not running and this cell has to be run again."
const HIDE = ".jp-OutputArea-child:has(.afif-answered) + .jp-OutputArea-child:has(.afif-still)"
const STYLE = `${HIDE}, ${HIDE} + .jp-OutputArea-child { display: none; }`

function answered(el) {
  if (el.classList.contains("afif-answered")) return
  el.classList.add("afif-answered")
  const style = document.createElement("style")
  style.textContent = STYLE
  el.append(style)
}

// Asks at once, and whenever a person touches ``scope()``; ``say`` shows a sentence, or none.
function attend(model, el, scope, say) {
  let timer = 0
  const ask = () => {
    if (timer) return
    timer = setTimeout(() => say(SILENT), PATIENCE)
    model.send({kind: "present"})
  }
  const take = () => {
    clearTimeout(timer)
    timer = 0
    say("")
    answered(el)
  }
  const touched = (event) => scope()?.contains(event.target) && ask()
  model.on("msg:custom", take)
  for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, touched, true)
  ask()
  return () => {
    clearTimeout(timer)
    model.off("msg:custom", take)
    for (const kind of ["pointerdown", "keydown"]) document.removeEventListener(kind, touched, true)
  }
}
