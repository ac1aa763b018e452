// A scene's state as the hash of an address, and back: exactly. Numbers are whole thousandths.

export const VERSION = 1
const LISTS = {points: 4, probe: 2}

const thousandths = (value) => String(Math.round(value * 1000))

function joined(point) {
  const [x, y, label = 0, group = 0] = point
  const parts = [thousandths(x), thousandths(y), String(label), String(group)]
  while (parts.length > 2 && parts.at(-1) === "0") parts.pop()
  return parts.join(",")
}

export function toHash(state) {
  const settings = Object.entries(state.settings).map(([name, value]) => `${name}:${thousandths(value)}`)
  const parts = {
    v: String(VERSION),
    scene: state.scene,
    model: state.model,
    target: state.target,
    points: state.points.map(joined).join(";"),
    probe: state.probe.map(thousandths).join(","),
    rows: state.rows.join(","),
    settings: settings.join(";"),
    hidden: state.hidden.join(","),
  }
  return "#" + Object.entries(parts).map(([name, value]) => `${name}=${value}`).join("&")
}

const WHOLE = /^-?\d{1,9}$/

function whole(text) {
  if (!WHOLE.test(text)) throw new Error(`a link's numbers are whole, not ${text.slice(0, 20)}`)
  return Number(text)
}

const list = (text, apart) => (text ? text.split(apart) : [])

// The state of a hash, with what the scene itself says where the link is silent. Throws an Error with a reason.
export function fromHash(hash, scenes) {
  const given = Object.fromEntries(
    list(hash.replace(/^#/, ""), "&").map((part) => [part.slice(0, part.indexOf("=")), part.slice(part.indexOf("=") + 1)]))
  const scene = scenes.find((one) => one.key === given.scene)
  if (!scene) throw new Error("there is no such scene")
  if (given.v !== undefined && given.v !== String(VERSION)) throw new Error(`it is of version ${given.v.slice(0, 9)}`)
  const state = structuredClone(scene.state)
  if (given.model !== undefined) state.model = among(given.model, ["linear", "logistic", "network"])
  if (given.target !== undefined) state.target = among(given.target, ["chance", "loss", "gap", "slope"])
  if (given.points) state.points = points(given.points)
  if (given.probe) state.probe = numbers(given.probe, 2)
  if (given.rows !== undefined) state.rows = rows(given.rows, state.points.length)
  else state.rows = state.rows.filter((row) => row < state.points.length)
  for (const part of list(given.settings, ";")) {
    const [name, value] = part.split(":")
    const control = scene.controls.find((one) => one.name === name)
    if (!Object.hasOwn(scene.state.settings, name)) throw new Error(`there is no setting ${name.slice(0, 20)}`)
    const number = whole(value ?? "") / 1000
    state.settings[name] = control ? Math.min(control.highest, Math.max(control.lowest, number)) : number
  }
  if (given.hidden !== undefined) state.hidden = list(given.hidden, ",").filter((name) => /^\w{1,20}$/.test(name))
  return state
}

function among(value, values) {
  if (!values.includes(value)) throw new Error(`there is no ${value.slice(0, 20)}`)
  return value
}

function points(text) {
  const found = list(text, ";").map((one) => numbers(one, LISTS.points))
  if (found.length < 2 || found.length > 200) throw new Error("it needs 2 to 200 points")
  if (found.some((one) => ![0, 1].includes(one[2]) || ![0, 1, 2, 3].includes(one[3]))) {
    throw new Error("labels are 0 or 1, and groups 0 to 3")
  }
  return found
}

function numbers(text, count) {
  const found = list(text, ",").map(whole)
  if (found.length < 2 || found.length > count) throw new Error("a point has 2 to 4 numbers")
  while (found.length < count) found.push(0)
  return found.map((value, place) => (place < 2 ? value / 1000 : value))
}

function rows(text, count) {
  const found = list(text, ",").map(whole)
  if (found.some((row) => row < 0 || row >= count)) throw new Error("it names a row that is not there")
  return found
}
