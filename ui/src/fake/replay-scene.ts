import type { ReplayChanges } from "../ipc";
import { AS_RECEIVED, plainPlan } from "../lib/replay";
import { FakeOutbound } from "./outbound";
import { answerOf } from "./replay";

/** What was sent before the window opened. */
export abstract class FakeReplayScene extends FakeOutbound {
  /**
   * `none|slow|many`: without targets; runs that take their time; targets of every kind. Otherwise two, with a few
   * replays of the newest deliveries behind them.
   */
  replayScene(scene: string | null): void {
    if (scene === "none") return;
    const now = Date.now();
    this.target("http://localhost:3000/webhooks/gemini", { name: "dev server", used_ms: now - 40_000 });
    this.target("http://localhost:8080/hooks", { name: "orders-service", used_ms: now - 3_600_000 });
    if (scene === "many") {
      for (const url of [
        "http://localhost:3999/",
        "https://localhost:3443/hooks",
        "http://localhost:3000/redirect",
        "http://localhost:3000/hostile",
        "http://localhost:3000/binary",
        "http://localhost:3000/big",
        `http://localhost:3000/${"a-long-path/".repeat(160)}end`,
      ])
        this.target(url, { used_ms: now - 9_000_000 });
      this.target("https://hooks.example.com/gemini/nightly", { confirmed: true, used_ms: now - 99_000_000 });
    }
    if (scene === "slow") this.replayTakes = 60;
    const [first, second] = this.targetList;
    for (const [i, row] of this.rows.slice(-30).entries()) {
      if (!first || !second) continue;
      const send = (
        url: string,
        kind: "replay" | "forward",
        changes: Partial<ReplayChanges>,
        agoMs: number,
        number = 1,
      ) => {
        const composed = this.compose(
          { ...plainPlan([row.id], [url]), changes: { ...AS_RECEIVED, ...changes } },
          row.id,
          url,
        );
        const answered = answerOf(url, row, { ...AS_RECEIVED, ...changes }, number, false);
        this.keep({ row, url, number }, composed, answered, kind, null, now - agoMs);
      };
      send(first.url, "forward", {}, 55_000 + i);
      if (i % 2 === 0) send(second.url, "replay", {}, 31_000 + i);
      if (i % 3 === 0)
        send(
          first.url,
          "replay",
          { id: "renew", time: { kind: "now" }, sign: { kind: "secret", id: "s1" } },
          12_000 + i,
        );
    }
  }
}
