import type { Row } from "../ipc";
import type { MenuValue } from "./menu";

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
