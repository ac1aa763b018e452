// What the class sees on the wall: how to join, then the teacher's scene. Bets show once they are revealed.
import {fresh, listen, make, makeHost, show} from "./host.js"
import {bets, makeBars} from "./bars.js"

export function start(data, place) {
  const host = makeHost(data, () => {})
  const bars = makeBars("Your bets"), stage = make("main")
  const code = make("img", {alt: `QR code of ${data.joining.address}`, src: data.joining.code})
  const join = make("section", {class: "join"}, make("h1", {}, "Join on your own screen"), code,
    make("p", {class: "address"}, data.joining.address),
    ...(data.joining.password ? [make("p", {class: "address"}, "Password: ", make("b", {}, data.joining.password))] : []))
  const wall = make("div", {class: "columns wall", hidden: true}, stage, make("aside", {}, bars.element))
  place.append(join, wall)
  host.render(stage)
  listen("/class/teacher/news", ({following, position, present, counts}) => {
    show(join, !following || !position)
    show(wall, following && Boolean(position))
    if (!following || !position) return
    const revealed = position.live?.revealed === true
    host.show({state: {...position.state, hidden: [...position.state.hidden, "scenes"]}, live: {...fresh(), revealed}})
    const scene = data.catalogue.find((one) => one.key === position.state.scene)
    bars.update(bets(scene, counts, revealed), present, !revealed)
  })
}
