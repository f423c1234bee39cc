import type { Backend, CheckLine, CheckPlan, CheckReport, IpcError } from "../ipc";
import { stateOf, type Handled, type LineFilter } from "../lib/check";
import { checkDraft, type CheckDraft } from "../lib/check-draft";
import { asIpcError } from "../lib/errors";
import type { LastAddresses } from "./last-addresses.svelte";
import type { Leaving } from "./leaving.svelte";
import type { Toasts } from "./toasts.svelte";

/** What it asks of the back end. */
export type CheckCalls = Pick<Backend, "checkExport" | "checkReport" | "checkStart" | "checkStop">;

/** The handler check: what is asked, how far it is, and what the user says of what cannot be seen from outside. */
export class Check {
  report = $state.raw<CheckReport | null>(null);
  /** What stands in the form; stays while the window is elsewhere. */
  draft = $state<CheckDraft>(checkDraft());
  filter = $state<LineFilter>("all");
  /** What the user said of open lines, of this report only. */
  answers = $state.raw<ReadonlyMap<string, Handled>>(new Map());
  /** Lines that were opened or closed by hand. */
  unfolded = $state.raw<ReadonlyMap<string, boolean>>(new Map());
  busy = $state<"starting" | "stopping" | "exporting" | null>(null);
  error = $state.raw<IpcError | null>(null);

  readonly #backend: CheckCalls;
  readonly #toasts: Toasts;
  readonly #leaving: Leaving;
  readonly #last: LastAddresses;
  #told = 0;

  constructor(backend: CheckCalls, toasts: Toasts, leaving: Leaving, last: LastAddresses) {
    this.#backend = backend;
    this.#toasts = toasts;
    this.#leaving = leaving;
    this.#last = last;
  }

  get running(): boolean {
    return this.report?.progress === "running";
  }

  /** Reads the one that runs, or the last one. */
  async load(): Promise<void> {
    const told = this.#told;
    try {
      const report = await this.#backend.checkReport();
      if (told === this.#told) this.#take(report);
    } catch (thrown) {
      this.#toasts.failed(thrown);
    }
  }

  apply(report: CheckReport): void {
    this.#told++;
    this.#take(report);
  }

  /** What was said and opened belongs to one check. */
  #take(report: CheckReport | null): void {
    if (report?.started_ms !== this.report?.started_ms) {
      this.answers = new Map();
      this.unfolded = new Map();
      this.filter = "all";
    }
    this.report = report;
    if (report) this.#last.checked = report.url;
    if (report && this.draft.url === "") this.draft.url = report.url;
  }

  async start(plan: CheckPlan): Promise<boolean> {
    return this.#do("starting", async () => {
      const told = this.#told;
      const sent = await this.#leaving.run(() => this.#backend.checkStart(plan));
      if (sent.done && told === this.#told) this.#take(sent.value);
      return sent.done;
    });
  }

  async stop(): Promise<void> {
    await this.#do("stopping", async () => {
      const told = this.#told;
      const report = await this.#backend.checkStop();
      if (report && told === this.#told) this.#take(report);
      return true;
    });
  }

  async export(format: "json" | "junit"): Promise<void> {
    if (this.busy) return;
    this.busy = "exporting";
    try {
      const path = await this.#backend.checkExport(format);
      this.#toasts.show("info", `Report written to ${path}`, { lingerMs: 9000 });
    } catch (thrown) {
      this.#toasts.failed(thrown);
    } finally {
      this.busy = null;
    }
  }

  /** The same answer again takes it back. */
  say(line: CheckLine, handled: Handled): void {
    const answers = new Map(this.answers);
    if (answers.get(line.id) === handled) answers.delete(line.id);
    else answers.set(line.id, handled);
    this.answers = answers;
    // Who answers goes on reading there.
    this.fold(line, true);
  }

  /** What is wrong is open to begin with. */
  isUnfolded(line: CheckLine): boolean {
    return this.unfolded.get(line.id) ?? stateOf(line, this.answers) === "failed";
  }

  fold(line: CheckLine, open: boolean): void {
    this.unfolded = new Map(this.unfolded).set(line.id, open);
  }

  async #do(work: "starting" | "stopping", what: () => Promise<boolean>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = work;
    this.error = null;
    try {
      return await what();
    } catch (thrown) {
      this.error = asIpcError(thrown);
      return false;
    } finally {
      this.busy = null;
    }
  }
}
