import { clockText } from "./dates";
import { NO_JOBS, openIn } from "./day";
import { count, plural } from "./format";
import { total } from "./histogram";
import type { Facts } from "./overview-facts";
import { jobWords, troubleIn, type StateRow } from "./overview-rows";

/** One hour in words: what came, and what did not stand. */
export function hourWords(
  facts: Facts,
  rows: readonly StateRow[],
  usual: readonly (number | null)[],
  hour: number,
): string {
  const [from = 0, to = 0] = [facts.edges[hour], facts.edges[hour + 1]];
  const bucket = facts.day?.hours[hour];
  const all = bucket ? total(bucket) : 0;
  const parts = [`${clockText(from)}–${clockText(to)}`];
  const open = openIn(facts.states?.listener ?? [], from, to, facts.now);
  if (!bucket) parts.push("not counted yet");
  else if (all === 0 && open === "none") parts.push("Pollux was not listening");
  else if (all === 0 && facts.states !== null && open === null) parts.push("not known");
  else {
    const rejected = bucket.rejected > 0 ? `, ${count(bucket.rejected)} rejected` : "";
    parts.push(`${plural(all, "delivery", "deliveries")}${rejected}`);
  }
  const mean = usual[hour] ?? null;
  if (mean !== null) parts.push(`usually ${count(Math.round(mean))}`);
  const jobs = facts.states?.jobs[hour] ?? NO_JOBS;
  if (jobWords(jobs) !== "none ended") parts.push(`jobs: ${jobWords(jobs)}`);
  return [...parts, ...troubleIn(rows, from, Math.min(to, facts.now))].join(" · ");
}
