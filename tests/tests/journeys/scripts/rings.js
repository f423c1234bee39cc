// Gives the focus to everything in `root` that Tab reaches, and tells what then shows no ring, or one that is cut off on
// more than two sides. A ring is an outline, a frame around the field that changes, or a line of a drawing.
const within = document.querySelector(root);
const shown = (one) => one.getClientRects().length > 0 && getComputedStyle(one).visibility === "visible";
const all = [...(within?.querySelectorAll("a[href], button, input, select, textarea, [tabindex], [contenteditable='true']") ?? [])];
// In a menu, arrows move.
const items = [...(within?.querySelectorAll("[role^='menuitem']") ?? [])];
all.push(...items.filter((one) => !all.includes(one)));
const reached = all.filter((one) => (one.tabIndex >= 0 || items.includes(one)) && !one.disabled && shown(one) && !one.closest("[inert]"));
const frame = (one) => {
  const parts = [];
  for (let at = one, up = 0; at && up < 4; at = at.parentElement, up++) {
    const style = getComputedStyle(at);
    if (items.includes(one) && up === 0) parts.push(style.backgroundColor);
    parts.push(style.outlineStyle === "none" ? "" : style.outlineWidth, style.borderTopColor, style.boxShadow);
  }
  if (one instanceof SVGElement) for (const part of one.children) parts.push(getComputedStyle(part).stroke);
  return parts.join("|");
};
const clipped = (one) => {
  const box = one.getBoundingClientRect();
  const sides = { left: box.left - 1, top: box.top - 1, right: box.right + 1, bottom: box.bottom + 1 };
  const style = getComputedStyle(one);
  if (parseFloat(style.outlineOffset) < 0) return 0;
  const cut = new Set();
  for (let at = one.parentElement; at; at = at.parentElement) {
    const { overflowX, overflowY } = getComputedStyle(at);
    if (overflowX === "visible" && overflowY === "visible") continue;
    const edge = at.getBoundingClientRect();
    if (overflowX !== "visible" && sides.left < edge.left) cut.add("left");
    if (overflowX !== "visible" && sides.right > edge.right) cut.add("right");
    if (overflowY !== "visible" && sides.top < edge.top) cut.add("top");
    if (overflowY !== "visible" && sides.bottom > edge.bottom) cut.add("bottom");
  }
  return cut.size;
};
const before = document.activeElement;
const without = [];
for (const one of reached) {
  document.activeElement?.blur();
  const plain = frame(one);
  one.focus({ focusVisible: true });
  if (document.activeElement !== one) continue;
  // Where there is nothing else, it is known where the focus is, and the caret is there.
  if (frame(one) === plain && reached.length > 1) without.push(`no ring: ${one.outerHTML.slice(0, 160)}`);
  else if (clipped(one) > 2) without.push(`its ring is cut off: ${one.outerHTML.slice(0, 160)}`);
}
if (before instanceof HTMLElement) before.focus({ preventScroll: true });
return { reached: reached.length, without };
