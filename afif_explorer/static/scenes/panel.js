// One drawing: axes and marks in SVG, redrawn in place. What to draw is plain data, made anew for every frame:
//   {title, x: {domain, label, log or root, ticks}, y: likewise, marks: [...]}
// with marks {kind: "line" | "area" | "arrow" | "bar" | "dot" | "text" | "grip", tone, ...}, see NODES.

const SVG = "http://www.w3.org/2000/svg"
const EDGE = {left: 46, right: 14, top: 12, bottom: 38}
const BARE = {left: 14, right: 14, top: 12, bottom: 14}

const root = (value) => Math.sign(value) * Math.sqrt(Math.abs(value))
const scaled = (axis) => (axis.log ? Math.log10 : axis.root ? root : (value) => value)

function scale(axis, from, to) {
  const put = scaled(axis), [low, high] = axis.domain.map(put)
  const times = (to - from) / (high - low || 1)
  const place = (value) => from + (put(value) - low) * times
  place.back = (at) => low + (at - from) / times
  return place
}

function ticks(axis) {
  if (axis.ticks) return axis.ticks
  const [low, high] = axis.domain
  if (axis.log) {
    const found = []
    const first = Math.ceil(Math.log10(low) - 1e-9), last = Math.floor(Math.log10(high) + 1e-9)
    const every = Math.max(1, Math.ceil((last - first) / 5))
    for (let power = first; power <= last; power += every) found.push(10 ** power)
    return found
  }
  const rough = (high - low) / 5, unit = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((times) => times * unit).find((one) => one >= rough)
  const found = []
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) found.push(k * step)
  return found
}

const SHAPES = {
  circle: (x, y, r) => `M${x - r},${y}a${r},${r} 0 1 0 ${2 * r},0a${r},${r} 0 1 0 ${-2 * r},0Z`,
  square: (x, y, r) => `M${x - r * 0.9},${y - r * 0.9}h${r * 1.8}v${r * 1.8}h${-r * 1.8}Z`,
  diamond: (x, y, r) => `M${x},${y - r * 1.25}L${x + r * 1.25},${y}L${x},${y + r * 1.25}L${x - r * 1.25},${y}Z`,
}

const short = (value) => value.toFixed(1)

function path(points, X, Y) {
  let d = "", pen = "M"
  for (const [x, y] of points) {
    const px = X(x), py = Y(y)
    if (!Number.isFinite(px) || !Number.isFinite(py)) { pen = "M"; continue }
    d += `${pen}${short(px)},${short(Math.max(-4000, Math.min(4000, py)))}`
    pen = "L"
  }
  return d
}

// What each kind of mark is in SVG: a list of [tag, attributes, text].
const NODES = {
  line: ({points, tone}, X, Y) => [["path", {class: `line ${tone}`, d: path(points, X, Y)}]],
  lines: ({segments, tone}, X, Y) =>
    [["path", {class: `line ${tone}`, d: segments.map((one) => path(one, X, Y)).join("")}]],
  area: ({x, y, tone}, X, Y) => {
    const [left, right] = x.map(X).sort((a, b) => a - b), [top, bottom] = y.map(Y).sort((a, b) => a - b)
    return [["rect", {class: `area ${tone}`, x: short(left), y: short(top),
      width: short(Math.max(0, right - left)), height: short(Math.max(0, bottom - top))}]]
  },
  bar: ({x, y, from = 0, width = 0.7, tone, row}, X, Y) => {
    const [left, right] = [X(x - width / 2), X(x + width / 2)], [a, b] = [Y(from), Y(y)]
    return [["rect", {class: `bar ${tone}`, x: short(left), y: short(Math.min(a, b)), width: short(right - left),
      height: short(Math.max(1, Math.abs(a - b))), "data-row": row}]]
  },
  arrow: ({from, to, tone}, X, Y) => {
    const [x, y, u, v] = [X(from[0]), Y(from[1]), X(to[0]), Y(to[1])], long = Math.hypot(u - x, v - y)
    if (!(long > 0.5)) return []
    const head = Math.min(9, long), c = (u - x) / long, s = (v - y) / long
    const wing = (side) => `${short(u - head * (c + side * 0.5 * s))},${short(v - head * (s - side * 0.5 * c))}`
    return [["path", {class: `line arrow ${tone}`,
      d: `M${short(x)},${short(y)}L${short(u)},${short(v)}M${wing(1)}L${short(u)},${short(v)}L${wing(-1)}`}]]
  },
  dot: ({x, y, shape = "circle", size = 6, tone = "", row, hole}, X, Y) => {
    const px = Number(short(X(x))), py = Number(short(Y(y)))
    const made = [["path", {class: `dot ${tone}`, d: SHAPES[shape](px, py, size), "data-row": row}]]
    if (hole) made.push(["path", {class: "hole", d: SHAPES.circle(px, py, size * 0.38)}])
    return made
  },
  text: ({x, y, text, tone = "", anchor = "middle", dx = 0, dy = 0}, X, Y) =>
    [["text", {class: `note ${tone}`, x: short(X(x) + dx), y: short(Y(y) + dy), "text-anchor": anchor}, text]],
  grip: ({x, y, name, size = 20}, X, Y) =>
    [["circle", {class: "grip", cx: short(X(x)), cy: short(Y(y)), r: size, "data-grip": name}]],
}

const plain = (value) => {
  const size = Math.abs(value)
  if (size >= 1e4 || (size < 1e-3 && size > 0)) return value.toExponential(0).replace("+", "")
  return String(Number(value.toPrecision(3)))
}

function frame(view, width, height, edge, X, Y) {
  const made = [["rect", {class: "paper", x: edge.left, y: edge.top, rx: 6,
    width: Math.max(0, width - edge.left - edge.right), height: Math.max(0, height - edge.top - edge.bottom)}]]
  if (view.bare) return made
  const floor = height - edge.bottom
  for (const tick of ticks(view.x)) {
    made.push(["line", {class: "grid", x1: short(X(tick)), x2: short(X(tick)), y1: edge.top, y2: floor}])
    made.push(["text", {class: "tick", x: short(X(tick)), y: floor + 15, "text-anchor": "middle"}, plain(tick)])
  }
  for (const tick of ticks(view.y)) {
    made.push(["line", {class: "grid", x1: edge.left, x2: width - edge.right, y1: short(Y(tick)), y2: short(Y(tick))}])
    made.push(["text", {class: "tick", x: edge.left - 6, y: short(Y(tick) + 4), "text-anchor": "end"}, plain(tick)])
  }
  made.push(["text", {class: "label", x: (edge.left + width - edge.right) / 2, y: height - 5,
    "text-anchor": "middle"}, view.x.label])
  return made
}

// A panel: an element, its ``size()`` in px, ``draw(view, size)``, and ``at(event)``, where a pointer is in data.
export function makePanel(name, focusable) {
  const figure = document.createElement("figure")
  const title = document.createElement("figcaption")
  const svg = document.createElementNS(SVG, "svg")
  const back = document.createElementNS(SVG, "g"), marks = document.createElementNS(SVG, "g")
  const clip = document.createElementNS(SVG, "clipPath"), hole = document.createElementNS(SVG, "rect")
  clip.id = `clip-${name}-${Math.random().toString(36).slice(2)}`
  clip.append(hole)
  marks.setAttribute("clip-path", `url(#${clip.id})`)
  svg.append(clip, back, marks)
  figure.className = `panel ${name}`
  figure.append(title, svg)
  if (focusable) svg.setAttribute("tabindex", "0")
  svg.setAttribute("role", focusable ? "application" : "img")
  const keys = focusable ? " Arrow keys move, comma and full stop choose a row, Enter picks it." : ""
  let X = null, Y = null, drawn = null

  function put(group, nodes) {
    nodes.forEach(([tag, attributes, text], place) => {
      let node = group.childNodes[place]
      if (!node || node.tagName !== tag) {
        const fresh = document.createElementNS(SVG, tag)
        if (node) group.replaceChild(fresh, node)
        else group.append(fresh)
        node = fresh
        node.held = {}
      }
      for (const key in attributes) {
        const value = attributes[key]
        if (node.held[key] === value) continue
        if (value === undefined) node.removeAttribute(key)
        else node.setAttribute(key, value)
        node.held[key] = value
      }
      for (const key in node.held) if (!(key in attributes)) { node.removeAttribute(key); delete node.held[key] }
      if (text !== undefined && node.textContent !== text) node.textContent = text
    })
    while (group.childNodes.length > nodes.length) group.lastChild.remove()
  }

  return {
    element: figure,
    svg,
    size: () => [svg.clientWidth || 420, svg.clientHeight || 300],
    draw(view, [width, height]) {
      drawn = view
      const edge = view.bare ? BARE : EDGE
      X = scale(view.x, edge.left, width - edge.right)
      Y = scale(view.y, height - edge.bottom, edge.top)
      title.textContent = view.title
      svg.setAttribute("aria-label", `${view.title}. ${view.alt ?? ""}${keys}`)
      for (const [key, value] of Object.entries({x: edge.left - 3, y: edge.top - 3,
        width: Math.max(0, width - edge.left - edge.right + 6),
        height: Math.max(0, height - edge.top - edge.bottom + 6)})) hole.setAttribute(key, value)
      put(back, frame(view, width, height, edge, X, Y))
      put(marks, view.marks.flatMap((mark) => NODES[mark.kind](mark, X, Y)))
    },
    at(event) {
      const box = svg.getBoundingClientRect()
      return [X.back(event.clientX - box.left), Y.back(event.clientY - box.top)]
    },
    // The row whose dot is nearest, if it is within reach of a finger.
    near(event, reach = 22) {
      const box = svg.getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top
      let best = null, least = reach
      for (const mark of drawn.marks) {
        if (mark.kind !== "dot" || mark.row === undefined) continue
        const far = Math.hypot(X(mark.x) - x, Y(mark.y) - y)
        if (far < least) { best = mark.row; least = far }
      }
      return best
    },
  }
}
