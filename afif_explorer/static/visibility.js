// Reports when this element comes near the screen, and when it leaves.

const NEAR = "300px" // at this distance its content should be up to date

export function render({model}) {
  const mark = document.createElement("span")
  const observer = new IntersectionObserver((entries) => {
    model.send_msg({near: entries.at(-1).isIntersecting})
  }, {rootMargin: NEAR})
  observer.observe(mark)
  model.on("remove", () => observer.disconnect())
  return mark
}
