import type {
  Backend,
  IpcError,
  JobOutcome,
  SandboxAdvance,
  SandboxClock,
  SandboxJob,
  SandboxOverview,
  SandboxRun,
  SandboxSettings,
} from "../ipc";
import { asIpcError } from "../lib/errors";
import { clockAt } from "../lib/sandbox-clock";
import { active } from "../lib/sandbox-jobs";
import { SandboxLog, type SandboxLogCalls } from "./sandbox-log.svelte";
import { Doing } from "./doing.svelte";
import type { Toasts } from "./toasts.svelte";

/** What it asks of the back end. */
type SandboxCalls = Pick<
  Backend,
  | "sandboxCancelJob"
  | "sandboxClockAdvance"
  | "sandboxClockSet"
  | "sandboxDeliveryRetry"
  | "sandboxFinishJob"
  | "sandboxKeysRotate"
  | "sandboxOverview"
  | "sandboxReset"
  | "sandboxRun"
  | "sandboxSettings"
  | "sandboxSettingsSet"
> &
  SandboxLogCalls;

const TICK_MS = 100;
const SOON_MS = 12_000;

/**
 * The emulator as the window sees it: read whole when it says that something changed, at most one reading at a time.
 */
export class Sandbox {
  overview = $state.raw<SandboxOverview | null>(null);
  settings = $state.raw<SandboxSettings | null>(null);
  /** It could not be read. */
  error = $state.raw<IpcError | null>(null);
  /** The emulator's time; ticks while the view is open. */
  now = $state(0);
  /** What is assumed is unfolded; stays so while the window is elsewhere. */
  assumptionsOpen = $state(false);
  readonly log: SandboxLog;

  readonly #backend: SandboxCalls;
  readonly #toasts: Toasts;
  readonly #doing: Doing;
  #open = false;
  #reading: Promise<void> | null = null;
  #again = false;

  constructor(backend: SandboxCalls, toasts: Toasts) {
    this.#backend = backend;
    this.#toasts = toasts;
    this.#doing = new Doing(toasts, () => void this.refresh());
    this.log = new SandboxLog(backend, (thrown) => toasts.failed(thrown));
  }

  /** Reads it and keeps its clock going, until the answer is called. */
  show(): () => void {
    this.#open = true;
    void this.refresh();
    const timer = setInterval(() => this.#tick(), TICK_MS);
    return () => {
      this.#open = false;
      clearInterval(timer);
    };
  }

  /** The emulator says that something changed. */
  changed(): void {
    if (this.#open) void this.refresh();
  }

  /** Reads everything again. What is asked for while a reading is under way is one more reading after it. */
  refresh(): Promise<void> {
    if (this.#reading) {
      this.#again = true;
      return this.#reading;
    }
    return (this.#reading = this.#read());
  }

  async #read(): Promise<void> {
    do {
      this.#again = false;
      try {
        const [overview, settings] = await Promise.all([
          this.#backend.sandboxOverview(),
          this.#backend.sandboxSettings(),
          this.log.refresh(),
        ]);
        this.overview = overview;
        this.settings = settings;
        this.error = null;
        this.#setNow(overview.clock);
      } catch (thrown) {
        this.error = asIpcError(thrown);
        this.#again = false;
      }
    } while (this.#again);
    this.#reading = null;
  }

  #setNow(clock: SandboxClock): void {
    this.now = clockAt(clock, Date.now());
  }

  #tick(): void {
    const overview = this.overview;
    if (overview === null) return;
    const now = clockAt(overview.clock, Date.now());
    // At the wall's pace, with no bar to move and nothing soon, a second is fine enough.
    const { warp, next_due_ms } = overview.clock;
    const fine =
      warp > 1 ||
      (next_due_ms !== null && next_due_ms - now < SOON_MS) ||
      overview.jobs.some((job) => active(job) && job.next_ms !== null);
    if (fine || Math.floor(now / 1000) !== Math.floor(this.now / 1000)) this.now = now;
  }

  /** Commands under way, by what they act on. */
  get busy(): ReadonlySet<string> {
    return this.#doing.keys;
  }

  /** Starts a job; answers its name. */
  run(request: SandboxRun): Promise<string | null> {
    return this.#doing.run(`run ${request.kind}`, () => this.#backend.sandboxRun(request));
  }

  async cancel(job: SandboxJob): Promise<void> {
    await this.#doing.run(job.name, () => this.#backend.sandboxCancelJob(job.name));
  }

  async finish(job: SandboxJob, outcome: JobOutcome): Promise<void> {
    await this.#doing.run(job.name, () => this.#backend.sandboxFinishJob(job.name, outcome));
  }

  async setWarp(warp: number): Promise<void> {
    this.#adopt(await this.#doing.run("clock", () => this.#backend.sandboxClockSet(warp)));
  }

  async advance(by: SandboxAdvance): Promise<void> {
    this.#adopt(await this.#doing.run("clock", () => this.#backend.sandboxClockAdvance(by)));
  }

  #adopt(clock: SandboxClock | null): void {
    if (clock === null || this.overview === null) return;
    this.overview = { ...this.overview, clock };
    this.#setNow(clock);
  }

  async patch(patch: unknown, key = "settings"): Promise<void> {
    const settings = await this.#doing.run(key, () => this.#backend.sandboxSettingsSet(patch));
    if (settings) this.settings = settings;
  }

  /** Sets what a row shows: what the row is to say, or null when it went well. */
  async set(patch: unknown): Promise<string | null> {
    try {
      this.settings = await this.#backend.sandboxSettingsSet(patch);
      return null;
    } catch (thrown) {
      return whole(thrown);
    } finally {
      void this.refresh();
    }
  }

  async retry(id: string): Promise<void> {
    await this.#doing.run(`retry ${id}`, () => this.#backend.sandboxDeliveryRetry(id));
  }

  async rotateKeys(): Promise<void> {
    const done = await this.#doing.run("keys", async () => (await this.#backend.sandboxKeysRotate(), true));
    if (done) this.#toasts.info("New keys for dynamic webhooks. The JWKS has them now.");
  }

  async reset(): Promise<void> {
    const done = await this.#doing.run("reset", async () => (await this.#backend.sandboxReset(), true));
    if (done) this.#toasts.info("The Sandbox is empty again.");
  }
}

function whole(thrown: unknown): string {
  const error = asIpcError(thrown);
  return error.detail ? `${error.message} ${error.detail}` : error.message;
}
