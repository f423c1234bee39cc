import type { PingBy, Row } from "../ipc/generated";
import { bytes } from "./format";

/**
 * What tells one row from another: its type, that it is a ping, or how it was asked. `mark`: what stands beside a type.
 */
export type RowLabel =
  | { is: "type"; text: string; mark: "known" | "unknown" | "ping" }
  | { is: "ping" }
  | { is: "request"; method: string; path: string; size: string }
  | { is: "nothing" };

/** The type of the payload; null where it says nothing, as white space does. */
export function typeOf(row: Pick<Row, "event_type">): string | null {
  return row.event_type?.trim() ? row.event_type : null;
}

export function rowLabel(row: Row): RowLabel {
  const type = typeOf(row);
  // "Ping ping" says no more than "Ping".
  if (row.ping !== null && (type === null || type.toLowerCase() === "ping")) return { is: "ping" };
  if (type !== null)
    return { is: "type", text: type, mark: row.ping !== null ? "ping" : row.known_type ? "known" : "unknown" };
  return row.request === null ? { is: "nothing" } : { is: "request", ...row.request, size: bytes(row.body_len) };
}

/** How a ping is known as one. */
export const PING_BY: Record<PingBy, string> = {
  asked: "The ping that was requested from Pollux: a secret of its webhook verified it",
  type: "A ping by its type, the one that the Sandbox and the emulator use",
};
