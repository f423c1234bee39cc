import type { CheckPlan, CheckReport, FaultRule, ForwardRule, Row } from "../ipc";
import { noForward } from "../lib/forward";
import { fakeCause, fakeLines, fakeResult } from "./check";
import { FakeForward, outbound, WHY } from "./forward";
import { refused } from "./refused";

const HOUR = 3_600_000;

/** The handler check and the fault lab, in memory. */
export abstract class FakeHandler extends FakeForward {
  report: CheckReport | null = null;
  /** ms that one case takes. */
  checkTakes = 0;
  /** Ids of the cases that the handler gets wrong. */
  checkMistakes = new Set(["v1_stale", "unknown_type"]);
  #checking: ReturnType<typeof setTimeout> | null = null;
  #ruleIds = 1;

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
      this.forward(row);
    }
  }

  #answered({ id }: FaultRule): void {
    const lab = this.state.fault_lab;
    const n = lab.answers.find(([rule]) => rule === id)?.[1] ?? 0;
    this.state.fault_lab = { ...lab, answers: [...lab.answers.filter(([rule]) => rule !== id), [id, n + 1]] };
    this.tell({ kind: "fault_lab", lab: this.state.fault_lab });
  }

  faultLab = () => this.answer("faultLab", () => this.state.fault_lab);

  faultLabSet = (rules: FaultRule[]) =>
    this.answer("faultLabSet", () => {
      const bad = rules.find((rule) => rule.status !== null && (rule.status < 200 || rule.status > 599));
      if (bad) throw refused("invalid_fault", "A status is a number from 200 to 599.");
      const named = rules.map((rule) => (rule.id === "" ? { ...rule, id: `f${this.#ruleIds++}` } : rule));
      this.state.fault_lab = { ...this.state.fault_lab, rules: structuredClone(named) };
      this.tell({ kind: "fault_lab", lab: this.state.fault_lab });
      return this.state.fault_lab;
    });

  checkStart = (plan: CheckPlan) =>
    this.answer("checkStart", () => {
      if (this.report?.progress === "running")
        throw refused("check_running", "A check runs already. Stop it, or wait for its end.");
      const url = this.allowed(plan.url);
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
        problem: "Connection refused: nobody listens on localhost:3000. Start your handler, or fix the address.",
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

  checkStop = () =>
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

  checkReport = () => this.answer("checkReport", () => this.report);
  checkExport = (format: "json" | "junit") =>
    this.answer(
      "checkExport",
      () => `/home/ada/Downloads/pollux-check-2026-11-28.${format === "json" ? "json" : "xml"}`,
    );

  /**
   * `down|sending|off|many|none` (otherwise on, with nothing to do), `running|done|crashes|ends|unreachable`, `on`: how
   * all of it is to be found.
   */
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
        this.later(1, 4000);
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
