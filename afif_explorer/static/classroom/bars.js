// How many of a class chose what, as bars with numbers.
import {make, picks, say, show} from "./host.js"

const MOST = 8 // bars of rows; the others are added up

export function makeBars(title) {
  const list = make("ul", {class: "bars"}), total = make("p", {class: "total"})
  const element = make("section", {"aria-label": title}, make("h2", {}, title), total, list)
  return {
    element,
    // ``entries``: [label, count, right]; ``hidden``: only how many there are.
    update(entries, present, hidden = false) {
      const all = entries.reduce((sum, [, count]) => sum + count, 0)
      const most = Math.max(1, ...entries.map(([, count]) => count))
      say(total, `${all} of ${present} students`)
      show(list, !hidden)
      list.replaceChildren(...entries.map(([label, count, right]) => {
        const bar = make("span", {class: "bar"})
        bar.style.width = `${(100 * count) / most}%`
        return make("li", {"data-right": String(right)},
          make("span", {class: "label"}, label, ...(right ? [make("b", {}, " (right)")] : [])),
          make("span", {class: "track"}, bar), make("span", {class: "count"}, String(count)))
      }))
    },
  }
}

// The bets on a scene; rows by how often they were picked.
export function bets(scene, counts, revealed) {
  const found = counts[scene.key]?.bet ?? {}
  if (!picks(scene)) return scene.bets.map((text, k) => [text, found[k] ?? 0, revealed && k === scene.right])
  const rows = Object.entries(found).sort((a, b) => b[1] - a[1])
  const few = rows.slice(0, MOST).map(([row, count]) => [`row ${row}`, count, false])
  const others = rows.slice(MOST).reduce((sum, [, count]) => sum + count, 0)
  return others ? [...few, ["other rows", others, false]] : few
}

export function answers(scene, counts) {
  const found = counts[scene.key]?.answer ?? {}
  return scene.question.answers.map(({text, right}, k) => [text, found[k] ?? 0, Boolean(right)])
}
