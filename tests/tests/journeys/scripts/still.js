// Stops the window's time at `at` (Unix milliseconds), and what moves by itself or is another in every run: the caret,
// scrollbars that fade, and of the Sandbox its clock, its port and the end of its secret.
const Running = Date;
window.Date = class extends Running {
  constructor(...given) {
    super(...(given.length === 0 ? [at] : given));
  }
  static now() {
    return at;
  }
};
const sheet = new CSSStyleSheet();
sheet.replaceSync(`
  * { caret-color: transparent !important; scrollbar-width: none !important; }
  *::-webkit-scrollbar { display: none !important; }
  .cm-cursor { visibility: hidden !important; }
  [data-testid="clock-now"], [data-testid="sandbox"] .clock > .date { display: none !important; }
  [data-testid="sandbox-address"], [data-testid="webhook-card"][data-builtin="true"] .facts { visibility: hidden !important; }
`);
document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
