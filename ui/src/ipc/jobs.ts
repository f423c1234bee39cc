import type {
  BatchPreview,
  BatchRequests,
  CallAnswer,
  DeliveryJob,
  JobDetail,
  JobFilter,
  JobFinding,
  JobPage,
  MadeEvent,
  NewJob,
} from "./generated";

/** What the window asks about a project's jobs: batches, interactions and videos. */
export interface JobsBackend {
  /**
   * Some of what Pollux knows, at most 200 from a place on: what waits for the user first, then what runs, then what
   * ended. Asks the service for its first page if that is due; the answer does not wait for it, and `Live` of the kind
   * `jobs` tells when it is there.
   */
  jobs(project: number, filter: JobFilter, start: number, count: number): Promise<JobPage>;
  /** Asks the service for its first page now. */
  jobsRefresh(project: number): Promise<void>;
  /** Asks the service for its next page of batches. */
  jobsMore(project: number): Promise<void>;
  /** A job with all that is known of it. `ask`: asks the service first; why it could not is `problem`. */
  job(project: number, name: string, ask: boolean): Promise<JobDetail>;
  /** Opens a job by its id, its name or an address of the service that was pasted. Rejects with what is wrong. */
  jobOpen(project: number, text: string): Promise<JobDetail>;
  /** Asks about it with another project's key, which the user chose. Where it knows the job, it is of that project. */
  jobAskWith(project: number, name: string, other: number): Promise<JobDetail>;
  jobCancel(project: number, name: string): Promise<JobDetail>;
  /** Deletes it at the service. */
  jobDelete(project: number, name: string): Promise<void>;
  /** What a batch would send. Nothing is sent. */
  batchPreview(project: number, requests: BatchRequests): Promise<BatchPreview>;
  /** Sends a job. Of a real project, it may cost money. */
  jobDispatch(project: number, job: NewJob): Promise<JobDetail>;
  /** Lets the user choose a JSONL file; null where the user changed their mind. */
  requestsChoose(): Promise<string | null>;
  /** Sends the results of the pending calls as the next turn, and answers the interaction that it began. */
  jobAnswer(project: number, name: string, answers: readonly CallAnswer[]): Promise<JobDetail>;
  /** Keeps a small picture of a video (a JPEG as a data URL) for its row in the list. */
  jobPictureSet(project: number, name: string, picture: string): Promise<void>;
  /** What the watchdog found out about a job that ended and was not told of; null where there is nothing. */
  finding(project: number, name: string): Promise<JobFinding | null>;
  /** No alarm for it any more, or one again. */
  findingAside(project: number, name: string, aside: boolean): Promise<void>;
  /** The evidence as Markdown, without keys, secrets and tokens. */
  findingReport(project: number, name: string): Promise<string>;
  /** Makes the event that never came and sends it to a target; answers the id of the outbound. */
  findingMakeEvent(project: number, name: string, event: MadeEvent): Promise<number>;
  /** What is known of a delivery's job and of further attempts of its event. Asks nobody. */
  deliveryJob(delivery: number): Promise<DeliveryJob>;
}
