import type { ForwardOffer, ForwardRule, ForwardStart, ForwardView, Outbound, Row } from "../ipc";
import { noForward } from "../lib/forward";
import { readAddress } from "../lib/targets";
import { refused } from "./refused";
import { FakeReplayScene } from "./replay-scene";

const HOUR = 3_600_000;

const takes = (rule: ForwardRule, row: Row): boolean =>
  rule.which === "all" || row.outcome === "verified" || (rule.which === "genuine" && row.outcome === "unbound");
export const WHY = "Connection refused: nobody listens on localhost:3000.";

/** Deliveries that are sent on by themselves, in memory. */
export abstract class FakeForward extends FakeReplayScene {
  /** ms until a target answers. */
  forwardTakes = 40;
  /** The targets that do not answer. */
  downTargets = new Set<string>();
  /** What is there when forwarding is switched on; null: what the rows say. */
  forwardOffers: ForwardOffer | null = null;
  readonly #retries = new Map<number, ReturnType<typeof setTimeout>>();

  protected forwardOf(project: number): ForwardView {
    return this.state.forwards.find((view) => view.rule.project === project) ?? noForward(project);
  }

  tellForward(project: number, change: Partial<ForwardView>): ForwardView {
    const view = { ...this.forwardOf(project), ...change };
    this.state.forwards = [...this.state.forwards.filter((one) => one.rule.project !== project), view];
    this.tell({ kind: "forward", forward: view });
    return view;
  }

  /** The address as it is kept; what leaves this machine has to be agreed to. */
  protected allowed(text: string): string {
    const read = readAddress(text);
    if ("error" in read) throw refused("invalid_target", read.error);
    const known = this.targetList.find((one) => one.url === read.url);
    if (!(known?.confirmed ?? read.local))
      throw refused("confirm_target", `${read.url} is not on this machine.`, read.url);
    this.target(read.url, { used_ms: Date.now() });
    return read.url;
  }

  /** One arrived: where its project forwards, it waits to be sent. */
  protected forward(row: Row): void {
    const view = this.forwardOf(row.project);
    if (!view.rule.on || !takes(view.rule, row)) return;
    this.tellForward(row.project, {
      waiting: view.waiting + 1,
      ...(view.state.state === "idle" ? { state: { state: "sending" } } : {}),
    });
    if (view.state.state === "idle") this.later(row.project, this.forwardTakes);
  }

  protected later(project: number, ms: number): void {
    clearTimeout(this.#retries.get(project));
    this.#retries.set(
      project,
      setTimeout(() => this.#send(project), ms),
    );
  }

  /** All that waits is sent, or the target does not answer and is tried again later. */
  #send(project: number): void {
    const view = this.forwardOf(project);
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
      this.later(project, wait);
    } else
      this.tellForward(project, {
        state: { state: "idle" },
        waiting: 0,
        accepted: view.accepted + view.waiting,
        last: outbound(view.rule.url, now, 200),
      });
  }

  #offer(rule: ForwardRule): ForwardOffer {
    const rows = this.rows.filter((row) => row.project === rule.project && takes(rule, row));
    const since = (ms: number) => rows.filter((row) => row.received_ms >= Date.now() - ms).length;
    return (
      this.forwardOffers ?? {
        waiting: this.forwardOf(rule.project).waiting,
        last_hour: since(HOUR),
        last_day: since(24 * HOUR),
      }
    );
  }

  forwards = () => this.answer("forwards", () => this.state.forwards);

  forwardOffer = (rule: ForwardRule) => this.answer("forwardOffer", () => this.#offer(rule));

  forwardSet = (rule: ForwardRule, start: ForwardStart | null) =>
    this.answer("forwardSet", () => {
      const before = this.forwardOf(rule.project);
      const url = rule.on ? this.allowed(rule.url) : rule.url;
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
      this.later(rule.project, this.forwardTakes);
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

  forwardDrop = (project: number) =>
    this.answer("forwardDrop", () => {
      const { waiting, dropped } = this.forwardOf(project);
      this.tellForward(project, { waiting: 0, dropped: dropped + waiting });
      return waiting;
    });

  forwardDrain = (project: number) =>
    this.answer("forwardDrain", () => {
      const { state } = this.forwardOf(project);
      this.later(project, this.forwardTakes);
      return this.tellForward(project, {
        state: state.state === "down" ? { ...state, next_ms: Date.now() } : { state: "sending" },
      });
    });
}

export function outbound(url: string, at_ms: number, status: number | null, number = 1): Outbound {
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
    problem: status === null ? { code: "connection_refused", message: WHY } : null,
  };
}
