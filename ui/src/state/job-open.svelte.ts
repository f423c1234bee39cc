import type { Backend, IpcError, JobDetail, JobFinding } from "../ipc";
import { asIpcError } from "../lib/errors";

/** What it asks of the back end. */
export type JobOpenCalls = Pick<Backend, "finding" | "job">;

/** The job that is open, with what is known of it and what the watchdog found. */
export class JobOpen {
  detail = $state.raw<JobDetail | null>(null);
  finding = $state.raw<JobFinding | null>(null);
  /** Why it cannot be shown. */
  error = $state.raw<IpcError | null>(null);
  /** The service is being asked about it. */
  asking = $state(false);
  /** Its result is wanted, by its name: whoever shows results opens it. */
  collecting = $state<string | null>(null);

  readonly #backend: JobOpenCalls;
  #asked = 0;

  constructor(backend: JobOpenCalls) {
    this.#backend = backend;
  }

  get name(): string | null {
    return this.detail?.job.name ?? null;
  }

  /** `ask`: the service is asked first. */
  async read(project: number, name: string, ask = false): Promise<void> {
    const asked = ++this.#asked;
    if (ask) this.asking = true;
    try {
      const [detail, finding] = await Promise.all([
        this.#backend.job(project, name, ask),
        // What was found stays where it cannot be read anew.
        this.#backend.finding(project, name).catch(() => (name === this.name ? this.finding : null)),
      ]);
      if (asked !== this.#asked) return;
      this.take(detail);
      this.finding = finding;
    } catch (thrown) {
      if (asked !== this.#asked) return;
      this.error = asIpcError(thrown);
      if (name !== this.name) this.detail = this.finding = null;
    } finally {
      if (asked === this.#asked) this.asking = false;
    }
  }

  /** It was told with the answer of a command. */
  take(detail: JobDetail): void {
    if (detail.job.name !== this.name) {
      this.collecting = null;
      this.finding = null;
    }
    this.detail = detail;
    this.error = null;
  }

  close(): void {
    this.#asked++;
    this.detail = this.finding = this.error = null;
    this.collecting = null;
    this.asking = false;
  }
}
