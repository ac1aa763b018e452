// Joined before scripts that undo: Ctrl+Z and Ctrl+Shift+Z (or Ctrl+Y), except where a person types, which they undo there.
// Returns how to listen no longer. ``meant()``: whether the keys are for this part of the page.
const TYPED = "input:not([type=checkbox], [type=radio], [type=range]), textarea, [contenteditable]"

function onUndo(tell, meant = () => true) {
  const pressed = (event) => {
    const typing = event.composedPath()[0]?.matches?.(TYPED)
    const key = event.key.toLowerCase()
    if (typing || event.altKey || !(event.ctrlKey || event.metaKey) || !["z", "y"].includes(key)) return
    if (!meant()) return
    event.preventDefault()
    event.stopPropagation()
    tell(key === "y" || event.shiftKey ? "redo" : "undo")
  }
  window.addEventListener("keydown", pressed, true) // before the host's own keys, which hear at the document
  return () => window.removeEventListener("keydown", pressed, true)
}
