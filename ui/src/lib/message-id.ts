import type { Detail } from "../ipc/generated";

/** The `webhook-id` of an opened delivery, whole: a row has none where it is longer than an event's id may be. */
export function messageIdOf(detail: Pick<Detail, "headers" | "row">): string | null {
  const id = detail.row.message_id;
  const [whole, ...others] = detail.headers
    .filter((one) => one.name.toLowerCase() === "webhook-id")
    .map((one) => one.value);
  // Where there are several, none of them is the id.
  return whole && others.length === 0 && whole.startsWith(id ?? "") ? whole : id;
}
