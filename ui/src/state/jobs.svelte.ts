import type { Backend, IpcError, JobAlarms, JobDetail, JobsBackend, JobView, MadeEvent, Project } from "../ipc";
import { asIpcError } from "../lib/errors";
import { hasFinding, hasResult, titleOf } from "../lib/jobs";
import { projectShown } from "../lib/webhooks";
import type { Clipboard } from "./clipboard";
import { Doing } from "./doing.svelte";
import { JobById } from "./job-by-id.svelte";
import { jobDrops } from "./job-drops";
import { JobForm, type JobFormCalls } from "./job-form.svelte";
import { JobList } from "./job-list.svelte";
import { JobOpen } from "./job-open.svelte";
import type { Projects } from "./projects.svelte";
import type { Toasts } from "./toasts.svelte";
import type { DropTarget } from "./transfers.svelte";

/** What it asks of the back end. */
type JobCalls = Pick<Backend, Exclude<keyof JobsBackend, "jobAnswer">> & JobFormCalls;

/** Which dialog of the view is open. */
export type JobAsking = "new" | "open" | "cancel" | "delete" | "make";

/** The jobs of one project at a time: the list, and the one that is open. */
export class Jobs {
  /** Where the bar chooses no project: the one picked in the view. */
  picked = $state<number | null>(null);
  /** Name of the chosen job, by project. */
  chosen = $state.raw<ReadonlyMap<number, string>>(new Map());
  /** Below 900 px the detail covers the list. */
  covering = $state(false);
  asking = $state<JobAsking | null>(null);
  /** What needs somebody, by project. */
  alarms = $state.raw<readonly JobAlarms[]>([]);
  /** Rises when the search box is to have the focus. */
  sought = $state(0);

  readonly list: JobList;
  readonly open: JobOpen;
  readonly form: JobForm;
  readonly byId: JobById;
  /** Takes files that are dropped on the view. */
  readonly dropTarget: DropTarget;
  readonly #backend: JobCalls;
  readonly #toasts: Toasts;
  readonly #clipboard: Clipboard;
  readonly #projects: Pick<Projects, "list" | "chosenId" | "choose">;
  readonly #doing: Doing;
  #showing = false;
  /** The project changes because a job of it was opened: what is chosen stays. */
  #going = false;
  /** Where the chosen one stood last: it may be out of the pages that are here. */
  #place = 0;

  constructor(
    backend: JobCalls,
    toasts: Toasts,
    clipboard: Clipboard,
    projects: Pick<Projects, "list" | "chosenId" | "choose">,
  ) {
    this.#backend = backend;
    this.#toasts = toasts;
    this.#clipboard = clipboard;
    this.#projects = projects;
    this.#doing = new Doing(toasts, () => void this.list.read());
    this.list = new JobList(backend, () => this.project?.id);
    this.open = new JobOpen(backend);
    this.form = new JobForm(backend, (project, job) => this.#taken(backend.jobDispatch(project, job)));
    this.byId = new JobById(
      (text) => this.#take((project) => backend.jobOpen(project, text)),
      (shown) => (this.asking = shown ? "open" : null),
    );
    this.dropTarget = jobDrops(this.form, toasts, () => (this.asking = "new"));
  }

  get project(): Project | undefined {
    return projectShown(this.#projects.list, this.#projects.chosenId, this.picked);
  }

  /** Name of the chosen job of this project. */
  get current(): string | null {
    return this.chosen.get(this.project?.id ?? -1) ?? null;
  }

  /** The chosen one, as it was told last. */
  get selected(): JobView | null {
    const { detail } = this.open;
    return detail?.job.name === this.current ? detail.job : null;
  }

  get busy(): ReadonlySet<string> {
    return this.#doing.keys;
  }

  /** Reads the project and keeps it read, until the answer is called. */
  show(): () => void {
    this.#showing = true;
    void this.load();
    const timer = setInterval(() => {
      if (document.visibilityState === "visible" && this.list.due(Date.now())) void this.list.read();
    }, 1000);
    return () => {
      this.#showing = false;
      clearInterval(timer);
    };
  }

  async load(): Promise<void> {
    const project = this.project?.id;
    await this.list.read();
    if (project === undefined || project !== this.project?.id) return;
    const name = this.current ?? this.list.at(0)?.name;
    if (name === undefined) this.open.close();
    else await this.choose(name);
  }

  pick(project: number): void {
    this.picked = project;
  }

  /** Another project is shown: the view says so. */
  moved(): void {
    if (this.#going) {
      this.#going = false;
      return;
    }
    this.covering = false;
    this.list.forget();
    this.open.close();
    if (this.#showing) void this.load();
  }

  /** The back end says that something of the project's jobs is another. */
  apply(alarms: JobAlarms): void {
    this.alarms = [...this.alarms.filter((one) => one.project !== alarms.project), alarms];
    if (!this.#showing || alarms.project !== this.project?.id) return;
    void (this.current === null ? this.load() : this.list.read());
    if (this.open.name !== null && this.open.name === this.current) void this.open.read(alarms.project, this.open.name);
  }

  async choose(name: string): Promise<void> {
    const project = this.project;
    if (!project) return;
    this.chosen = new Map(this.chosen).set(project.id, name);
    const at = this.list.indexOf(name);
    if (at >= 0) this.#place = at;
    await this.open.read(project.id, name);
  }

  /** Chooses a job of any project, from elsewhere in the window. */
  async reveal(project: number, name: string): Promise<void> {
    if (project !== this.project?.id) this.#goTo(project);
    this.covering = true;
    this.chosen = new Map(this.chosen).set(project, name);
    if (this.#showing) await Promise.all([this.list.read(), this.choose(name)]);
  }

  /** Moves the choice to a place of the list; answers the name that is chosen then. */
  async moveTo(index: number): Promise<string | null> {
    const to = Math.min(this.list.matched - 1, Math.max(0, index));
    if (to < 0) return null;
    if (!this.list.at(to)) await this.list.reach(to, to + 1);
    const name = this.list.at(to)?.name ?? null;
    if (name !== null) void this.choose(name);
    return name;
  }

  move(by: number): Promise<string | null> {
    if (this.current === null) return this.moveTo(0);
    const at = this.list.indexOf(this.current);
    return this.moveTo((at < 0 ? this.#place : at) + by);
  }

  /** To the next job with a finding, after the chosen one, and around. */
  async nextFinding(): Promise<void> {
    const project = this.project;
    if (!project) return;
    try {
      const { jobs } = await this.#backend.jobs(project.id, { text: "", kind: null, missed: true }, 0, 200);
      const found = jobs.filter(hasFinding);
      const at = found.findIndex((job) => job.name === this.current);
      const next = found[(at + 1) % Math.max(1, found.length)];
      if (!next) this.#toasts.info("No job of this project is missed.");
      else await this.choose(next.name);
    } catch (thrown) {
      this.#toasts.failed(thrown);
    }
  }

  ask(): void {
    const { project, current } = this;
    if (project && current !== null) void this.open.read(project.id, current, true).then(() => this.list.read());
  }

  /** An answer, or rows that were sent again, began this one. */
  began(detail: JobDetail): void {
    this.#took(detail);
  }

  /** Asks about the open one with another project's key, which the user chose. */
  async askWith(other: number): Promise<void> {
    const name = this.current;
    if (name === null) return;
    const error = await this.#take((project) => this.#backend.jobAskWith(project, name, other));
    if (error) this.#toasts.failed(error);
  }

  #take(work: (project: number) => Promise<JobDetail>): Promise<IpcError | null> {
    const project = this.project;
    return project ? this.#taken(work(project.id)) : Promise.resolve(asIpcError("There is no project."));
  }

  /** Null when it is shown; or what is wrong, for the dialog. */
  async #taken(work: Promise<JobDetail>): Promise<IpcError | null> {
    try {
      this.#took(await work);
      return null;
    } catch (thrown) {
      return asIpcError(thrown);
    }
  }

  #took(detail: JobDetail): void {
    const { project, name } = detail.job;
    if (project !== this.project?.id) this.#goTo(project);
    this.chosen = new Map(this.chosen).set(project, name);
    this.open.take(detail);
    this.covering = true;
    void this.list.read();
    void this.open.read(project, name);
  }

  /** The project becomes the one that is shown, in the bar if it chooses there. */
  #goTo(project: number): void {
    if (this.#projects.chosenId !== null) this.#projects.choose(project);
    this.picked = project;
    this.#going = this.#showing;
    this.list.forget();
  }

  async cancel(job: JobView): Promise<void> {
    const detail = await this.#doing.run(job.name, () => this.#backend.jobCancel(job.project, job.name));
    if (detail) this.#took(detail);
  }

  async remove(job: JobView): Promise<void> {
    const done = await this.#doing.run(
      job.name,
      async () => (await this.#backend.jobDelete(job.project, job.name), true),
    );
    if (done === null) return;
    this.#toasts.info(`${titleOf(job).text} deleted at the service.`);
    const left = new Map(this.chosen);
    left.delete(job.project);
    this.chosen = left;
    this.covering = false;
    this.open.close();
    await this.load();
  }

  /** The result of the open job is wanted. Where the service named none, it is asked how the job stands. */
  collect(): void {
    const { detail } = this.open;
    if (detail && hasResult(detail)) this.open.collecting = this.current;
    else this.ask();
  }

  async copyReport(): Promise<boolean> {
    const { project, current } = this;
    if (!project || current === null || !this.open.finding) return false;
    try {
      return await this.#clipboard.copy(await this.#backend.findingReport(project.id, current), "Report");
    } catch (thrown) {
      this.#toasts.failed(thrown);
      return false;
    }
  }

  async setAside(aside: boolean): Promise<void> {
    const { project, current } = this;
    if (!project || current === null) return;
    await this.#doing.run(current, () => this.#backend.findingAside(project.id, current, aside));
    await this.open.read(project.id, current);
  }

  /** Null when it was made and sent; or what is wrong, for the dialog. */
  async makeEvent(event: MadeEvent): Promise<IpcError | null> {
    const { project, current } = this;
    if (!project || current === null) return null;
    try {
      await this.#backend.findingMakeEvent(project.id, current, event);
      this.#toasts.info("The event was made here and sent.");
      return null;
    } catch (thrown) {
      return asIpcError(thrown);
    }
  }
}
