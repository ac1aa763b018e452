// The teacher's page: the scenes as the class sees them, live bets, and the lead.
import {button, fresh, listen, make, makeHost, makeLinks, post, say} from "./host.js"
import {answers, bets, makeBars} from "./bars.js"

export function start(data, place) {
  let room = {following: false, position: null, present: 0, counts: {}}, known = false
  const host = makeHost(data, () => { lead(); draw() })
  const betBars = makeBars("Bets"), answerBars = makeBars("Answers to the question")
  const follow = button("", () => { room.following = !room.following; lead(); draw() }, {class: "main"})
  const clear = button("Clear bets and answers", () => post("/class/clear", {scene: scene().key}))
  const how = make("p", {class: "note"})
  const code = make("img", {alt: `QR code of ${data.joining.address}`, src: data.joining.code})
  const stage = make("main")
  place.append(
    make("header", {}, make("h1", {}, "Your class"),
      makeLinks(data, make("a", {href: "/class/projector", target: "_blank"}, "Open the projector's page")), host.theme),
    make("div", {class: "columns"}, stage, make("aside", {},
      follow, how, betBars.element, answerBars.element, clear,
      make("details", {}, make("summary", {}, "How to join"), make("p", {}, data.joining.address),
        ...(data.joining.password ? [make("p", {}, "Password: ", make("b", {}, data.joining.password))] : []), code))))
  host.render(stage)
  draw()
  listen("/class/teacher/news", (news) => {
    // A page that is opened again goes on where the class is.
    if (!known && news.position) host.show({state: news.position.state, live: {...fresh(), ...news.position.live}})
    if (!known) room.following = news.following
    known = true
    room = {...news, following: room.following}
    draw()
  })

  function here() {
    return host.position() ?? {state: data.catalogue[0].state, live: fresh()}
  }
  function scene() {
    return data.catalogue.find((one) => one.key === here().state.scene)
  }
  function lead() {
    const {state, live} = here()
    post("/class/lead", {position: {state, live: {revealed: live.revealed}}, following: room.following})
  }
  function draw() {
    follow.setAttribute("aria-pressed", String(room.following))
    say(follow, room.following ? "Let everybody go their own way" : "Everybody follows me")
    say(how, room.following
      ? "All pages show this scene. What you move, open and reveal here, they see."
      : "Students choose their scenes themselves.")
    betBars.update(bets(scene(), room.counts, here().live.revealed), room.present)
    answerBars.update(answers(scene(), room.counts), room.present)
  }
}
