// Connects a drawing to the server's ``Plot``: a new one by drawing.js, or the one from first_paint.js.

export function render({model}) {
  const {firstPaint, makeDrawing} = globalThis.afif
  const name = model.figure_name
  const {drawing, scheme, home} = firstPaint[name] ?? {
    drawing: makeDrawing({
      name, title: model.title, height: model.height_hint, url: model.library,
    }),
  }
  delete firstPaint[name]
  const describe = () => drawing.describe(model.state, model.note)

  model.on("msg:custom", drawing.receive)
  model.on(["state", "note"], describe)
  model.on("remove", drawing.close)
  describe()
  model.send_msg({kind: "ready", scheme: scheme ?? null})
  drawing.connect((message) => model.send_msg(message))
  return home ?? drawing.element
}
