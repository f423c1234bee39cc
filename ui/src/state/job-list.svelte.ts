import type { Backend, IpcError, JobFilter, JobPage, JobsListed, JobView } from "../ipc";
import { asIpcError } from "../lib/errors";
import { Latest } from "../lib/latest";

/** What it asks of the back end. */
export type JobListCalls = Pick<Backend, "jobs" | "jobsMore" | "jobsRefresh">;

/** The back end gives at most twice this many a call. */
const PAGE = 100;
const EVERYTHING: JobFilter = { text: "", kind: null, missed: false };

export type JobCounted = Omit<JobPage, "jobs">;

/** The jobs of a project that match a filter, as far as they were looked at. What waits comes first, then what runs. */
export class JobList {
  filter = $state.raw<JobFilter>(EVERYTHING);
  /** What was told with the last page; null: nothing yet. */
  counted = $state.raw<JobCounted | null>(null);
  /** Why nothing can be told. Why the service was not read is in `counted`. */
  error = $state.raw<IpcError | null>(null);
  rows = $state.raw<ReadonlyMap<number, JobView>>(new Map());
  /** Asked for by hand. */
  refreshing = $state(false);

  readonly #backend: JobListCalls;
  readonly #shown: () => number | undefined;
  /** What is in sight. */
  #first = 0;
  #last = PAGE;
  #of = "";
  #again = false;
  readonly #looking = new Latest();
  #reading: Promise<void> | null = null;
  #readMs = 0;
  #askingMore = false;

  constructor(backend: JobListCalls, shown: () => number | undefined) {
    this.#backend = backend;
    this.#shown = shown;
  }

  get narrowed(): boolean {
    const { text, kind, missed } = this.filter;
    return text.trim() !== "" || kind !== null || missed;
  }

  get matched(): number {
    return this.counted?.matched ?? 0;
  }

  get listed(): JobsListed | null {
    return this.counted?.listed ?? null;
  }

  at(index: number): JobView | undefined {
    return this.rows.get(index);
  }

  indexOf(name: string | null): number {
    if (name !== null) for (const [index, job] of this.rows) if (job.name === name) return index;
    return -1;
  }

  setFilter(part: Partial<JobFilter>): Promise<void> {
    this.filter = { ...this.filter, ...part };
    this.#first = 0;
    return this.read();
  }

  /** Reads what is in sight anew. One reading at a time; what is asked for meanwhile is one more after it. */
  read(): Promise<void> {
    if (this.#reading) {
      this.#again = true;
      return this.#reading;
    }
    return (this.#reading = (async () => {
      do {
        this.#again = false;
        await this.#page(this.#first, this.#last, false);
      } while (this.#again);
      this.#reading = null;
    })());
  }

  /** These are in sight: those of them that are not here are read, while one scrolls only the last. */
  look(first: number, last: number): void {
    void this.#looking.run(() => this.reach(first, last));
  }

  /** Reads those of these that are not here. */
  async reach(first: number, last: number): Promise<void> {
    this.#first = first;
    this.#last = last;
    for (let index = first; index < Math.min(last, this.matched); index++)
      if (!this.rows.has(index)) return this.#page(index, last, true);
  }

  async #page(first: number, last: number, more: boolean): Promise<void> {
    const project = this.#shown();
    if (project === undefined) return;
    const { filter } = this;
    const of = `${project} ${JSON.stringify(filter)}`;
    const start = Math.floor(first / PAGE) * PAGE;
    const count = Math.min(2 * PAGE, Math.max(PAGE, Math.ceil((last - start) / PAGE) * PAGE));
    this.#readMs = Date.now();
    try {
      const { jobs, ...counted } = await this.#backend.jobs(project, filter, start, count);
      if (project !== this.#shown() || filter !== this.filter) return;
      const rows = new Map(more && of === this.#of ? this.rows : []);
      jobs.forEach((job, i) => rows.set(start + i, job));
      this.#of = of;
      this.rows = rows;
      this.counted = counted;
      this.error = null;
    } catch (thrown) {
      if (project === this.#shown()) this.error = asIpcError(thrown);
    }
  }

  /** Another project: what was known of the one before is not of this one. */
  forget(): void {
    this.filter = EVERYTHING;
    this.rows = new Map();
    this.counted = null;
    this.error = null;
    this.#first = 0;
  }

  /** The service's list is due again: reading what is known makes the back end ask. */
  due(now: number): boolean {
    const next = this.listed?.next_ms ?? null;
    return next !== null && now >= next && now - this.#readMs > 5000 && !this.#reading;
  }

  /** Asks the service for its first page now. */
  async refresh(): Promise<void> {
    const project = this.#shown();
    if (project === undefined || this.refreshing) return;
    this.refreshing = true;
    try {
      await this.#backend.jobsRefresh(project);
    } catch (thrown) {
      this.error = asIpcError(thrown);
    } finally {
      this.refreshing = false;
    }
    await this.read();
  }

  /** Asks the service for its next page, if there is one and nothing keeps it from being read. */
  async more(byHand = false): Promise<void> {
    const project = this.#shown();
    const { listed } = this;
    if (project === undefined || !listed?.more || listed.reading || this.#askingMore) return;
    if (!byHand && (listed.error || listed.paused_until_ms !== null)) return;
    this.#askingMore = true;
    try {
      await this.#backend.jobsMore(project);
    } catch (thrown) {
      this.error = asIpcError(thrown);
    } finally {
      this.#askingMore = false;
    }
    await this.read();
  }
}
