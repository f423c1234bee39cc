import type {
  CheckPlan,
  CheckReport,
  FaultRule,
  ForwardOffer,
  ForwardRule,
  ForwardStart,
  ForwardView,
  IpcError,
  Outbound,
  Row,
} from "../ipc";
import { noForward } from "../lib/forward";
import { readAddress } from "../lib/targets";
import { fakeCause, fakeLines, fakeResult } from "./check";
import { FakeOutbound } from "./outbound";

const refused = (code: string, message: string, detail: string | null = null): IpcError => ({ code, message, detail });
const HOUR = 3_600_000;
const WHY = "Connection refused: nobody listens on localhost:3000.";

/** Forwards, the handler check and the fault lab, in memory. */
export abstract class FakeHandler extends FakeOutbound {
  /** ms until a target answers. */
  forwardTakes = 40;
  /** The targets that do not answer. */
  downTargets = new Set<string>();
  /** What is there when forwarding is switched on; null: what the rows say. */
  forwardOffers: ForwardOffer | null = null;
  report: CheckReport | null = null;
  /** ms that one case takes. */
  checkTakes = 0;
  /** Ids of the cases that the handler gets wrong. */
  checkMistakes = new Set(["v1_stale", "unknown_type"]);
  #checking: ReturnType<typeof setTimeout> | null = null;
  readonly #retries = new Map<number, ReturnType<typeof setTimeout>>();
  #ruleIds = 1;

  #view(project: number): ForwardView {
    return this.state.forwards.find((view) => view.rule.project === project) ?? noForward(project);
  }

  tellForward(project: number, change: Partial<ForwardView>): ForwardView {
    const view = { ...this.#view(project), ...change };
    this.state.forwards = [...this.state.forwards.filter((one) => one.rule.project !== project), view];
    this.tell({ kind: "forward", forward: view });
    return view;
  }

  /** The address as it is kept; what leaves this machine has to be agreed to. */
  #allowed(text: string): string {
    const read = readAddress(text);
    if ("error" in read) throw refused("invalid_target", read.error);
    const known = this.targetList.find((one) => one.url === read.url);
    if (!(known?.confirmed ?? read.local))
      throw refused("confirm_target", `${read.url} is not on this machine.`, read.url);
    this.target(read.url, { used_ms: Date.now() });
    return read.url;
  }

  /** Deliveries arrived: they are sent on, and rules answer them. */
  protected handled(rows: readonly Row[]): void {
    for (const row of rows) {
      const rule = this.state.fault_lab.rules.find(
        (one) =>
          one.on &&
          (one.project === null || one.project === row.project) &&
          (one.event_type === null || one.event_type === row.event_type),
      );
      if (rule) {
        Object.assign(row, { answered_by: "rule", status: rule.drop === "before" ? 0 : (rule.status ?? row.status) });
        this.#answered(rule);
      }
      const view = this.#view(row.project);
      if (!view.rule.on || (view.rule.which === "verified" && row.outcome !== "verified")) continue;
      this.tellForward(row.project, {
        waiting: view.waiting + 1,
        ...(view.state.state === "idle" ? { state: { state: "sending" } } : {}),
      });
      if (view.state.state === "idle") this.#later(row.project, this.forwardTakes);
    }
  }

  #later(project: number, ms: number): void {
    clearTimeout(this.#retries.get(project));
    this.#retries.set(
      project,
      setTimeout(() => this.#send(project), ms),
    );
  }

  /** All that waits is sent, or the target does not answer and is tried again later. */
  #send(project: number): void {
    const view = this.#view(project);
    if (!view.rule.on) return;
    const now = Date.now();
    const before = view.state.state === "down" ? view.state : null;
    if (this.downTargets.has(view.rule.url)) {
      const attempt = (before?.attempt ?? 1) + 1;
      const wait = Math.min(60_000, 1000 * 2 ** attempt);
      this.tellForward(project, {
        state: { state: "down", why: WHY, since_ms: before?.since_ms ?? now, next_ms: now + wait, attempt },
        last: outbound(view.rule.url, now, null, attempt - 1),
      });
      this.#later(project, wait);
    } else
      this.tellForward(project, {
        state: { state: "idle" },
        waiting: 0,
        accepted: view.accepted + view.waiting,
        last: outbound(view.rule.url, now, 200),
      });
  }

  #offer(rule: ForwardRule): ForwardOffer {
    const rows = this.rows.filter(
      (row) => row.project === rule.project && (rule.which === "all" || row.outcome === "verified"),
    );
    const since = (ms: number) => rows.filter((row) => row.received_ms >= Date.now() - ms).length;
    return (
      this.forwardOffers ?? {
        waiting: this.#view(rule.project).waiting,
        last_hour: since(HOUR),
        last_day: since(24 * HOUR),
      }
    );
  }

  override forwards = () => this.answer("forwards", () => this.state.forwards);

  override forwardOffer = (rule: ForwardRule) => this.answer("forwardOffer", () => this.#offer(rule));

  override forwardSet = (rule: ForwardRule, start: ForwardStart | null) =>
    this.answer("forwardSet", () => {
      const before = this.#view(rule.project);
      const url = rule.on ? this.#allowed(rule.url) : rule.url;
      if (
        rule.resign !== null &&
        !this.secretList.some((one) => one.id === rule.resign && one.project === rule.project)
      )
        throw refused("secret_gone", "This secret is no longer there. Choose another one.");
      const kept = { ...rule, url };
      if (!rule.on) return this.tellForward(rule.project, { rule: kept, state: { state: "off" } });
      if (before.rule.on) return this.tellForward(rule.project, { rule: kept });
      const offer = this.#offer(rule);
      const waiting =
        start?.kind === "waiting"
          ? offer.waiting
          : start?.kind === "since"
            ? start.ms >= Date.now() - HOUR - 1000
              ? offer.last_hour
              : offer.last_day
            : 0;
      this.#later(rule.project, this.forwardTakes);
      return this.tellForward(rule.project, {
        rule: kept,
        state: { state: waiting > 0 ? "sending" : "idle" },
        waiting,
        accepted: 0,
        refused: 0,
        dropped: 0,
        last: null,
      });
    });

  override forwardDrop = (project: number) =>
    this.answer("forwardDrop", () => {
      const { waiting, dropped } = this.#view(project);
      this.tellForward(project, { waiting: 0, dropped: dropped + waiting });
      return waiting;
    });

  override forwardDrain = (project: number) =>
    this.answer("forwardDrain", () => {
      const { state } = this.#view(project);
      this.#later(project, this.forwardTakes);
      return this.tellForward(project, {
        state: state.state === "down" ? { ...state, next_ms: Date.now() } : { state: "sending" },
      });
    });

  #answered({ id }: FaultRule): void {
    const lab = this.state.fault_lab;
    const n = lab.answers.find(([rule]) => rule === id)?.[1] ?? 0;
    this.state.fault_lab = { ...lab, answers: [...lab.answers.filter(([rule]) => rule !== id), [id, n + 1]] };
    this.tell({ kind: "fault_lab", lab: this.state.fault_lab });
  }

  override faultLab = () => this.answer("faultLab", () => this.state.fault_lab);

  override faultLabSet = (rules: FaultRule[]) =>
    this.answer("faultLabSet", () => {
      const bad = rules.find((rule) => rule.status !== null && (rule.status < 200 || rule.status > 599));
      if (bad) throw refused("invalid_status", "A status is a number from 200 to 599.");
      const named = rules.map((rule) => (rule.id === "" ? { ...rule, id: `f${this.#ruleIds++}` } : rule));
      this.state.fault_lab = { ...this.state.fault_lab, rules: structuredClone(named) };
      this.tell({ kind: "fault_lab", lab: this.state.fault_lab });
      return this.state.fault_lab;
    });

  override checkStart = (plan: CheckPlan) =>
    this.answer("checkStart", () => {
      if (this.report?.progress === "running")
        throw refused("check_running", "A check runs already. Stop it, or wait for its end.");
      const url = this.#allowed(plan.url);
      const keys = plan.schemes.map((scheme) =>
        scheme === "v1"
          ? (this.secretList.find((one) => one.id === plan.secret)?.hint ?? "whsec_…")
          : "http://127.0.0.1:40123/.well-known/jwks.json",
      );
      const base: CheckReport = {
        url,
        progress: "running",
        problem: null,
        started_ms: Math.max(Date.now(), (this.report?.started_ms ?? 0) + 1),
        took_ms: 0,
        keys: [...new Set(keys)],
        causes: [],
        lines: fakeLines(plan.schemes),
        passed: 0,
        failed: 0,
        open: 0,
        skipped: 0,
        latency: null,
      };
      this.#tellCheck(base);
      this.#checking = setTimeout(() => this.#step(), this.checkTakes);
      return base;
    });

  #tellCheck(report: CheckReport): CheckReport {
    const n = (state: string) => report.lines.filter((line) => line.state === state).length;
    this.report = {
      ...report,
      took_ms: Date.now() - report.started_ms,
      passed: n("passed"),
      failed: n("failed"),
      open: n("open"),
      skipped: n("skipped"),
    };
    this.tell({ kind: "check", report: this.report });
    return this.report;
  }

  #step(): void {
    const { report } = this;
    if (report?.progress !== "running") return;
    if (this.downTargets.has(report.url)) {
      this.#tellCheck({
        ...report,
        progress: "unreachable",
        problem: "Connection refused: nobody listens on localhost:3000. Start your handler, or mend the address.",
      });
      return;
    }
    const lines = report.lines.map((line) => (line.state === "running" ? fakeResult(line, this.checkMistakes) : line));
    // One after another, as one sees it; a good many at a time where it takes no time.
    const next = lines
      .flatMap((line, i) => (line.state === "waiting" ? [i] : []))
      .slice(0, this.checkTakes === 0 ? 10 : 1);
    const over = next.length === 0;
    this.#tellCheck({
      ...report,
      lines: lines.map((line, i) => (next.includes(i) ? { ...line, state: "running" as const } : line)),
      progress: over ? "done" : "running",
      latency: over ? { count: 50, p50_us: 21_400, p95_us: 88_000, p99_us: 143_000, max_us: 161_000 } : null,
    });
    if (!over) this.#checking = setTimeout(() => this.#step(), this.checkTakes);
  }

  override checkStop = () =>
    this.answer("checkStop", () => {
      if (this.#checking) clearTimeout(this.#checking);
      const { report } = this;
      if (report?.progress !== "running") return report;
      return this.#tellCheck({
        ...report,
        progress: "stopped",
        lines: report.lines.map((line) => (line.state === "running" ? { ...line, state: "waiting" as const } : line)),
      });
    });

  override checkReport = () => this.answer("checkReport", () => this.report);
  override checkExport = (format: "json" | "junit") =>
    this.answer(
      "checkExport",
      () => `/home/ada/Downloads/pollux-check-2026-11-28.${format === "json" ? "json" : "xml"}`,
    );

  /** `down|sending|off|many|none` (otherwise on, with nothing to do), `running|done|crashes|ends|unreachable`, `on`: how all of it is to be found. */
  handlerScene(forward: string | null, check: string | null, faults: string | null): void {
    const now = Date.now();
    const url = "http://localhost:3000/webhooks/gemini";
    this.forwardTakes = 700;
    this.checkTakes = 140;
    this.target(url, { used_ms: now - 60_000 });
    this.target("http://127.0.0.1:8080/hooks", { used_ms: now - 9 * HOUR });
    this.target("https://staging.example.com/api/webhooks/gemini", { name: "staging", confirmed: false });
    if (forward !== "none") {
      const rule: ForwardRule = { ...noForward(1).rule, url, on: forward !== "off" };
      const view = this.tellForward(1, {
        rule,
        state: { state: forward === "off" ? "off" : "idle" },
        waiting: forward === "off" ? 3 : 0,
        accepted: 412,
        refused: 3,
        last: outbound(url, now - 12_000, 200),
      });
      if (forward === "down" || forward === "many") {
        this.downTargets.add(url);
        this.tellForward(1, {
          state: { state: "down", why: WHY, since_ms: now - 95_000, next_ms: now + 4000, attempt: 5 },
          waiting: 2,
          last: outbound(url, now - 4000, null, 4),
        });
        this.#later(1, 4000);
      }
      if (forward === "sending")
        this.tellForward(1, { ...view, state: { state: "sending" }, waiting: 2, last: outbound(url, now - 1000, 200) });
      if (forward === "many")
        this.tellForward(2, {
          rule: {
            ...rule,
            project: 2,
            url: "http://127.0.0.1:8080/hooks",
            answer: { kind: "target", timeout_ms: 5000 },
          },
          state: { state: "sending" },
          waiting: 5,
          accepted: 9021,
        });
    }
    if (faults === "on") {
      const rule: FaultRule = {
        id: "f101",
        on: true,
        project: 1,
        event_type: "batch.succeeded",
        when: { kind: "first", attempts: 2 },
        status: 503,
        headers: [["retry-after", "5"]],
        body: "",
        delay_ms: 2000,
        drop: "no",
      };
      this.state.fault_lab = {
        rules: [
          rule,
          {
            ...rule,
            id: "f102",
            on: false,
            project: null,
            event_type: null,
            when: { kind: "random", percent: 20, seed: 42 },
            headers: [],
            delay_ms: 0,
          },
          {
            ...rule,
            id: "f103",
            on: false,
            event_type: "video.generated",
            when: { kind: "always" },
            status: null,
            headers: [],
            delay_ms: 0,
            drop: "middle",
          },
        ],
        answers: [["f101", 14]],
      };
    }
    if (check === null) return;
    if (check === "unreachable") this.downTargets.add(url);
    void this.checkStart({
      url,
      secret: "s1",
      schemes: check === "running" ? ["v1"] : ["v1", "jwt"],
      timeout_ms: 5000,
    });
    if (check === "running") return;
    if (check === "crashes" || check === "ends") this.checkMistakes = new Set();
    while (this.report?.progress === "running") this.#step();
    if (this.#checking) clearTimeout(this.#checking);
    if (this.report && (check === "crashes" || check === "ends")) this.#tellCheck(fakeCause(this.report, check));
    if (this.report) this.report = { ...this.report, took_ms: 12_400, started_ms: now - 95_000 };
  }
}

function outbound(url: string, at_ms: number, status: number | null, number = 1): Outbound {
  return {
    id: at_ms,
    delivery: 1,
    kind: "forward",
    run: null,
    number,
    url,
    at_ms,
    changes: [],
    rejected: false,
    status,
    first_us: status === null ? null : 2900,
    total_us: status === null ? null : 3100,
    answer_len: status === null ? null : 0,
    problem: status === null ? { code: "refused", message: WHY } : null,
  };
}
