import type {
  ActionPage,
  EnvironmentKey,
  NewSecret,
  PingResult,
  Place,
  Project,
  ProjectCheck,
  ProjectDraft,
  Rotated,
  Rotation,
  Row,
  WebhookBoard,
  WebhookCreation,
  WebhookDraft,
  WebhookEdit,
  WebhookRepair,
  WebhookView,
} from "./generated";

/** What the window asks about projects, their webhooks and secrets. */
export interface ManageBackend {
  projectAdd(draft: ProjectDraft): Promise<Project>;
  projectUpdate(id: number, draft: ProjectDraft): Promise<Project>;
  /** One harmless call with what a form holds. Nothing is kept. Rejects with what the service said. */
  projectCheck(id: number | null, draft: ProjectDraft): Promise<ProjectCheck>;
  projectRemove(id: number): Promise<void>;
  projectRestore(id: number): Promise<Project>;
  environmentKeys(): Promise<EnvironmentKey[]>;
  /** What is known; the service is asked only where it never was. */
  webhooks(project: number): Promise<WebhookBoard>;
  /** Asks the service. Why it failed stands in the board. */
  webhooksRefresh(project: number): Promise<WebhookBoard>;
  /** `lookFirst`: after a try whose outcome is unknown. */
  webhookCreate(project: number, draft: WebhookDraft, lookFirst: boolean): Promise<WebhookCreation>;
  webhookUpdate(project: number, id: string, edit: WebhookEdit): Promise<WebhookView>;
  webhookDelete(project: number, id: string): Promise<void>;
  /** Up to 30 s: until the ping is here, or is not. */
  webhookPing(project: number, id: string): Promise<PingResult>;
  webhooksRepair(project: number, ids: string[]): Promise<WebhookRepair[]>;
  /** Deliveries of the last 24 hours that were not answered 2xx, newest first. */
  webhookFailures(project: number, id: string): Promise<Row[]>;
  rotation(project: number, id: string): Promise<Rotation>;
  webhookRotate(project: number, id: string, immediately: boolean): Promise<Rotated>;
  secretStoreAgain(id: string): Promise<NewSecret>;
  /** The user has a secret that could not be stored. */
  secretLetGo(id: string): Promise<void>;
  secretDestroy(id: string): Promise<void>;
  placeAdd(project: number, webhook: string, text: string): Promise<Place[]>;
  placeTick(id: number, done: boolean): Promise<Place[]>;
  placeRemove(id: number): Promise<Place[]>;
  actions(before: number | null, limit: number): Promise<ActionPage>;
  /** Writes the whole log as NDJSON among the user's downloads; answers the file's path. */
  actionsExport(): Promise<string>;
  /** Onto the clipboard, and off it after a minute where it is still there. */
  copySecret(text: string): Promise<void>;
}
