import type { IdFound, JobView, NamedWebhook, Outbound, Row } from "../ipc/generated";
import { ago, count, plural, took } from "./format";
import { visible } from "./invisible";
import { KINDS, phaseMark, titleOf } from "./jobs";
import type { Entry } from "./palette";
import type { ReadId } from "./palette-id";
import { term } from "./query-text";
import { outboundMark } from "./replay";
import { typeOf } from "./row-label";
import { rowVerdict, type Mark } from "./verdict";
import { called, webhookMark } from "./webhooks";

/** What is known of an id that was typed or pasted. `found`: null while it is being looked for. */
export type IdKnown = {
  read: ReadId;
  found: IdFound | null;
  /** What was sent on of the delivery, the newest first. */
  sent: readonly Outbound[] | null;
  /** How many deliveries have it in their headers or bodies. */
  within: number | null;
};
/** `keyed`: the project whose key a look-up at the service would use; null: there is none with a key. */
export type IdAround = { now: number; nameOf: (id: number) => string | null; keyed: string | null };

const BARE = { key: null, sub: "", also: "", caps: [], end: "", off: null } satisfies Partial<Entry>;
/** As many as the back end tells of one delivery. */
const MOST_SENT = 200;
/** What is shorter is more likely a word that was mistyped. */
const LONG = 12;

/** `batch.succeeded · Rejected, 412 s too old · 16 min ago` */
function deliveryWords(row: Row, now: number): { sub: string; mark: Mark } {
  const verdict = rowVerdict(row, now);
  const said = verdict.cause === "" ? verdict.word : `${verdict.word}, ${visible(verdict.cause)}`;
  const type = visible(typeOf(row) ?? "no event type");
  return { sub: `${type} · ${said} · ${ago(row.received_ms, now)}`, mark: verdict };
}

function jobWords(job: JobView, nameOf: IdAround["nameOf"]): string {
  const project = visible(nameOf(job.project) ?? "");
  return [visible(titleOf(job).text), phaseMark(job).word, project].filter(Boolean).join(" · ");
}

const hookWords = (hook: NamedWebhook, nameOf: IdAround["nameOf"]) =>
  [visible(called(hook)), visible(nameOf(hook.project) ?? "")].filter(Boolean).join(" · ");

/** The entries of an id. What has it comes first; what may be a word and leads nowhere has none. */
export function idEntries(known: IdKnown, around: IdAround): Entry[] {
  const { read, found } = known;
  const { id, kind } = read;
  if (found === null)
    return kind === "any"
      ? []
      : [{ ...BARE, group: "id", label: GO[kind], off: "looking for it…", waits: true, run: { does: "nothing" } }];
  const targets = [
    ...(found.delivery ? deliveryEntries(id, found.delivery, around.now) : []),
    ...found.jobs.map((job) => jobEntry(id, job, around)),
    ...found.webhooks.map((hook) => hookEntry(hook, around)),
  ];
  const none = targets.length === 0;
  if (kind === "any" && none && !known.within && id.length < LONG) return [];
  const nowhere: Entry[] =
    none && kind !== "any"
      ? [{ ...BARE, group: "id", label: GO[kind], off: NOT_HERE[kind], run: { does: "nothing" } }]
      : [];
  const copy: Entry = {
    ...BARE,
    group: none ? "elsewhere" : "id",
    label: "Copy the whole id",
    sub: visible(id),
    run: { does: "copy", text: id },
  };
  return [...targets, ...nowhere, copy, ...elsewhere(known), ...service(known, around)];
}

const GO = { message: "Go to delivery", number: "Go to delivery", job: "Open the job" };
const NOT_HERE = {
  message: "no delivery with this id is kept",
  number: "no delivery with this number is kept",
  job: "no project here knows this job",
};

function deliveryEntries(id: string, row: Row, now: number): Entry[] {
  const run = (tab: "attempts" | "replays" | null): Entry["run"] => ({ does: "delivery", id: row.id, tab });
  const go: Entry = {
    ...BARE,
    ...deliveryWords(row, now),
    key: `id:${id}`,
    group: "id",
    label: "Go to delivery",
    run: run(null),
  };
  if (row.message_id === null) return [go];
  const attempts = `${count(row.attempts)} so far`;
  return [go, { ...BARE, group: "id", label: "All attempts of this event", sub: attempts, run: run("attempts") }];
}

function jobEntry(id: string, job: JobView, { nameOf }: IdAround): Entry {
  return {
    ...BARE,
    key: `id:${id}`,
    group: "id",
    label: `Open the ${KINDS[job.kind].one}`,
    sub: jobWords(job, nameOf),
    run: { does: "job", project: job.project, name: job.name },
  };
}

function hookEntry(hook: NamedWebhook, { nameOf }: IdAround): Entry {
  const mark = webhookMark(hook.state);
  return {
    ...BARE,
    key: `webhook:${hook.project}:${hook.id}`,
    group: "id",
    label: "Go to webhook",
    sub: `${hookWords(hook, nameOf)} · ${mark.word}`,
    mark,
    run: { does: "webhook", project: hook.project, id: hook.id },
  };
}

function elsewhere({ read, found, sent, within }: IdKnown): Entry[] {
  const entries: Entry[] = [];
  if (found?.delivery)
    entries.push({
      ...BARE,
      group: "elsewhere",
      label: "Replays and forwards of it",
      sub: sentWords(sent),
      off: sent?.length === 0 ? "it was not sent on" : null,
      run: { does: "delivery", id: found.delivery.id, tab: "replays" },
    });
  // A number stands in nearly every body.
  if (read.kind !== "number")
    entries.push({
      ...BARE,
      group: "elsewhere",
      label: "Find it in headers and bodies",
      sub: withinWords(within, found?.delivery ?? null),
      off: within === 0 ? "no delivery has it" : null,
      run: { does: "find", query: term("", read.id) },
    });
  return entries;
}

function sentWords(sent: IdKnown["sent"]): string {
  const [last] = sent ?? [];
  if (!sent || !last) return "";
  const after = last.total_us === null ? "" : ` in ${took(last.total_us)}`;
  const many = sent.length < MOST_SENT ? count(sent.length) : `${count(MOST_SENT)} or more`;
  return `${many}, the last ${outboundMark(last).word}${after}`;
}

function withinWords(within: number | null, delivery: Row | null): string {
  if (within === null || within === 0) return "";
  return within === 1 && delivery ? "only this delivery" : plural(within, "delivery", "deliveries");
}

function service({ read, found }: IdKnown, { keyed }: IdAround): Entry[] {
  const of = found?.webhooks.length
    ? "webhooks are listed as a whole: refresh them"
    : read.kind === "message" || read.kind === "number" || (found?.delivery && !found.jobs.length)
      ? "an event has no address there; paste a job’s id"
      : keyed === null
        ? "there is no API key to ask with"
        : null;
  return [
    {
      ...BARE,
      group: "service",
      label: "Look it up at the service",
      sub: of === null && keyed !== null ? `as a job, with the key of ${visible(keyed)}` : "",
      off: of,
      run: { does: "look-up", text: read.id },
    },
  ];
}

/** One that was gone to lately. `found`: what has it now; null while it is being looked for. */
export function recentIdEntry(id: string, atMs: number, found: IdFound | null, around: IdAround): Entry {
  const [job] = found?.jobs ?? [];
  const words = found?.delivery
    ? deliveryWords(found.delivery, around.now)
    : { sub: job ? jobWords(job, around.nameOf) : "" };
  const run: Entry["run"] = found?.delivery
    ? { does: "delivery", id: found.delivery.id, tab: null }
    : job
      ? { does: "job", project: job.project, name: job.name }
      : { does: "nothing" };
  return {
    ...BARE,
    ...words,
    key: `id:${id}`,
    group: "recent",
    label: visible(id),
    also: "id pasted",
    end: ago(atMs, around.now),
    off: found === null ? "looking for it…" : run.does === "nothing" ? "it is no longer kept" : null,
    mono: true,
    run,
  };
}
