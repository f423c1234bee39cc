import type { Areas } from "../../state/context";

/** Frames that are waited for a tab to show its payload. */
const FRAMES = 30;

const box = () => document.querySelector<HTMLInputElement>("#panel [data-testid=json-find]");

/** To where a text is looked for in the open delivery's payload; its tab is opened for it. False: none is open. */
export function findInPayload(app: Pick<Areas, "detail" | "screen">): boolean {
  if (app.detail.detail === null) return false;
  if (app.screen.narrow) app.screen.covering = true;
  if (box() === null) app.detail.tab = "body";
  let left = FRAMES;
  const go = () => {
    const found = box();
    found?.focus();
    found?.select();
    if (!found && left-- > 0) requestAnimationFrame(go);
  };
  go();
  return true;
}
