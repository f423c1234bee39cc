import type { DayJobs, Span } from "../ipc/generated";
import { clockText, dayText } from "./dates";
import { jobsIn, jobsOf, shareAt } from "./day";
import { bytes, count, plural, span, took, withUnit } from "./format";
import { visible } from "./invisible";
import { hasKey, type Facts } from "./overview-facts";
import { endingSoon } from "./overview-own";
import { clockOf, lengthOf } from "./jobs";
import { probeMark, providerName } from "./tunnel";
import { failed } from "./webhooks";

/** A part of a lane on the day's axis, from 0 to 1. `words`: for who points at it, and for who reads an hour. */
export type Part = {
  from: number;
  to: number;
  fromMs: number;
  toMs: number;
  tone: "base" | "no" | "warn";
  words: string;
};
export type Bar = { at: number; width: number; size: number };
export type Ring = { at: number; ms: number; words: string };

/** A line of the card: what, how it stands, and its day. */
export type StateRow = {
  id: "webhooks" | "tunnel" | "listener" | "forward" | "jobs" | "secrets" | "disk";
  label: string;
  tone: "ok" | "no" | "warn" | "un";
  value: string;
  /** In place of a lane. */
  text: string | null;
  /** How full, 0 to 1, in place of a lane. */
  meter: number | null;
  parts: Part[];
  bars: Bar[];
  rings: Ring[];
};

const plain = (id: StateRow["id"], label: string): StateRow => ({
  id,
  label,
  tone: "un",
  value: "",
  text: null,
  meter: null,
  parts: [],
  bars: [],
  rings: [],
});

/** An end that moves by so little is no end: what is noted every few seconds reaches to now. */
const RESTART_MS = 60_000;

export function rowsOf(facts: Facts): StateRow[] {
  const forward = facts.forwards.some(
    (one) => one.rule.on && facts.projects.some((project) => project.id === one.rule.project),
  );
  return [
    webhookRow(facts),
    tunnelRow(facts),
    listenerRow(facts),
    ...(forward ? [forwardRow(facts)] : []),
    jobRow(facts),
    secretRow(facts),
    diskRow(facts),
  ];
}

function part(facts: Facts, fromMs: number, toMs: number, tone: Part["tone"], words: string): Part {
  return { from: shareAt(facts.edges, fromMs), to: shareAt(facts.edges, toMs), fromMs, toMs, tone, words };
}

/** The ground of a lane: where Pollux ran, and so could see what it tells of. */
function ground(facts: Facts): Part[] {
  const open = (facts.states?.listener ?? []).filter((one) => one.up);
  return open.map((one) => part(facts, one.from_ms, one.to_ms, "base", ""));
}

/** `12:04–12:20` */
export const timesOf = (fromMs: number, toMs: number): string => `${clockText(fromMs)}–${clockText(toMs)}`;

function webhookRow(facts: Facts): StateRow {
  const row = plain("webhooks", "Webhooks");
  const asked = facts.projects.filter(hasKey);
  const reads = asked.map((project) => facts.boards.get(project.id));
  const hooks = reads.flatMap((read) => read?.board?.webhooks ?? []);
  const unread = reads.filter((read) => (read?.board?.refreshed_ms ?? null) === null);
  const stale = reads.some((read) => (read?.error ?? read?.board?.error ?? null) !== null);
  const on = hooks.filter((one) => one.state === "enabled").length;
  const bad = hooks.filter(failed).length;
  const earlier = hooks.some((one) => one.place === "earlier");
  const down = (facts.states?.webhooks ?? []).map((one) =>
    part(
      facts,
      one.from_ms,
      one.to_ms,
      one.failed ? "no" : "warn",
      `“${visible(one.name)}” ${one.failed ? "disabled by failures" : "disabled"}`,
    ),
  );
  row.parts = [...(asked.length > 0 ? ground(facts) : []), ...down];
  if (asked.length === 0) row.value = "no API key";
  else if (unread.length === reads.length) row.value = stale ? "could not be asked" : "not asked yet";
  else if (hooks.length === 0) row.value = "none";
  else
    row.value =
      on === hooks.length
        ? `${count(on)} enabled`
        : bad > 0
          ? `${count(bad)} of ${count(hooks.length)} disabled`
          : `${count(on)} of ${count(hooks.length)} enabled`;
  if (bad > 0 || earlier) row.tone = "no";
  else if (hooks.length > 0 && on === 0) row.tone = "warn";
  else row.tone = hooks.length > 0 && unread.length === 0 && !stale ? "ok" : "un";
  return row;
}

function tunnelRow(facts: Facts): StateRow {
  const row = plain("tunnel", "Tunnel");
  const { state, provider, latency_ms, probe } = facts.tunnel;
  row.parts = (facts.states?.tunnel ?? []).flatMap((one) => {
    // Switched off is a choice, and no outage.
    if (!one.up && one.words === "off") return [];
    return part(
      facts,
      one.from_ms,
      one.to_ms,
      one.up ? "base" : one.words === "starting" ? "warn" : "no",
      one.words ? visible(one.words) : "",
    );
  });
  const name = providerName(provider);
  const mark = probe === null ? null : probeMark(probe.result);
  switch (state.state) {
    case "off":
      row.value = "off";
      break;
    case "starting":
      [row.tone, row.value] = ["warn", `${name}, starting`];
      break;
    case "reconnecting":
      [row.tone, row.value] = ["warn", `${name}, reconnecting`];
      break;
    case "failed":
      [row.tone, row.value] = ["no", `${name}, failed`];
      break;
    case "online":
      row.tone = mark === null ? "un" : mark.tone === "ok" ? "ok" : mark.tone === "no" ? "no" : "warn";
      row.value =
        mark !== null && mark.tone !== "ok"
          ? `${name}, ${mark.short}`
          : latency_ms === null
            ? `${name}, online`
            : `${name}, ${withUnit(count(latency_ms), "ms")}`;
  }
  return row;
}

function listenerRow(facts: Facts): StateRow {
  const row = plain("listener", "Listener");
  const closed = (one: Span) => !one.up && one.to_ms - one.from_ms >= RESTART_MS;
  row.parts = (facts.states?.listener ?? []).flatMap((one) => {
    if (one.up) return part(facts, one.from_ms, one.to_ms, "base", "");
    return closed(one) ? part(facts, one.from_ms, one.to_ms, "warn", "not listening") : [];
  });
  const { state } = facts.listener;
  const us = facts.day?.took_us ?? null;
  if (state === "listening") [row.tone, row.value] = ["ok", us === null ? "listening" : `answers in ${took(us)}`];
  else if (state === "starting") row.value = "starting";
  else [row.tone, row.value] = ["no", state === "failed" ? "not listening" : "stopped"];
  return row;
}

/** Only how it stands now: earlier outages of a target are not kept. */
function forwardRow(facts: Facts): StateRow {
  const row = plain("forward", "Forward");
  const on = facts.forwards.filter(
    (one) => one.rule.on && facts.projects.some((project) => project.id === one.rule.project),
  );
  const waiting = on.reduce((sum, one) => sum + one.waiting, 0);
  const [down] = on
    .flatMap((one) => (one.state.state === "down" ? [one.state] : []))
    .sort((a, b) => a.since_ms - b.since_ms);
  const time = on.length === 1 ? (on[0]?.last?.total_us ?? null) : null;
  row.tone = down ? "warn" : "ok";
  if (down) row.parts = [part(facts, down.since_ms, facts.now, "warn", "down")];
  const queue = `${count(waiting)} ${waiting === 1 ? "waits" : "wait"}`;
  row.value = down
    ? `${queue}, since ${clockOf(down.since_ms, facts.now)}`
    : time === null
      ? queue
      : `${queue}, ${took(time)}`;
  return row;
}

/** `12 told, 3 missed` */
export function jobWords(jobs: DayJobs): string {
  const parts = [
    jobs.told > 0 ? `${count(jobs.told)} told` : "",
    jobs.missed > 0 ? `${count(jobs.missed)} missed` : "",
    jobs.aside > 0 ? `${count(jobs.aside)} set aside` : "",
    jobs.open > 0 ? `${count(jobs.open)} open` : "",
    jobs.not_expected > 0 ? `${count(jobs.not_expected)} without event` : "",
  ].filter(Boolean);
  return parts.length === 0 ? "none ended" : parts.slice(0, 2).join(", ") + (parts.length > 2 ? ", …" : "");
}

function jobRow(facts: Facts): StateRow {
  const row = plain("jobs", "Jobs");
  const hours = facts.states?.jobs ?? [];
  const sum = jobsOf(hours);
  const most = Math.max(1, ...hours.map(jobsIn));
  row.bars = hours.flatMap((hour, i) => {
    const [from = 0, to = 0] = [facts.edges[i], facts.edges[i + 1]];
    const [at, end] = [shareAt(facts.edges, from), shareAt(facts.edges, to)];
    return jobsIn(hour) === 0 ? [] : { at, width: end - at, size: jobsIn(hour) / most };
  });
  row.rings = (facts.states?.missed ?? []).flatMap((job) =>
    job.ended_ms !== null && job.ended_ms >= (facts.edges[0] ?? 0)
      ? {
          at: shareAt(facts.edges, job.ended_ms),
          ms: job.ended_ms,
          words: `${visible(job.title)} missed${job.words ? `: ${visible(job.words)}` : ""}`,
        }
      : [],
  );
  const alarms = facts.jobAlarms.filter((one) => facts.projects.some((project) => project.id === one.project));
  const keyed = facts.projects.some(hasKey);
  if (alarms.some((one) => one.missed > 0)) row.tone = "no";
  else if (alarms.some((one) => one.waiting > 0)) row.tone = "warn";
  else row.tone = facts.states !== null && facts.settings?.watch_jobs === true && keyed ? "ok" : "un";
  row.value =
    facts.states === null ? "" : facts.settings?.watch_jobs === false ? `not watched, ${jobWords(sum)}` : jobWords(sum);
  return row;
}

function secretRow(facts: Facts): StateRow {
  const row = plain("secrets", "Secrets");
  if (facts.secrets === null) return { ...row, text: "" };
  const live = facts.secrets.filter(
    (one) =>
      one.key_state.state !== "expired" &&
      one.destroyed_ms === null &&
      facts.projects.some((project) => project.id === one.project),
  );
  const [next] = endingSoon(facts);
  const lost = live.filter((one) => !one.available).length;
  row.tone = lost > 0 ? "warn" : live.length > 0 ? "ok" : "un";
  row.value = plural(live.length, "secret");
  if (live.length === 0) return { ...row, value: "none", text: "What comes signed with a secret cannot be checked" };
  if (lost > 0) row.text = `The text of ${count(lost)} cannot be read`;
  else if (next) row.text = `${next.hint} expires in ${lengthOf(next.until - facts.now)}`;
  else row.text = live.length === 1 ? "It does not expire" : "None of them expires";
  return row;
}

function diskRow(facts: Facts): StateRow {
  const row = plain("disk", "Disk");
  const { sizes, disk } = facts;
  if (sizes === null) return { ...row, tone: disk ? "no" : "un", text: "" };
  const limit = sizes.limits.max_bytes;
  const room = limit ?? (sizes.free_bytes === null ? null : sizes.total_bytes + sizes.free_bytes);
  row.tone = disk ? "no" : "ok";
  row.meter = room === null || room === 0 ? null : Math.min(1, sizes.total_bytes / room);
  if (row.meter === null) {
    const since = sizes.oldest_ms === null ? "" : ` since ${dayText(new Date(sizes.oldest_ms), facts.now)}`;
    row.text = `${plural(sizes.deliveries, "delivery", "deliveries")}${since}`;
  }
  const free = sizes.free_bytes === null ? "" : `, ${bytes(sizes.free_bytes)} free`;
  row.value = limit === null ? `${bytes(sizes.total_bytes)}${free}` : `${bytes(sizes.total_bytes)} of ${bytes(limit)}`;
  return row;
}

/** What did not stand in an hour, for who reads it. */
export function troubleIn(rows: readonly StateRow[], from: number, to: number): string[] {
  return rows.flatMap((row) => [
    ...row.parts
      .filter((one) => one.tone !== "base" && one.toMs > from && one.fromMs < to)
      .map(
        (one) => `${row.label}: ${one.words || "down"} ${timesOf(Math.max(from, one.fromMs), Math.min(to, one.toMs))}`,
      ),
    ...row.rings.filter((one) => one.ms >= from && one.ms < to).map((one) => one.words),
  ]);
}

export const longOf = (fromMs: number, toMs: number): string => span(toMs - fromMs);
