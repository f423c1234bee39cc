import {
  SANDBOX_DEFAULTS,
  type JobKind,
  type JobOutcome,
  type SandboxAttempt,
  type SandboxDeliveries,
  type SandboxDelivery,
  type SandboxJob,
  type SandboxOverview,
  type SandboxRun,
  type SandboxSettings,
} from "../ipc/generated";
import { eventOf, open } from "../lib/sandbox-jobs";
import { FakeListed, RECEIVER } from "./listed";
import { refused } from "./refused";

const MODELS: Record<JobKind, string> = {
  batch: "models/gemini-3-flash",
  interaction: "models/deep-research-pro",
  video: "models/veo-3.1-generate",
};
const ENDED: Partial<Record<JobOutcome, string>> = {
  succeed: "succeeded",
  fail: "failed",
  expire: "expired",
  cancel: "cancelled",
  require_action: "requires_action",
};

export const fakeSettings = (): SandboxSettings => structuredClone(SANDBOX_DEFAULTS);

/** What Pollux makes of a delivery that comes to it. */
export type Arrival = (delivery: SandboxDelivery, broken: boolean) => { id: number; status: number };

/** The emulator in miniature: jobs that go their way, deliveries that are tried again. */
export class FakeWorld extends FakeListed {
  jobs: SandboxJob[] = [];
  /** Newest first. */
  log: SandboxDelivery[] = [];
  settings = fakeSettings();
  receiver: string | null = RECEIVER;
  #number = 0;
  readonly #arrive: Arrival;

  constructor(arrive: Arrival, changed: () => void) {
    super(changed);
    this.#arrive = arrive;
    this.registerOwn();
  }

  overview(): SandboxOverview {
    this.catchUp();
    const pending = this.log.filter((one) => one.state === "pending").length;
    return {
      address: "http://127.0.0.1:40123",
      api_key: "pollux-6f1d0c9a2b7e4f58",
      receiver: this.receiver,
      clock: this.clock(),
      counts: { pending, webhooks: this.webhooks.length, jobs: this.jobs.length, deliveries: this.log.length },
      webhooks: this.webhooks,
      jobs: this.jobs.slice(0, 100),
    };
  }

  run({ kind, outcome, dynamic }: SandboxRun): string {
    const now = this.now;
    const prefix = { batch: "batches/", interaction: "v1_", video: `${MODELS.video}/operations/` }[kind];
    const name = `${prefix}${(this.#number * 7919 + this.jobs.length * 104_729 + 1_679_616).toString(36)}k4q9v2x`;
    const { pending_ms } = this.settings.jobs;
    const job: SandboxJob = {
      name,
      kind,
      model: MODELS[kind],
      display_name: null,
      state: "pending",
      outcome,
      created_ms: now,
      started_ms: null,
      ended_ms: null,
      next_ms: now + pending_ms,
      progress: 0,
      output_file: null,
      error: null,
      dynamic,
      event_type: null,
    };
    this.jobs = [job, ...this.jobs];
    this.plan(now + pending_ms, (at) => this.#start(name, at));
    this.changed();
    return name;
  }

  #job(name: string): SandboxJob {
    const job = this.jobs.find((one) => one.name === name);
    if (!job) throw refused("not_found", "This job is no longer there.");
    return job;
  }

  #setJob(name: string, change: Partial<SandboxJob>): SandboxJob {
    this.jobs = this.jobs.map((job) => (job.name === name ? { ...job, ...change } : job));
    return this.#job(name);
  }

  #start(name: string, at: number): void {
    const job = this.jobs.find((one) => one.name === name);
    if (!job || job.state !== "pending") return;
    const times = this.settings.jobs;
    const takes =
      job.outcome === "expire"
        ? times.batch_expiry_ms
        : { batch: times.batch_ms, interaction: times.interaction_ms, video: times.video_ms }[job.kind];
    const next = job.outcome === "never" ? null : at + takes;
    this.#setJob(name, { state: "running", started_ms: at, next_ms: next });
    if (next !== null) this.plan(next, (then) => this.end(name, job.outcome as JobOutcome, then));
  }

  end(name: string, outcome: JobOutcome, at = this.now, byHand = false): SandboxJob {
    const job = this.#job(name);
    if (!open(job)) {
      if (byHand) throw refused("sandbox_refused", "This job has ended already, so it cannot be ended again.");
      return job;
    }
    if (outcome === "idle") {
      const idle = this.#setJob(name, { state: "idle", outcome, next_ms: null });
      if (byHand) this.changed();
      return idle;
    }
    const event = eventOf(job.kind, outcome);
    const ended = this.#setJob(name, {
      state: ENDED[outcome] ?? "failed",
      outcome,
      ended_ms: at,
      next_ms: null,
      progress: 1,
      event_type: event,
      output_file:
        outcome === "succeed" && job.kind !== "interaction"
          ? `files/${job.kind === "batch" ? "batch-" : ""}${name.slice(-8)}`
          : null,
      error:
        outcome === "fail"
          ? {
              code: 3,
              status: "INVALID_ARGUMENT",
              message: "Line 2 of the input is not a request: it has no contents.",
            }
          : null,
    });
    if (event !== null) {
      if (job.dynamic) this.deliver(event, RECEIVER, null, name, this.settings.dynamic, at);
      else
        for (const one of this.webhooks)
          if (one.state === "enabled" && one.subscribed_events.includes(event))
            this.deliver(event, one.uri, one.id, name, "v1", at);
    }
    if (byHand) this.changed();
    return ended;
  }

  deliver(
    event: string,
    uri: string,
    webhook: string | null,
    job: string | null,
    scheme: string,
    at = this.now,
  ): SandboxDelivery {
    const number = ++this.#number;
    const id = `msg_5f0c${number.toString(16).padStart(4, "0")}-7c1d-4e21-9a3b-${(number * 7919).toString(16).padStart(12, "e21a")}`;
    const lost = Math.random() < this.settings.faults.lost;
    const delivery: SandboxDelivery = {
      number,
      id,
      event_type: event,
      uri,
      webhook,
      job,
      scheme,
      created_ms: at,
      state: lost ? "lost" : "pending",
      next_ms: lost ? null : at,
      attempts: [],
      received: [],
    };
    this.log = [delivery, ...this.log];
    if (!lost) this.plan(at, (then) => this.#attempt(id, then));
    return delivery;
  }

  #attempt(id: string, at: number): void {
    const before = this.log.find((one) => one.id === id);
    if (!before || (before.state !== "pending" && before.state !== "given_up")) return;
    const { faults, retry } = this.settings;
    const number = before.attempts.length + 1;
    const here = before.uri === RECEIVER && this.receiver !== null;
    const arrived = here
      ? this.#arrive(before, faults.reserialised_body || (faults.launch_night_key && before.scheme === "v1"))
      : null;
    const attempt: SandboxAttempt = {
      number,
      due_ms: at,
      timestamp: Math.floor(Date.now() / 1000),
      status: arrived?.status ?? null,
      error: arrived ? null : "connection refused",
      took_us: 1900 + number * 340,
      answer: null,
    };
    const ok = arrived !== null && arrived.status < 300;
    const next = at + Math.min(retry.longest_ms, retry.first_ms * retry.factor ** (number - 1));
    const again = !ok && next <= before.created_ms + retry.window_ms;
    const change: Partial<SandboxDelivery> = {
      attempts: [...before.attempts, attempt],
      received: arrived ? [...before.received, arrived.id] : before.received,
      state: ok ? "delivered" : again ? "pending" : "given_up",
      next_ms: again ? next : null,
    };
    this.log = this.log.map((one) => (one.id === id ? { ...one, ...change } : one));
    if (again) this.plan(next, (then) => this.#attempt(id, then));
    else if (!ok) this.#givenUp(before.webhook);
  }

  #givenUp(id: string | null): void {
    this.webhooks = this.webhooks.map((one) => {
      if (one.id !== id) return one;
      const count = one.given_up_in_a_row + 1;
      return {
        ...one,
        given_up_in_a_row: count,
        state: count >= this.settings.disabling.after_given_up ? "disabled_due_to_failed_deliveries" : one.state,
      };
    });
  }

  retry(id: string): void {
    this.#attempt(id, this.now);
    this.changed();
  }

  page(before: number | null, limit: number): SandboxDeliveries {
    const from = this.log.filter((one) => before === null || one.number < before);
    const deliveries = from.slice(0, limit);
    return { deliveries, next_before: from.length > limit ? (deliveries.at(-1)?.number ?? null) : null };
  }

  reset(): void {
    this.jobs = [];
    this.log = [];
    this.clearAgenda();
    this.registerOwn();
    this.changed();
  }
}
