// Tells what is chosen and looks like its neighbours that are not, by nothing but what forced colours leave: lines,
// weight, signs, and the system's colours of what is chosen.
const STATES = [
  ["aria-selected", "true"],
  ["aria-current", "page"],
  ["aria-checked", "true"],
  ["aria-pressed", "true"],
];
const shown = (one) => one.getClientRects().length > 0 && getComputedStyle(one).visibility === "visible";
const own = (one, pseudo = null) => {
  const style = getComputedStyle(one, pseudo);
  if (pseudo !== null && style.content === "none") return "";
  const line = (side) =>
    style[`border${side}Style`] === "none" || parseFloat(style[`border${side}Width`]) === 0
      ? ""
      : `${style[`border${side}Width`]} ${style[`border${side}Color`]}`;
  const outline = style.outlineStyle === "none" ? "" : `${style.outlineWidth} ${style.outlineColor}`;
  return [
    outline,
    ...["Top", "Right", "Bottom", "Left"].map(line),
    style.fontWeight,
    style.textDecorationLine,
    style.backgroundColor,
    style.visibility,
    pseudo === null ? "" : style.transform,
  ].join("|");
};
const look = (one) =>
  [
    own(one),
    own(one, "::before"),
    own(one, "::after"),
    ...[...one.querySelectorAll("svg, .tick, .box-mark, .dot, .knob")].filter(shown).map((part) => part.tagName + own(part)),
  ].join(";");
const alike = [];
for (const [name, value] of STATES) {
  for (const one of document.querySelectorAll(`[${name}="${value}"]`)) {
    if (!shown(one) || one === document.activeElement) continue;
    const others = [...(one.parentElement?.children ?? [])].filter(
      (other) => other !== one && other.tagName === one.tagName && shown(other) && other.getAttribute(name) !== value,
    );
    if (others.length > 0 && others.some((other) => look(other) === look(one)))
      alike.push(`${name} looks like its neighbours: ${one.outerHTML.slice(0, 160)}`);
  }
}
return alike;
