// Tells whether the window would scroll sideways, and which controls in `root` are cut off where nothing can scroll to
// them, or are too small for what they say.
const wrong = [];
const page = document.documentElement;
for (const one of [page, document.body, document.querySelector("#app"), document.querySelector("main")])
  if (one && one.scrollWidth > one.clientWidth + 1) wrong.push(`${one.tagName} is ${one.scrollWidth} px wide in ${one.clientWidth}`);
const within = document.querySelector(root) ?? document.body;
const controls = within.querySelectorAll("button, input, select, textarea, a[href], [role=tab], [role=switch]");
for (const one of controls) {
  const style = getComputedStyle(one);
  if (one.getClientRects().length === 0 || style.visibility !== "visible" || one.closest(".vh, [aria-hidden=true]")) continue;
  one.scrollIntoView({ block: "nearest", inline: "nearest" });
  if (one.matches("button") && style.overflowX === "visible" && one.scrollWidth > one.clientWidth + 2)
    wrong.push(`its words stand over its edge (${one.scrollWidth} px in ${one.clientWidth}): ${one.outerHTML.slice(0, 160)}`);
  const box = one.getBoundingClientRect();
  let [left, right] = [0, page.clientWidth];
  for (let at = one.parentElement; at; at = at.parentElement) {
    if (getComputedStyle(at).overflowX === "visible") continue;
    const edge = at.getBoundingClientRect();
    [left, right] = [Math.max(left, edge.left), Math.min(right, edge.right)];
  }
  if (box.left < left - 1.5 || box.right > right + 1.5)
    wrong.push(`cut off (${Math.round(box.left)} to ${Math.round(box.right)} in ${Math.round(left)} to ${Math.round(right)}): ${one.outerHTML.slice(0, 160)}`);
}
return wrong;
