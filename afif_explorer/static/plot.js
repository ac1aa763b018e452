// Ties a drawing to the server's ``Plot``: what drawing.js draws, or what early.js has drawn already.

export function render({model}) {
  const {early, makeDrawing} = globalThis.afif
  const name = model.figure_name
  const {drawing, scheme, home} = early[name] ?? {
    drawing: makeDrawing({
      name, title: model.title, height: model.height_hint, url: model.library,
    }),
  }
  delete early[name]
  const describe = () => drawing.describe(model.state, model.note)

  model.on("msg:custom", drawing.receive)
  model.on(["state", "note"], describe)
  model.on("remove", drawing.close)
  describe()
  model.send_msg({kind: "ready", early: scheme ?? null})
  drawing.connect((message) => model.send_msg(message))
  return home ?? drawing.element
}
