import type { Row } from "../ipc";
import { menuValue, type MenuValue } from "./menu";
import { termAt } from "./value-click";
import { valueOfElement } from "./value-source";

/** What stands where a row of the list was clicked. */
export function valueAt(row: Row, target: EventTarget | null): MenuValue | null {
  const term = termAt(target);
  if (term !== null) return menuValue(term);
  const cell = target instanceof Element ? target.closest(".cause, [role=gridcell]") : null;
  return cellValue(row, cell?.classList[0] ?? "");
}

/** The value at an element of the detail; of a line or its button, the value that stands in the line. */
export function valueNear(target: EventTarget | null): MenuValue | null {
  const element = target instanceof Element ? target : null;
  const told = valueOfElement(element);
  if (told !== null) return told;
  const term = termAt(target);
  if (term !== null) return menuValue(term);
  const line = element?.closest("[role=treeitem], li, dd") ?? null;
  const inLine = termAt(line?.querySelector("[data-field]") ?? null);
  return inLine && menuValue(inLine);
}

/** What a cell of the list shows, as a search asks for it; null where it shows nothing that can be asked for. */
export function cellValue(row: Row, cell: string): MenuValue | null {
  switch (cell) {
    case "c-verdict":
      return { field: "verdict", value: row.grace_until === null ? row.outcome : "old-secret" };
    case "cause":
      return { field: "reason", value: row.reason };
    case "c-event":
      return row.event_type === null || row.event_type.trim() === "" ? null : { field: "type", value: row.event_type };
    case "c-pointer":
      return row.pointer === null ? null : { field: "job", value: row.pointer };
    case "c-scheme":
      return row.scheme === null ? null : { field: "scheme", value: row.scheme };
    case "c-answer":
      return row.status === 0 ? null : { field: "answer", value: String(row.status) };
    case "c-tries":
      return row.attempts > 1 ? { field: "attempts", value: String(row.attempts) } : null;
    default:
      return null;
  }
}
