import type {
  BatchPreview,
  Detail,
  IpcError,
  JobDetail,
  JobMetadata,
  Live,
  Pointer,
  ResultSave,
  ResultSource,
  ResultView,
} from "../ipc/generated";
import type { JobsBackend } from "../ipc/jobs";
import type { ResultsBackend } from "../ipc/results";
import { asIpcError, isGone } from "../lib/errors";
import { plural } from "../lib/format";
import { fileNameFor, sameSource, savedWords } from "../lib/result-fetch";
import { Doing } from "./doing.svelte";
import { ResultRowsState } from "./result-rows.svelte";
import type { Toasts } from "./toasts.svelte";

/** What it asks of the back end. */
export type ResultCalls = ResultsBackend & Pick<JobsBackend, "requestsChoose" | "jobPictureSet">;

/** What was asked to be opened: it is on its way, is there, or could not be. */
export type Opening = { source: ResultSource; id: number | null; error: IpcError | null };

/** Results that are open: what a job's or a delivery's pointer leads to. */
export class Results {
  /** By id. */
  views = $state.raw<ReadonlyMap<number, ResultView>>(new Map());
  openings = $state.raw<readonly Opening[]>([]);
  /** Of which delivery a pointer is shown in place of its detail. */
  at = $state.raw<{ delivery: number; source: ResultSource } | null>(null);
  /** A pointer of a delivery that is not verified: asked whether to open it. */
  asking = $state.raw<{ project: number; source: ResultSource & { of: "pointer" } } | null>(null);
  /** The batch that would be sent again, while it is asked. */
  resending = $state.raw<{ id: number; preview: BatchPreview | null; error: IpcError | null; busy: boolean } | null>(
    null,
  );
  /** Rows that are on the screen, by their result's id: the window's keys act on them. */
  onscreen = $state<number | null>(null);
  /** Shows a job; null as long as nothing can. */
  onjob = $state.raw<((project: number, name: string) => void) | null>(null);

  readonly #backend: ResultCalls;
  readonly #toasts: Toasts;
  readonly #doing: Doing;
  readonly #rows = new Map<number, ResultRowsState>();

  constructor(backend: ResultCalls, toasts: Toasts) {
    this.#backend = backend;
    this.#toasts = toasts;
    this.#doing = new Doing(toasts, () => undefined);
  }

  of(id: number): ResultView | undefined {
    return this.views.get(id);
  }

  /** What became of a source that was to be opened. */
  opening(source: ResultSource): Opening | undefined {
    return this.openings.find((one) => sameSource(one.source, source));
  }

  rowsOf(id: number): ResultRowsState {
    let rows = this.#rows.get(id);
    if (!rows) {
      rows = new ResultRowsState(this.#backend, id, (thrown) => {
        if (isGone(asIpcError(thrown))) this.#forget(id);
        this.#toasts.failed(thrown);
      });
      this.#rows.set(id, rows);
    }
    return rows;
  }

  live(message: Live): void {
    if (message.kind === "result") this.#take(message.result);
  }

  #take(view: ResultView): void {
    const before = this.views.get(view.id);
    this.views = new Map(this.views).set(view.id, view);
    const known = this.#rows.get(view.id);
    const moved =
      before?.state !== view.state ||
      before.summary?.answered !== view.summary?.answered ||
      before.has_requests !== view.has_requests;
    // What is not on the screen is read when it is.
    if (known && moved && this.onscreen === view.id) known.changed();
  }

  /** Opens it, unless it is open already. What failed is tried again. */
  async open(source: ResultSource): Promise<void> {
    const known = this.opening(source);
    if (known && known.error === null && (known.id === null || this.views.has(known.id))) return;
    this.#note({ source, id: null, error: null });
    try {
      const view = await this.#backend.resultOpen(source);
      // Its progress may have been told before the answer came.
      if (!this.views.has(view.id)) this.#take(view);
      this.#note({ source, id: view.id, error: null });
    } catch (thrown) {
      this.#note({ source, id: null, error: asIpcError(thrown) });
    }
  }

  #note(opening: Opening): void {
    this.openings = [...this.openings.filter((one) => !sameSource(one.source, opening.source)), opening];
  }

  /** Opens a pointer of a delivery in place of its detail; of one that is not verified it asks first. */
  openPointer({ row }: Detail, pointer: Pointer): void {
    const source = { of: "pointer" as const, delivery: row.id, path: pointer.path, confirmed: false };
    const agreed = (this.opening(source)?.id ?? null) !== null;
    if (row.outcome === "verified" || agreed) this.#showAt(row.id, source);
    else this.asking = { project: row.project, source };
  }

  /** The user was told of it, and wants it opened. */
  confirm({ source }: { source: ResultSource & { of: "pointer" } }): void {
    this.asking = null;
    this.#showAt(source.delivery, { ...source, confirmed: true });
  }

  #showAt(delivery: number, source: ResultSource): void {
    this.at = { delivery, source };
    void this.open(source);
  }

  /** Back to the delivery. What was opened stays open. */
  leave(): void {
    this.at = null;
  }

  /** Commands under way, each by its name and the result's id. */
  get busy(): ReadonlySet<string> {
    return this.#doing.keys;
  }

  #do<T>(name: string, id: number, work: () => Promise<T>): Promise<T | null> {
    return this.#doing.run(`${name} ${id}`, () => this.#watched(id, work));
  }

  /** Too many were opened since, and the back end let go of this one: it can be opened again. */
  async #watched<T>(id: number, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (thrown) {
      if (isGone(asIpcError(thrown))) this.#forget(id);
      throw thrown;
    }
  }

  async #change(name: string, id: number, work: () => Promise<ResultView>): Promise<boolean> {
    const before = this.views.get(id);
    const view = await this.#do(name, id, work);
    // What was told meanwhile is newer than the answer.
    if (view && this.views.get(id) === before) this.#take(view);
    return view !== null;
  }

  stop = (id: number): Promise<boolean> => this.#change("stop", id, () => this.#backend.resultStop(id));
  goOn = (id: number): Promise<boolean> => this.#change("go", id, () => this.#backend.resultGoOn(id));

  #forget(id: number): void {
    const views = new Map(this.views);
    views.delete(id);
    this.views = views;
    this.#rows.delete(id);
    this.openings = this.openings.filter((one) => one.id !== id);
  }

  bytes(id: number, limit: number): Promise<ArrayBuffer> {
    return this.#watched(id, () => this.#backend.resultBytes(id, limit));
  }

  /** Asks where to, and writes; what was written is told. */
  async save(view: ResultView, what: ResultSave): Promise<void> {
    await this.#do(`save-${what}`, view.id, async () => {
      const path = await this.#backend.resultSaveChoose(fileNameFor(view, what === "failed" ? "-failed" : ""));
      if (path === null) return;
      this.#toasts.info(savedWords(await this.#backend.resultSave(view.id, what, path)));
    });
  }

  /** Keeps a still of a video for its job's row. Without one, the row shows what kind of job it is. */
  async picture({ project, job }: ResultView, drawn: Promise<string | null>): Promise<void> {
    const picture = await drawn;
    if (project === null || job === null || picture === null) return;
    // The job may have been forgotten meanwhile: nothing that was asked for failed.
    await this.#backend.jobPictureSet(project, job, picture).catch(() => undefined);
  }

  /** Keeps a copy with a delivery, or no longer. */
  keep = (id: number, delivery: number, keep: boolean): Promise<boolean> =>
    this.#change("keep", id, () => this.#backend.resultKeep(id, delivery, keep));

  /** Lets the user choose the file with the requests. */
  async requests(id: number): Promise<void> {
    await this.#do("requests", id, async () => {
      const path = await this.#backend.requestsChoose();
      if (path !== null) this.#take(await this.#backend.resultRequests(id, path));
    });
  }

  /** Asks what would be sent again. Nothing is sent. */
  async ask(id: number): Promise<void> {
    this.resending = { id, preview: null, error: null, busy: false };
    const still = () => this.resending?.id === id;
    try {
      const preview = await this.#backend.resubmitPreview(id);
      if (still()) this.resending = { id, preview, error: null, busy: false };
    } catch (thrown) {
      if (still()) this.resending = { id, preview: null, error: asIpcError(thrown), busy: false };
    }
  }

  /** Sends it; the job that was made, or null where it could not be: then the dialog says why. */
  async resubmit(
    title: string,
    receivers: readonly string[] | null,
    metadata: readonly JobMetadata[],
  ): Promise<JobDetail | null> {
    const asked = this.resending;
    if (!asked?.preview || asked.busy) return null;
    this.resending = { ...asked, error: null, busy: true };
    try {
      const made = await this.#backend.resubmit(asked.id, title, receivers, metadata);
      this.resending = null;
      const { project, name } = made.job;
      const button = this.onjob ? { label: "Show it", run: () => this.onjob?.(project, name) } : null;
      this.#toasts.show("info", `Sent ${title || name} with ${plural(asked.preview.requests, "request")}.`, { button });
      return made;
    } catch (thrown) {
      this.resending = { ...asked, error: asIpcError(thrown), busy: false };
      return null;
    }
  }
}
