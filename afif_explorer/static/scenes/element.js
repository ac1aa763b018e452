// Small pieces of a page; all text is put in as text, never as markup.

export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value)
    else if (value === true) element.setAttribute(name, "")
    else if (value !== false && value !== undefined) element.setAttribute(name, value)
  }
  element.append(...children)
  return element
}

export const button = (text, act, attributes = {}) => make("button", {type: "button", onclick: act, ...attributes}, text)

// Set text only where it differs, so that screen readers hear only what is new.
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text
}

export const show = (element, shown) => { element.hidden = !shown }
