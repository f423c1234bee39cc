import { pageSize } from "./windowing";

export const ROW_HEIGHT = 32;

/** How many rows a page key moves by, from the height of the list on the screen. */
export function pageRows(): number {
  return pageSize(document.querySelector("[role=grid]")?.clientHeight ?? 10 * ROW_HEIGHT, ROW_HEIGHT);
}
