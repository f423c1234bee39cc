import type { Detail } from "../ipc/generated";
import { count } from "./format";

/** Why only a part of a body is there, and how much of it. Empty where it is whole. */
export function partNote({ body, headers, verdict }: Pick<Detail, "body" | "headers" | "verdict">): string {
  if (!body.truncated) return "";
  // Without a length in front, what came before it was cut off is all that is known.
  const declared = headers.some((header) => header.name.toLowerCase() === "content-length");
  const more = body.sha256 === null && !declared ? "at least " : "";
  const kept =
    body.kept_len < body.len
      ? `Pollux kept the first ${count(body.kept_len)} of ${more}${count(body.len)} bytes.`
      : `Pollux kept the ${count(body.kept_len)} bytes that arrived.`;
  return `${why(body.sha256, verdict.reason)} ${kept}`;
}

function why(sha256: string | null, reason: string): string {
  if (sha256 !== null) return "Only the beginning of a rejected body is kept.";
  if (reason === "body_too_large") return "The body is longer than the limit.";
  if (reason === "body_timed_out") return "The body did not arrive in time.";
  if (reason === "body_cut_short") return "The body was cut short on the way.";
  return "This is not the whole body.";
}
