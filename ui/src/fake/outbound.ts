import type {
  Outbound,
  OutboundDetail,
  ReplayDraft,
  ReplayPlan,
  ReplayPreview,
  ReplayRun,
  ReplayTally,
  Row,
} from "../ipc";
import { compose as composed } from "./compose";
import { fakeBody, fakeDetail } from "./detail";
import { refused } from "./refused";
import { answerOf, diffOf, outboundDetail, signersOf } from "./replay";
import { FakeTargets } from "./targets";

const EDITABLE = 1024 * 1024;
const MOST_IN_RUN = 200;
const FRAME_MS = 16;
type Job = { row: Row; url: string; number: number };
type Run = {
  view: ReplayRun;
  plan: ReplayPlan;
  jobs: Job[];
  times: Map<string, number[]>;
  timer: ReturnType<typeof setTimeout> | null;
};

/** What is sent to targets, in memory: addresses answer as `replay.ts` says. */
export abstract class FakeOutbound extends FakeTargets {
  sent: OutboundDetail[] = [];
  /** ms that one request takes, at the least; 0: a run has ended when the next turn begins. */
  replayTakes = 0;
  readonly #runs = new Map<number, Run>();

  #delivery(id: number): Row {
    const row = this.rows.find((one) => one.id === id);
    if (!row) throw refused("not_found", "This delivery is no longer there.");
    return row;
  }

  #draft(id: number): ReplayDraft {
    const row = this.#delivery(id);
    const bytes = fakeBody(row);
    let text: string | null = null;
    try {
      if (bytes.length <= EDITABLE) text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      // Not text.
    }
    const headers = fakeDetail(row, [row], bytes).headers.map(({ name, value, base64 }) => ({ name, value, base64 }));
    const binary = text === null && bytes.length <= EDITABLE ? btoa(String.fromCharCode(...bytes)) : null;
    return {
      delivery: id,
      project: row.project,
      outcome: row.outcome,
      headers,
      text,
      base64: binary,
      body_len: bytes.length,
      truncated: row.truncated,
      signers: signersOf(row.project, this.secretList),
    };
  }

  replayDraft = (id: number) => this.answer("replayDraft", () => this.#draft(id));

  protected compose(plan: ReplayPlan, delivery: number, url: string) {
    const draft = this.#draft(delivery);
    const keys = draft.signers;
    if (
      plan.changes.sign.kind === "secret" &&
      !keys.some((one) => JSON.stringify(one.sign) === JSON.stringify(plan.changes.sign))
    )
      throw refused("not_found", "This secret is no longer there.");
    return composed(draft.headers, draft.body_len, plan.changes, url, keys);
  }

  replayPreview = (plan: ReplayPlan) =>
    this.answer("replayPreview", () => {
      const [delivery] = plan.deliveries;
      if (delivery === undefined) throw refused("invalid_replay", "There is no delivery to send.");
      const { url } = this.address(plan.targets[0] ?? "http://localhost/");
      const bad = plan.changes.headers?.find((line) => !/^[!#$%&'*+.^_`|~\w-]+$/.test(line.name));
      if (bad) throw refused("invalid_replay", `"${bad.name}" is not a header's name.`);
      return this.compose(plan, delivery, url);
    });

  replayStart = (plan: ReplayPlan) =>
    this.answer("replayStart", () => {
      if (plan.targets.length === 0) throw refused("invalid_target", "Choose where to send it.");
      const urls = plan.targets.map((one) => this.address(one).url);
      for (const url of urls) {
        const known = this.targetList.find((one) => one.url === url);
        if (!(known?.confirmed ?? this.address(url).local))
          throw refused("confirm_target", `${url} is not on this machine.`, url);
      }
      const first = plan.deliveries[0];
      if (first !== undefined && urls[0]) this.compose(plan, first, urls[0]);
      const repeats = plan.times * (plan.changes.twist === "duplicate" ? 2 : 1);
      const jobs: Job[] = [];
      for (const id of plan.deliveries) {
        const row = this.rows.find((one) => one.id === id);
        for (let number = 1; row && number <= repeats; number++)
          for (const url of urls) jobs.push({ row, url, number });
      }
      for (const url of urls) this.target(url, { used_ms: Date.now() });
      const tally = (url: string): ReplayTally => ({
        url,
        done: 0,
        failed: 0,
        statuses: [],
        p50_us: null,
        p95_us: null,
      });
      const view: ReplayRun = {
        run: this.#runs.size + 1,
        state: "running",
        total: jobs.length,
        done: 0,
        started_ms: Date.now(),
        took_ms: 0,
        problem: null,
        targets: urls.map(tally),
        outbounds: [],
      };
      const run: Run = { view, plan, jobs, times: new Map(), timer: null };
      this.#runs.set(view.run, run);
      run.timer = setTimeout(() => this.#step(run), this.replayTakes);
      return view;
    });

  #step(run: Run): void {
    const each = Math.max(this.replayTakes, run.plan.delay_ms) / run.plan.concurrency;
    const now = each > 0 ? Math.max(1, Math.floor(FRAME_MS / each)) : run.jobs.length;
    for (const job of run.jobs.splice(0, now)) this.#send(run, job);
    const over = run.jobs.length === 0;
    run.view = { ...run.view, took_ms: Date.now() - run.view.started_ms, state: over ? "done" : "running" };
    this.tell({ kind: "replay", run: { ...run.view, outbounds: [] } });
    if (!over) run.timer = setTimeout(() => this.#step(run), Math.max(FRAME_MS, each));
  }

  #send(run: Run, job: Job): void {
    const composed = this.compose(run.plan, job.row.id, job.url);
    const answered = answerOf(
      job.url,
      job.row,
      run.plan.changes,
      job.number,
      this.targetList.some((one) => one.url === job.url && one.any_certificate),
    );
    const outbound = this.keep(job, composed, answered, "replay", run.view.run);
    const { view } = run;
    const times = [
      ...(run.times.get(job.url) ?? []),
      ...(answered.total !== null && answered.status !== null ? [answered.total] : []),
    ].sort((a, b) => a - b);
    run.times.set(job.url, times);
    const targets = view.targets.map((one): ReplayTally => {
      if (one.url !== job.url) return one;
      const statuses = new Map(one.statuses);
      if (answered.status !== null) statuses.set(answered.status, (statuses.get(answered.status) ?? 0) + 1);
      const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? null;
      return {
        ...one,
        done: one.done + 1,
        failed: one.failed + (answered.problem ? 1 : 0),
        statuses: [...statuses].sort(([a], [b]) => a - b),
        p50_us: at(0.5),
        p95_us: at(0.95),
      };
    });
    run.view = {
      ...view,
      done: view.done + 1,
      targets,
      outbounds: view.outbounds.length < MOST_IN_RUN ? [...view.outbounds, outbound] : view.outbounds,
    };
  }

  #run(number: number): Run {
    const run = this.#runs.get(number);
    if (!run) throw refused("not_found", "This run is no longer there.");
    return run;
  }

  replayStop = (number: number) =>
    this.answer("replayStop", () => {
      const run = this.#run(number);
      if (run.timer) clearTimeout(run.timer);
      if (run.view.state === "running")
        run.view = { ...run.view, state: "stopped", took_ms: Date.now() - run.view.started_ms };
      this.tell({ kind: "replay", run: { ...run.view, outbounds: [] } });
      return run.view;
    });

  replayRun = (number: number) => this.answer("replayRun", () => this.#run(number).view);

  outbounds = (delivery: number) =>
    this.answer("outbounds", () =>
      this.sent
        .map((one): Outbound => ({ ...one.outbound, run: null }))
        .filter((one) => one.delivery === delivery)
        .reverse()
        .slice(0, 200),
    );

  protected kept(id: number): OutboundDetail {
    const found = this.sent.find((one) => one.outbound.id === id);
    if (!found) throw refused("not_found", "This request is no longer kept.");
    return found;
  }

  outbound = (id: number) => this.answer("outbound", () => this.kept(id));
  outboundDiff = (first: number, other: number) =>
    this.answer("outboundDiff", () => diffOf(this.kept(first), this.kept(other)));

  protected keep(
    job: Job,
    composed: ReplayPreview,
    answered: ReturnType<typeof answerOf>,
    kind: Outbound["kind"],
    run: number | null,
    atMs = Date.now(),
  ): Outbound {
    const outbound: Outbound = {
      id: this.sent.length + 1,
      delivery: job.row.id,
      kind,
      run,
      number: job.number,
      url: job.url,
      at_ms: atMs,
      changes: composed.changes,
      rejected: job.row.outcome === "rejected",
      status: answered.status,
      first_us: answered.first,
      total_us: answered.total,
      answer_len: answered.text?.length ?? null,
      problem: answered.problem ?? null,
    };
    this.sent.push(outboundDetail(outbound, composed, answered));
    return outbound;
  }
}
