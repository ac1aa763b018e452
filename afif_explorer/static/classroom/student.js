// A student's page: the scenes; bets and answers are sent to the class, and the teacher may lead.
import {fresh, listen, make, makeHost, makeLinks, picks, post, show} from "./host.js"

export function start(data, place) {
  const sent = {}
  const host = makeHost(data, report)
  const led = make("p", {class: "led", role: "status", hidden: true}, "Your teacher leads. Bet, then look up.")
  const stage = make("main")
  place.append(
    make("header", {}, make("h1", {}, "Influence, by touch"), led, makeLinks(data), host.theme),
    stage)
  host.render(stage)
  listen("/class/news", hear)

  function report({state, live}) {
    const bet = picks(named(state.scene)) ? (live.revealed ? undefined : state.rows[0]) : live.bet
    for (const [kind, value] of [["bet", bet], ["answer", live.answer]]) {
      const key = `${state.scene} ${kind}`
      if (value === undefined || value === (sent[key] ?? null)) continue
      sent[key] = value
      post("/class/choose", {scene: state.scene, kind, value})
    }
  }

  function hear({following, position}) {
    show(led, following)
    if (!following || !position) return
    host.show(joined(host.position(), position, picks(named(position.state.scene))))
  }

  function named(key) {
    return data.catalogue.find((one) => one.key === key)
  }
}

// The teacher's position with what is the student's own: bet and answer, and the row if that is the bet.
function joined(own, led, picked) {
  const state = structuredClone(led.state), same = own?.state.scene === state.scene
  const live = same ? {...own.live} : fresh()
  if (same && picked) state.rows = own.state.rows.filter((row) => row < state.points.length)
  live.revealed = led.live?.revealed === true
  return {state, live}
}
