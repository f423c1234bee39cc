import type { JobOutcome, Row, SandboxAdvance, SandboxDelivery, SandboxRun } from "../ipc";
import { refused } from "./refused";
import { row } from "./rows";
import { FakeTransfer } from "./transfer";
import { FakeWorld } from "./world";

/** RFC 7396, as the emulator reads a patch: what a patch does not name stays. */
function merged<T>(target: T, patch: unknown): T {
  if (typeof patch !== "object" || patch === null) return patch as T;
  return Object.entries(patch).reduce(
    (into, [name, value]) => ({ ...into, [name]: merged((into as Record<string, unknown>)[name], value) }),
    target,
  );
}

/** The Sandbox's commands, upon an emulator in miniature. */
export abstract class FakeSandbox extends FakeTransfer {
  readonly world = new FakeWorld(
    (delivery, broken) => this.#received(delivery, broken),
    () => this.tell({ kind: "sandbox" }),
  );

  sandboxOverview = () => this.answer("sandboxOverview", () => this.world.overview());
  sandboxRun = (request: SandboxRun) => this.answer("sandboxRun", () => this.world.run(request));
  sandboxCancelJob = (name: string) =>
    this.answer("sandboxCancelJob", () => void this.world.end(name, "cancel", undefined, true));
  sandboxFinishJob = (name: string, outcome: JobOutcome) =>
    this.answer("sandboxFinishJob", () => this.world.end(name, outcome, undefined, true));
  sandboxClockSet = (warp: number) => this.answer("sandboxClockSet", () => this.world.setWarp(warp));
  sandboxClockAdvance = (by: SandboxAdvance) => this.answer("sandboxClockAdvance", () => this.world.advance(by));
  sandboxSettings = () => this.answer("sandboxSettings", () => this.world.settings);
  sandboxSettingsSet = (patch: unknown) =>
    this.answer("sandboxSettingsSet", () => (this.world.settings = merged(this.world.settings, patch)));
  sandboxDeliveries = (before: number | null, limit: number) =>
    this.answer("sandboxDeliveries", () => this.world.page(before, limit));
  sandboxDeliveryBody = (id: string) =>
    this.answer("sandboxDeliveryBody", () => {
      const found = this.world.log.find((one) => one.id === id);
      if (!found) throw refused("not_found", "This delivery is no longer there.");
      return JSON.stringify({
        type: found.event_type,
        version: "v1",
        timestamp: new Date(found.created_ms).toISOString(),
        data: { id: found.job ?? found.webhook },
      });
    });
  sandboxDeliveryRetry = (id: string) => this.answer("sandboxDeliveryRetry", () => this.world.retry(id));
  sandboxKeysRotate = () => this.answer("sandboxKeysRotate", () => undefined);
  sandboxReset = () => this.answer("sandboxReset", () => this.world.reset());

  #received(delivery: SandboxDelivery, broken: boolean): { id: number; status: number } {
    const id = (this.rows.at(-1)?.id ?? 0) + 1;
    const arrived = row(id, Date.now(), {
      outcome: broken ? "rejected" : "verified",
      event_type: delivery.event_type,
      scheme: delivery.scheme as Row["scheme"],
      sandbox: true,
      project: 3,
      pointer: delivery.job,
      message_id: delivery.id,
      attempt: delivery.attempts.length + 1,
      attempts: delivery.attempts.length + 1,
      reason: broken ? "no_matching_signature" : "verified",
      cause: broken ? "re-serialised" : "",
      status: broken ? 401 : 200,
      known_type: delivery.event_type !== this.world.settings.payload.ping_type,
      ping: delivery.event_type === this.world.settings.payload.ping_type ? "type" : null,
    });
    this.arrive(arrived);
    return { id, status: arrived.status };
  }
}
