/**
 * What is typed into: there the system's menu cuts, copies, pastes and corrects. The editor of code is a
 * `contenteditable`.
 */
const FIELDS =
  "textarea, [contenteditable]:not([contenteditable=false]), input:not([type=checkbox], [type=radio], [type=range], [type=button], [type=submit], [type=reset], [type=file], [type=color], [type=image])";

/**
 * Hides the engine's menu elsewhere: it is a browser's (Back, Forward, Reload), and this is not a page. What is
 * selected is copied with Ctrl+C.
 */
export function suppressMenu(event: Event): void {
  const node = event.target;
  const element = node instanceof Element ? node : node instanceof Node ? node.parentElement : null;
  if (element?.closest(FIELDS)) return;
  event.preventDefault();
}
