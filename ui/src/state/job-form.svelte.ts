import type { Backend, BatchPreview, IpcError, NewJob } from "../ipc";
import { asIpcError, isUnknown } from "../lib/errors";
import { firstFields, readJob, requestsOf, withKind, type JobErrors, type JobFields } from "../lib/job-draft";
import { Latest } from "../lib/latest";
import { whenStill } from "../lib/when-still";

/** What it asks of the back end. */
export type JobFormCalls = Pick<Backend, "batchPreview" | "requestsChoose" | "webhooks">;

const TYPED_MS = 250;

/** The form of a new job. What is typed stays until it was sent. */
export class JobForm {
  fields = $state.raw<JobFields>(firstFields());
  errors = $state.raw<JobErrors>({});
  /** Id of the project it is sent with. */
  project = $state<number | null>(null);
  /** What the batch would send. */
  previewed = $state.raw<BatchPreview | null>(null);
  previewing = $state(false);
  error = $state.raw<IpcError | null>(null);
  busy = $state(false);
  /** The box about the money is ticked. */
  agreed = $state(false);
  /** Projects that something was sent with already: they are not asked about again. */
  #paid = $state.raw<ReadonlySet<number>>(new Set());
  /** The address that was filled in by itself. */
  #prefilled = "";
  readonly #backend: JobFormCalls;
  readonly #dispatch: (project: number, job: NewJob) => Promise<IpcError | null>;
  readonly #latest = new Latest();
  readonly #previewSoon = whenStill(() => void this.preview(), TYPED_MS);

  constructor(backend: JobFormCalls, dispatch: (project: number, job: NewJob) => Promise<IpcError | null>) {
    this.#backend = backend;
    this.#dispatch = dispatch;
  }

  get mustAgree(): boolean {
    return this.project !== null && !this.#paid.has(this.project);
  }

  /** The answer was lost: it may run already. */
  get unknown(): boolean {
    return isUnknown(this.error);
  }

  begin(project: number | null): void {
    this.project ??= project;
  }

  to(project: number): void {
    this.project = project;
    this.agreed = false;
    this.error = null;
  }

  set(part: Partial<JobFields>): void {
    this.fields = { ...this.fields, ...part };
    this.errors = {};
    this.error = null;
  }

  kind(change: Pick<JobFields, "kind" | "agent">): void {
    this.set(withKind(this.fields, change));
  }

  setRequests(part: Pick<JobFields, "from"> | Pick<JobFields, "lines">): void {
    this.set(part);
    this.previewed = null;
    this.#previewSoon();
  }

  /** Sends the requests of this file. */
  file(path: string): void {
    this.kind({ kind: "batch", agent: this.fields.agent });
    this.set({ from: "file", path });
    void this.preview();
  }

  async chooseFile(): Promise<void> {
    try {
      const path = await this.#backend.requestsChoose();
      if (path !== null) this.file(path);
    } catch (thrown) {
      this.error = asIpcError(thrown);
    }
  }

  /** Asks what the batch would send, and where the listener is for this project. */
  preview(): Promise<void> {
    return this.#latest.run(async () => {
      const { project, fields } = this;
      if (project === null) return;
      const requests = fields.kind === "batch" ? requestsOf(fields) : null;
      this.previewing = requests !== null;
      try {
        if (requests) {
          const previewed = await this.#backend.batchPreview(project, requests);
          if (project !== this.project) return;
          this.previewed = previewed;
          this.#prefill(previewed.receiver);
        } else {
          this.previewed = null;
          const { receiver } = await this.#backend.webhooks(project);
          if (project === this.project) this.#prefill(receiver);
        }
      } catch (thrown) {
        this.previewed = null;
        this.error = asIpcError(thrown);
      } finally {
        this.previewing = false;
      }
    });
  }

  /** An address that was typed is left as it is. */
  #prefill(receiver: string | null): void {
    if (this.fields.address !== "" && this.fields.address !== this.#prefilled) return;
    this.#prefilled = receiver ?? "";
    if (this.fields.address !== this.#prefilled) this.fields = { ...this.fields, address: this.#prefilled };
  }

  /** True when it was sent; otherwise the form says why not. */
  async send(): Promise<boolean> {
    const { project } = this;
    if (project === null || this.busy) return false;
    const read = readJob(this.fields);
    this.error = null;
    this.errors = "errors" in read ? read.errors : {};
    if ("errors" in read) return false;
    if (this.fields.kind === "batch" && this.previewed?.problems.length) {
      this.errors = { requests: "Fix what is listed below first: nothing was sent." };
      return false;
    }
    this.busy = true;
    this.error = await this.#dispatch(project, read.job);
    this.busy = false;
    if (this.error) {
      // Another one may be billed beside the first: that is to be agreed to anew.
      if (this.unknown) {
        this.agreed = false;
        this.#paid = new Set([...this.#paid].filter((one) => one !== project));
      }
      return false;
    }
    this.#paid = new Set(this.#paid).add(project);
    this.agreed = false;
    const { kind, agent, model } = this.fields;
    this.fields = { ...firstFields(), kind, agent, model, address: this.#prefilled };
    this.previewed = null;
    return true;
  }
}
