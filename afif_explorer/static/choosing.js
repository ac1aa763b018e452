// The end of a module that draws ``content`` and sends ``choice``, both JSON: attributes on the page, traits in a
// notebook. Before it stands a script with ``view(send)``, which gives {element, show(content)}.

// Every choice has a number, so that the same one can be made twice.
function numbered(send) {
  let serial = 0
  return (choice) => send(JSON.stringify({...choice, serial: ++serial}))
}

function onPage(model) {
  const {element, show} = view(numbered((choice) => { model.choice = choice }))
  model.on("content", () => show(model.content))
  show(model.content)
  return element
}

function inNotebook(model, el) {
  const {element, show} = view(numbered((choice) => {
    model.set("choice", choice)
    model.save_changes()
  }))
  const follow = () => show(model.get("content"))
  model.on("change:content", follow)
  follow()
  el.append(element)
  return () => model.off("change:content", follow)
}

export default {
  render: ({model, el}) => typeof model.get === "function" ? inNotebook(model, el) : onPage(model),
}
