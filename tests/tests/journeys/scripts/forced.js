// Puts the page into forced colours, as far as a page can: WebKitGTK has none of its own. What the system does to every
// element comes first, then the window's own rules for it.
const rules = [];
const gather = (list) => {
  for (const rule of list) {
    if (rule instanceof CSSMediaRule && rule.conditionText.includes("forced-colors")) {
      for (const inner of rule.cssRules) rules.push(inner.cssText.replaceAll(";", " !important;"));
    } else if (rule.cssRules && !(rule instanceof CSSStyleRule)) gather(rule.cssRules);
  }
};
for (const sheet of document.styleSheets) gather(sheet.cssRules);
const forced = new CSSStyleSheet();
forced.replaceSync(`
  *, *::before, *::after {
    color: CanvasText !important; border-color: CanvasText !important; outline-color: Highlight !important;
    box-shadow: none !important; text-shadow: none !important; background-image: none !important;
    background-color: transparent !important;
  }
  :root, .dialog, .menu, .tip, button, input, select, textarea { background-color: Canvas !important; }
  ${rules.join("\n")}
`);
window.unforced = document.adoptedStyleSheets;
document.adoptedStyleSheets = [...document.adoptedStyleSheets, forced];
return rules.length;
