import type { Detail } from "../ipc/generated";

/** The `webhook-id` of an opened delivery, whole: rows hold the beginning of a very long one. */
export function messageIdOf(detail: Pick<Detail, "headers" | "row">): string | null {
  const id = detail.row.message_id;
  if (id === null) return null;
  const header = detail.headers.find((one) => one.name.toLowerCase() === "webhook-id" && one.value.startsWith(id));
  return header?.value ?? id;
}
