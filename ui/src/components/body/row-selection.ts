import type { RowIndex } from "../../lib/byte-rows";
import { asDrawn } from "../../lib/row-parts";

/**
 * What is selected in rows of which only those in sight are in the page. The two at the ends of a selection are kept
 * there, so that it stays; what is between them is taken from the bytes when it is copied.
 */

const elementAt = (node: Node | null): HTMLElement | null =>
  (node instanceof HTMLElement ? node : (node?.parentElement ?? null))?.closest<HTMLElement>("[data-row]") ?? null;

const numberOf = (row: HTMLElement): number => Number(row.dataset.row);

/** The numbers of the rows in which the selection begins and ends, as far as these are in `body`. */
export function selectedRows(body: HTMLElement, selection: Selection | null): number[] {
  if (!selection || selection.isCollapsed) return [];
  return [selection.anchorNode, selection.focusNode].flatMap((node) => {
    const row = elementAt(node);
    return row && body.contains(row) ? [numberOf(row)] : [];
  });
}

/** The selected text as it is drawn; null where the page knows it all itself. */
export function selectedText(body: HTMLElement, selection: Selection | null, index: RowIndex): string | null {
  if (!selection || selection.rangeCount === 0) return null;
  const range = selection.getRangeAt(0);
  const [first, last] = [elementAt(range.startContainer), elementAt(range.endContainer)];
  if (!first || !last || first === last || !body.contains(first) || !body.contains(last)) return null;
  const [from] = index.rows(numberOf(first), numberOf(first) + 1);
  const [to] = index.rows(numberOf(last), numberOf(last) + 1);
  if (!from || !to) return null;
  const [head, tail] = [document.createRange(), document.createRange()];
  head.setStart(range.startContainer, range.startOffset);
  head.setEnd(first, first.childNodes.length);
  tail.setStart(last, 0);
  tail.setEnd(range.endContainer, range.endOffset);
  const lineEnd = /\r?\n$/.exec(index.text(from))?.[0] ?? "";
  const between = asDrawn(index.text({ start: from.end, end: to.start }));
  return head.toString() + lineEnd + between + tail.toString();
}

/** Selects from the first row to the last, both of which are in the page. */
export function selectAll(body: HTMLElement, selection: Selection | null): void {
  const rows = body.querySelectorAll("[data-row]");
  const [first, last] = [rows[0], rows[rows.length - 1]];
  if (first && last) selection?.setBaseAndExtent(first, 0, last, last.childNodes.length);
}
