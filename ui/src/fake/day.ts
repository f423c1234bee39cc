import type { DayCause, DayDeliveries, DayProject, DayStates, HistogramBucket, JobView, Row } from "../ipc";
import { FakeJobs } from "./jobs";

const HOUR = 3_600_000;
const none = (): HistogramBucket => ({ verified: 0, old_secret: 0, unbound: 0, rejected: 0, unchecked: 0 });

/** A day of the history in memory, counted as the real one is. */
export abstract class FakeDay extends FakeJobs {
  /** Since when the listener's times are known; null: it never listened. */
  knownMs: number | null = 0;
  /** What did not stand; what is left out did. */
  stood: Partial<DayStates> = {};
  /** What earlier days had: a share of today's hours, or nothing that is known. */
  usualOf: (hour: number) => number | null = () => null;

  /** `usual|first|closed`; otherwise a day without a past, in which all stood. */
  dayScene(scene: string | null): void {
    const now = Date.now();
    if (scene === "usual") this.usualOf = (hour) => 60 + Math.round(45 * Math.sin(hour / 3.4));
    if (scene === "first") this.knownMs = now - 2.6 * HOUR;
    if (scene !== "closed") return;
    const [from, to] = [now - 5 * HOUR, now - 2.5 * HOUR];
    const span = (from_ms: number, to_ms: number, up: boolean) => ({ from_ms, to_ms, up, guessed: false, words: null });
    this.stood.listener = [span(now - 30 * HOUR, from, true), span(from, to, false), span(to, now, true)];
  }

  dayDeliveries = (project: number | null, edges: readonly number[]) =>
    this.answer("dayDeliveries", () => dayOf(this.rows, project, edges));

  dayUsual = (_project: number | null, days: readonly (readonly number[])[]) =>
    this.answer("dayUsual", () => days.map((edges) => edges.slice(1).map((_, hour) => this.usualOf(hour))));

  dayStates = (project: number | null, edges: readonly number[]) =>
    this.answer("dayStates", (): DayStates => {
      const [from = 0] = edges;
      const to = Math.min(Date.now(), edges.at(-1) ?? 0);
      const known = this.knownMs === null ? to : Math.max(from, this.knownMs);
      const mine = this.jobList.filter((job) => project === null || job.project === project);
      return {
        known_ms: this.knownMs,
        listener: known < to ? [{ from_ms: known, to_ms: to, up: true, guessed: false, words: null }] : [],
        tunnel: [],
        webhooks: [],
        jobs: edges.slice(1).map((end, hour) => {
          const ended = mine.filter((job) => (job.ended_ms ?? 0) >= (edges[hour] ?? 0) && (job.ended_ms ?? 0) < end);
          const missed = ended.filter((job) => job.finding);
          return {
            told: ended.filter((job) => job.told && !job.finding).length,
            missed: missed.filter((job) => !job.finding?.set_aside).length,
            aside: missed.filter((job) => job.finding?.set_aside).length,
            open: ended.filter((job) => !job.told && !job.finding && !job.untold).length,
            not_expected: ended.filter((job) => job.untold && !job.told).length,
          };
        }),
        missed: mine.filter((job) => job.finding && !job.finding.set_aside).map(named),
        waiting: mine.filter((job) => job.phase === "waiting").map(named),
        ...this.stood,
      };
    });
}

function named(job: JobView): DayStates["missed"][number] {
  const { project, name, kind, ended_ms, finding } = job;
  const why = { cause: finding?.cause ?? null, words: finding?.words ?? null };
  return { project, name, kind, ended_ms, title: job.title ?? name, ...why };
}

export function dayOf(rows: readonly Row[], project: number | null, edges: readonly number[]): DayDeliveries {
  const [from = 0] = edges;
  const to = edges.at(-1) ?? 0;
  const hours = edges.slice(1).map(none);
  const causes = new Map<string, DayCause>();
  const projects = new Map<number, DayProject & { broken: boolean }>();
  const times: number[] = [];
  for (const row of rows.toReversed()) {
    if (row.received_ms < from || row.received_ms >= to || (project !== null && row.project !== project)) continue;
    const hour = hours[Math.min(hours.length - 1, Math.floor((row.received_ms - from) / HOUR))];
    const old = row.outcome === "verified" && row.grace_until !== null;
    if (hour) hour[old ? "old_secret" : row.outcome]++;
    const share = projects.get(row.project) ?? {
      project: row.project,
      deliveries: 0,
      rejected: 0,
      rejected_in_a_row: 0,
      broken: false,
    };
    share.deliveries++;
    share.broken ||= row.outcome !== "rejected";
    if (row.outcome === "rejected") share.rejected++;
    if (!share.broken) share.rejected_in_a_row++;
    projects.set(row.project, share);
    if (row.took_us !== null && times.length < 200) times.push(row.took_us);
    if (row.outcome === "verified") continue;
    const key = `${row.outcome} ${row.reason}`;
    const known = causes.get(key);
    if (known) known.deliveries++;
    else {
      const { outcome, reason, cause, received_ms, id } = row;
      causes.set(key, { outcome, reason, cause, deliveries: 1, last_ms: received_ms, last: id });
    }
  }
  times.sort((a, b) => a - b);
  return {
    hours,
    imported: rows.filter((row) => row.imported && row.received_ms >= from && row.received_ms < to).length,
    causes: [...causes.values()].sort((a, b) => b.deliveries - a.deliveries),
    projects: [...projects.values()]
      .map(({ broken: _broken, ...share }) => share)
      .sort((a, b) => b.deliveries - a.deliveries),
    took_us: times[Math.floor(times.length / 2)] ?? null,
  };
}
