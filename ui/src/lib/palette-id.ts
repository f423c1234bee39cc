/**
 * `message`: a `webhook-id` as the service writes it; `number`: a delivery's; `job`: the id or name of a batch, an
 * interaction or a video; `any`: what may be one of them, or a word.
 */
export type IdKind = "message" | "number" | "job" | "any";
export type ReadId = { id: string; kind: IdKind };

/** Longer than any id that is kept. */
const LONGEST = 1024;
const JOB = /^(batches|interactions|operations)\/[^/]+$|(^|\/)(batches|interactions|operations)\/[^/?#]+([?#].*)?$/;

/** What was typed or pasted, where it looks like an id; what copying leaves around one is dropped. */
export function readId(typed: string): ReadId | null {
  const id = typed
    .trim()
    .replace(/^"?(webhook-id|id)"?\s*[:=]\s*/i, "")
    .replace(/[,;]$/, "")
    .replace(/^(["'`])(.*)\1$/, "$2");
  if (id === "" || id.length > LONGEST || /\s/.test(id)) return null;
  if (/^#?\d{1,15}$/.test(id)) return { id, kind: "number" };
  if (/^msg_./.test(id)) return { id, kind: "message" };
  if (/^(v1_|int_)\w/.test(id) || JOB.test(id)) return { id, kind: "job" };
  // A word has no digit, and a short one with a digit is a name.
  if (/^[\w.:/+=@-]{8,}$/.test(id) && /\d/.test(id)) return { id, kind: "any" };
  return null;
}
