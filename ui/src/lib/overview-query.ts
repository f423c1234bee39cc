import type { DayCause } from "../ipc/generated";
import { quoted, term, withProject, withRange } from "./query-text";

/** The searches that the overview opens: of one project or all, and of nothing else than what was clicked. */

/** All that arrived in [from, to); null: until now. */
export function timeQuery(project: string | null, from: number, to: number | null): string {
  return withRange(withProject("", project), from, to);
}

/** Those of one verdict since a moment. `verified`: also with an old secret. */
export function verdictQuery(project: string | null, verdict: string, from: number): string {
  return withRange(withProject(term("verdict", verdict), project), from, null);
}

/** Those with one cause since a moment: just as many as were counted. */
export function causeQuery(cause: DayCause, all: readonly DayCause[], from: number, project: string | null): string {
  const verdict = term("verdict", cause.outcome);
  if (cause.reason === "") return withRange(withProject(verdict, project), from, null);
  // A part of another reason would find that one, too.
  const within = all.some((one) => one.reason !== cause.reason && one.reason.includes(cause.reason));
  const reason = `reason:${within ? "=" : ""}${quoted(cause.reason)}`;
  return withRange(withProject(`${verdict} ${reason}`, project), from, null);
}
