import type {
  BatchPreview,
  BatchRequests,
  CallAnswer,
  IpcError,
  DeliveryJob,
  JobDetail,
  JobFilter,
  JobPage,
  JobView,
  MadeEvent,
  NewJob,
} from "../ipc";
import { FakeComparing } from "./comparing";
import { jobOf } from "./job-rows";
import { detailOf, findingOf, NO_KEY, UNTOLD } from "./jobs-found";
import { drawnJobs, olderJobs } from "./jobs-scene";
import { waitingSteps } from "./jobs-steps";
import { refused } from "./refused";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** Of the service's list, what a reading brings. */
const PAGE = 50;
const ENDED: ReadonlySet<JobView["phase"]> = new Set(["succeeded", "failed", "cancelled", "expired", "not_found"]);

/** The jobs of the projects in memory, with the rules of the real ones. */
export abstract class FakeJobs extends FakeComparing {
  jobList: JobView[] = drawnJobs(Date.now());
  /** Why the service's list cannot be read. */
  jobsError: IpcError | null = null;
  pausedUntil: number | null = null;
  /** How many older batches the service has that were not read. */
  older = 102;
  /** Its first page was never read. */
  unread = false;
  /** What the user chooses as the file with requests. */
  requestsFile: string | null = "/home/ada/eval/requests.jsonl";
  /** What was sent, asked with and made, for tests. */
  readonly sentJobs: { project: number; job: NewJob }[] = [];
  readonly madeEvents: MadeEvent[] = [];
  #askedAt = Date.now() - 8 * SECOND;
  #readOlder = 0;

  /** `none|error|paused|unread|many|nokey`; otherwise as in the drawings. */
  jobsScene(scene: string | null): void {
    if (scene === "none") [this.jobList, this.older] = [[], 0];
    if (scene === "error" || scene === "paused")
      this.jobsError = refused(
        scene === "paused" ? "service_rate_limited" : "service_unreachable",
        scene === "paused"
          ? "The service takes no more requests at the moment. Wait a minute; Pollux asks again by itself."
          : "The service could not be reached: check the base URL and the network.",
        scene === "paused" ? "Resource has been exhausted (e.g. check quota)." : "dns error: failed to lookup address",
      );
    if (scene === "paused") this.pausedUntil = Date.now() + 4 * MINUTE;
    if (scene === "unread") [this.jobList, this.unread] = [[], true];
    if (scene === "many") this.jobList.push(...olderJobs(Date.now(), 0, 5000));
    if (scene === "nokey")
      this.state.projects = this.state.projects.map((one) => (one.sandbox ? one : { ...one, api_key: null }));
    this.tellJobs(1, false);
  }

  protected tellJobs(project: number, live = true): void {
    const mine = this.jobList.filter((one) => one.project === project);
    const missed = mine.filter((one) => one.finding && !one.finding.set_aside).length;
    const alarms = { project, missed, waiting: mine.filter((one) => one.phase === "waiting").length };
    this.state.job_alarms = [...this.state.job_alarms.filter((one) => one.project !== project), alarms];
    if (live) this.tell({ kind: "jobs", alarms });
  }

  protected jobOf(project: number, name: string): JobView {
    const found = this.jobList.find((one) => one.project === project && one.name === name);
    if (!found) throw refused("not_found", "Pollux does not know this job.");
    return found;
  }

  protected setJob(job: JobView, change: Partial<JobView>): JobView {
    const next = { ...job, ...change };
    this.jobList = this.jobList.map((one) => (one.name === job.name && one.project === job.project ? next : one));
    return next;
  }

  protected jobDetail(job: JobView): JobDetail {
    const detail = detailOf(job);
    if (job.phase === "waiting") detail.interaction = waitingSteps(job.ended_ms ?? Date.now());
    if (job.phase === "not_found") {
      detail.problem = refused(
        "not_found",
        "The service does not know this job. It was deleted, or perhaps made with another key.",
        "Requested entity was not found.",
      );
      detail.other_keys = this.state.projects
        .filter((one) => one.id !== job.project && !one.sandbox && one.api_key)
        .map((one) => ({ project: one.id, name: one.name, hint: one.api_key?.hint ?? "…" }));
    }
    return detail;
  }

  jobs = (project: number, filter: JobFilter, start: number, count: number) =>
    this.answer("jobs", (): JobPage => {
      const mine = this.jobList.filter((one) => one.project === project);
      const text = filter.text.trim().toLowerCase();
      const found = mine.filter(
        (one) =>
          (filter.kind === null || one.kind === filter.kind) &&
          (!filter.missed || one.finding !== null) &&
          `${one.title} ${one.name} ${one.model} ${one.state} ${one.note} ${one.metadata.map((m) => `${m.key}=${m.value}`).join(" ")}`
            .toLowerCase()
            .includes(text),
      );
      const real = !this.project(project).sandbox;
      return {
        jobs: found.slice(start, start + Math.min(200, count)),
        matched: found.length,
        running: found.filter((one) => !ENDED.has(one.phase) && one.phase !== "unknown").length,
        known: mine.length,
        missed: mine.filter((one) => one.finding && !one.finding.set_aside).length,
        listed: {
          asked_ms: this.unread ? null : this.#askedAt,
          next_ms: this.pausedUntil ?? this.#askedAt + MINUTE,
          more: real && project === 1 && this.#readOlder < this.older,
          reading: this.unread,
          error: this.project(project).api_key === null ? NO_KEY : real ? this.jobsError : null,
          paused_until_ms: this.pausedUntil,
        },
      };
    });

  jobsRefresh = (project: number) =>
    this.answer("jobsRefresh", () => {
      this.#askedAt = Date.now();
      this.unread = false;
      this.tellJobs(project);
    });

  jobsMore = (project: number) =>
    this.answer("jobsMore", () => {
      const count = Math.min(PAGE, this.older - this.#readOlder);
      this.jobList = [...this.jobList, ...olderJobs(Date.now(), this.#readOlder, count)];
      this.#readOlder += count;
      this.tellJobs(project);
    });

  job = (project: number, name: string, ask: boolean) =>
    this.answer("job", () => {
      const job = this.jobOf(project, name);
      if (!ask) return this.jobDetail(job);
      const phase = job.phase === "unknown" ? "succeeded" : job.phase;
      return this.jobDetail(this.setJob(job, { asked_ms: Date.now(), phase }));
    });

  jobOpen = (project: number, text: string) =>
    this.answer("jobOpen", () => {
      const id = text.trim();
      const known = this.jobList.find((one) => one.name === id || one.name.endsWith(`/${id}`) || id.endsWith(one.name));
      if (known) return this.jobDetail(known);
      if (!/^[\w./:-]{6,}$/.test(id))
        throw refused("invalid_format", "This is no id, name or address of a job. Paste one such as batches/k3v9….");
      const kind = id.includes("v1_") ? "interaction" : id.includes("operations/") ? "video" : "batch";
      const plain = id.replace(/^https?:\/\/[^/]+\/v\w+\//, "");
      const name = plain.includes("/") ? plain : `${kind === "interaction" ? "interactions" : "batches"}/${plain}`;
      const job = jobOf({ project, kind, name, known_by: "opened", phase: "not_found", asked_ms: Date.now() });
      this.jobList = [...this.jobList, job];
      this.tellJobs(project);
      return this.jobDetail(job);
    });

  jobAskWith = (project: number, name: string, other: number) =>
    this.answer("jobAskWith", () => {
      const job = this.setJob(this.jobOf(project, name), {
        project: other,
        phase: "succeeded",
        state: "JOB_STATE_SUCCEEDED",
        title: "found-with-another-key",
        asked_ms: Date.now(),
      });
      this.tellJobs(project);
      return this.jobDetail(job);
    });

  jobCancel = (project: number, name: string) =>
    this.answer("jobCancel", () => {
      const job = this.setJob(this.jobOf(project, name), {
        phase: "cancelled",
        state: "JOB_STATE_CANCELLED",
        ended_ms: Date.now(),
      });
      this.tellJobs(project);
      return this.jobDetail(job);
    });

  jobDelete = (project: number, name: string) =>
    this.answer("jobDelete", () => {
      const job = this.jobOf(project, name);
      this.jobList = this.jobList.filter((one) => one !== job);
      this.tellJobs(project);
    });

  batchPreview = (project: number, requests: BatchRequests) =>
    this.answer("batchPreview", (): BatchPreview => {
      const base = this.state.settings.public_address;
      const { path, sandbox } = this.project(project);
      const receiver = sandbox ? "http://127.0.0.1:4710/sandbox" : base === null ? null : `${base}${path}`;
      if (requests.from === "file")
        return {
          requests: 2400,
          bytes: 4_404_019,
          keys: ["eval-0001", "eval-0002", "eval-0003", "eval-0004", "eval-0005"],
          first: '{"key":"eval-0001","request":{"contents":[{"parts":[{"text":"Judge this answer."}]}]}}',
          problems: requests.path.includes("broken") ? ["line 3: not JSON", "line 9: has no request"] : [],
          receiver,
        };
      const lines = requests.text.split("\n").filter((line) => line.trim() !== "");
      const keys: string[] = [];
      const problems = lines.flatMap((line, i) => {
        try {
          const { key } = JSON.parse(line) as { key?: string };
          if (typeof key !== "string") return [`line ${i + 1}: has no key`];
          keys.push(key);
          return [];
        } catch {
          return [`line ${i + 1}: not JSON`];
        }
      });
      return {
        requests: lines.length,
        bytes: requests.text.length,
        keys: keys.slice(0, 5),
        first: lines[0] ?? null,
        problems: problems.slice(0, 10),
        receiver,
      };
    });

  jobDispatch = (project: number, job: NewJob) =>
    this.answer("jobDispatch", () => {
      if (job.model.includes("nowhere"))
        throw refused("service_refused", "The service refused this job.", `models/${job.model} is not found.`);
      this.sentJobs.push({ project, job });
      const { kind } = job.work;
      const id = Math.random().toString(36).slice(2, 14);
      const folder = { batch: "batches", interaction: "interactions", video: `models/${job.model}/operations` }[kind];
      const made = jobOf({
        project,
        kind,
        name: `${folder}/${kind === "interaction" ? "v1_" : ""}${id}`,
        title: job.work.kind === "batch" ? job.work.title || null : null,
        model: job.model,
        metadata: job.metadata,
        phase: "running",
        state: kind === "batch" ? "JOB_STATE_PENDING" : "",
        created_ms: Date.now(),
        dispatched_ms: Date.now(),
        receivers: job.receivers ? { uris: [...job.receivers], ours: true } : null,
      });
      this.jobList = [made, ...this.jobList];
      this.tellJobs(project);
      return this.jobDetail(made);
    });

  requestsChoose = () => this.answer("requestsChoose", () => this.requestsFile);

  jobAnswer = (project: number, name: string, _answers: readonly CallAnswer[]) =>
    this.answer("jobAnswer", () => {
      const job = this.setJob(this.jobOf(project, name), { phase: "running", state: "in_progress", ended_ms: null });
      this.tellJobs(project);
      return this.jobDetail(job);
    });

  jobPictureSet = (project: number, name: string, picture: string) =>
    this.answer("jobPictureSet", () => {
      this.setJob(this.jobOf(project, name), { picture });
      this.tellJobs(project);
    });

  finding = (project: number, name: string) =>
    this.answer("finding", () => findingOf(this.jobOf(project, name), Date.now()));

  findingAside = (project: number, name: string, aside: boolean) =>
    this.answer("findingAside", () => {
      const job = this.jobOf(project, name);
      if (job.finding) this.setJob(job, { finding: { ...job.finding, set_aside: aside } });
      this.tellJobs(project);
    });

  findingReport = (project: number, name: string) =>
    this.answer("findingReport", () => {
      const found = findingOf(this.jobOf(project, name), Date.now());
      return `# ${found?.title ?? name} ended and never called\n\n${found?.sentence ?? ""}\n`;
    });

  findingMakeEvent = (_project: number, _name: string, event: MadeEvent) =>
    this.answer("findingMakeEvent", () => this.madeEvents.push(event));

  /** What is known of the jobs of deliveries, by the delivery's id. */
  readonly ofDeliveries = new Map<number, DeliveryJob>();

  deliveryJob = (delivery: number) => this.answer("deliveryJob", () => this.ofDeliveries.get(delivery) ?? UNTOLD);
}
