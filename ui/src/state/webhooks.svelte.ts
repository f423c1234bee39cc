import type {
  Backend,
  IpcError,
  NewSecret,
  Project,
  Row,
  WebhookAlarms,
  WebhookBoard,
  WebhookDraft,
  WebhookEdit,
  WebhookView,
} from "../ipc";
import { asIpcError } from "../lib/errors";
import { called, projectShown, undoOf } from "../lib/webhooks";
import { Boards, type BoardCalls } from "./boards.svelte";
import { Pings, type PingCalls } from "./pings.svelte";
import { Doing } from "./doing.svelte";
import type { Projects } from "./projects.svelte";
import type { Toasts } from "./toasts.svelte";

/** What it asks of the back end. */
type WebhookCalls = Pick<
  Backend,
  "webhookCreate" | "webhookDelete" | "webhookFailures" | "webhookUpdate" | "webhooksRepair"
> &
  BoardCalls &
  PingCalls;

const REFRESH_MS = 30_000;
const UNDO_MS = 10_000;

/** The open form: a new webhook as the draft has it, or one that is there. */
export type Form = { webhook: WebhookView | null; draft: WebhookDraft };
export type Made =
  { result: "created" } | { result: "found"; webhooks: WebhookView[] } | { result: "failed"; error: IpcError };

/** The webhooks of one project at a time, as the service listed them last. */
export class Webhooks {
  /** Where the bar chooses no project: the one picked in the view. */
  picked = $state<number | null>(null);
  /** Id of the chosen webhook, by project. */
  chosen = $state.raw<ReadonlyMap<number, string>>(new Map());
  tab = $state<"list" | "log">("list");
  /** Below 900 px the detail covers the list. */
  covering = $state(false);
  form = $state.raw<Form | null>(null);
  /** Asked whether to delete it. */
  deleting = $state.raw<WebhookView | null>(null);
  /** The repair dialog is open. */
  repairing = $state(false);
  /** A secret that was just made: the dialog that shows it once. Set to null when it has been put away. */
  shown = $state.raw<NewSecret | null>(null);
  /** Rises with every change of the project's webhooks that the back end tells: what was read before may be older. */
  changes = $state(0);

  /** What is wrong with webhooks, by project. */
  alarms = $state.raw<readonly WebhookAlarms[]>([]);

  readonly pings: Pings;
  readonly #boards: Boards;
  readonly #backend: WebhookCalls;
  readonly #toasts: Toasts;
  readonly #doing: Doing;
  readonly #projects: Pick<Projects, "list" | "chosenId">;
  readonly #go: () => void;
  #open = false;

  /** `go`: shows the Webhooks view. */
  constructor(backend: WebhookCalls, toasts: Toasts, projects: Pick<Projects, "list" | "chosenId">, go: () => void) {
    this.#backend = backend;
    this.#toasts = toasts;
    this.#boards = new Boards(backend, () => this.project?.id);
    this.#doing = new Doing(toasts, () => void this.#boards.read());
    this.#projects = projects;
    this.#go = go;
    this.pings = new Pings(backend);
  }

  get project(): Project | undefined {
    return projectShown(this.#projects.list, this.#projects.chosenId, this.picked);
  }

  get board(): WebhookBoard | null {
    return this.#boards.board;
  }

  /** What keeps the board from being up to date. */
  get error(): IpcError | null {
    return this.#boards.error;
  }

  get refreshing(): boolean {
    return this.#boards.refreshing;
  }

  /** Asks the service. */
  refresh(): Promise<void> {
    return this.#boards.refresh();
  }

  get list(): readonly WebhookView[] {
    return this.board?.webhooks ?? [];
  }

  get selected(): WebhookView | null {
    const id = this.chosen.get(this.project?.id ?? -1);
    return this.list.find((one) => one.id === id) ?? this.list[0] ?? null;
  }

  get earlier(): readonly WebhookView[] {
    return this.list.filter((one) => one.place === "earlier" && one.repaired_uri !== null);
  }

  /** Reads the project and keeps it read gently, until the answer is called. */
  show(): () => void {
    this.#open = true;
    void this.load();
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") void this.refresh();
    }, REFRESH_MS);
    return () => {
      this.#open = false;
      clearInterval(timer);
    };
  }

  /** What is known of the project; asks the service where that is old. */
  async load(): Promise<void> {
    await this.#boards.read();
    const board = this.board;
    if (board && this.project?.api_key && (board.refreshed_ms === null || Date.now() - board.refreshed_ms > REFRESH_MS))
      await this.refresh();
  }

  /** The back end says that the webhooks of a project changed, and what is wrong with them. */
  apply(alarms: WebhookAlarms): void {
    this.alarms = [...this.alarms.filter((one) => one.project !== alarms.project), alarms];
    this.changed(alarms.project);
  }

  changed(project: number): void {
    if (project !== this.project?.id) return;
    this.changes++;
    if (this.#open) void this.#boards.read();
  }

  pick(project: number): void {
    this.picked = project;
    this.covering = false;
    if (this.#open) void this.load();
  }

  choose(webhook: Pick<WebhookView, "id">): void {
    if (this.project) this.chosen = new Map(this.chosen).set(this.project.id, webhook.id);
  }

  /** Moves the choice by so many; answers the id that is chosen now. */
  move(by: number): string | null {
    const at = this.list.findIndex((one) => one.id === this.selected?.id);
    const next = this.list[Math.min(this.list.length - 1, Math.max(0, at + by))];
    if (next) this.choose(next);
    return next?.id ?? null;
  }

  /** Opens the form for a new one: with the address where it should point, or as a draft has it. */
  add(draft?: WebhookDraft): void {
    this.form = { webhook: null, draft: draft ?? { name: null, uri: this.board?.receiver ?? "", events: [] } };
  }

  edit(webhook: WebhookView): void {
    this.form = {
      webhook,
      draft: { name: webhook.name, uri: webhook.uri, events: webhook.events.map((one) => one.name) },
    };
  }

  /** Makes it. Its secret is shown by the dialog for that; what went wrong is for the form. */
  async create(draft: WebhookDraft, lookFirst: boolean): Promise<Made> {
    const project = this.project;
    if (!project) return { result: "failed", error: asIpcError("There is no project to add a webhook to.") };
    try {
      const made = await this.#backend.webhookCreate(project.id, draft, lookFirst);
      if (made.result === "found") return made;
      this.choose(made.webhook);
      this.form = null;
      this.shown = made.secret;
      return { result: "created" };
    } catch (thrown) {
      return { result: "failed", error: asIpcError(thrown) };
    } finally {
      void this.#boards.read();
    }
  }

  /** What the form is to say, or null when it went well. */
  async save(webhook: WebhookView, edit: WebhookEdit): Promise<IpcError | null> {
    const project = this.project;
    if (!project) return null;
    try {
      await this.#backend.webhookUpdate(project.id, webhook.id, edit);
    } catch (thrown) {
      return asIpcError(thrown);
    } finally {
      void this.#boards.read();
    }
    this.#offerUndo(project.id, webhook, edit, `${called(webhook)} changed.`);
    return null;
  }

  #offerUndo(project: number, webhook: WebhookView, edit: WebhookEdit, text: string): void {
    const back = undoOf(webhook, edit);
    const possible = Object.values(back).some((value) => value !== null);
    this.#toasts.show("info", text, {
      lingerMs: UNDO_MS,
      button: possible ? { label: "Undo", run: () => void this.#update(project, webhook.id, back) } : null,
    });
  }

  async #update(project: number, id: string, edit: WebhookEdit): Promise<boolean> {
    return (await this.#doing.run(id, () => this.#backend.webhookUpdate(project, id, edit))) !== null;
  }

  /** Commands under way, by webhook id. */
  get busy(): ReadonlySet<string> {
    return this.#doing.keys;
  }

  async setEnabled(webhook: WebhookView, enabled: boolean): Promise<void> {
    const project = this.project;
    if (!project) return;
    const edit: WebhookEdit = { name: null, uri: null, events: null, state: enabled ? "enabled" : "disabled" };
    if (!(await this.#update(project.id, webhook.id, edit))) return;
    this.pings.forget(webhook.id);
    // What the service switched off is not switched off again by us in its name.
    if (enabled && webhook.state !== "disabled") this.#toasts.info(`${called(webhook)} enabled.`);
    else this.#offerUndo(project.id, webhook, edit, `${called(webhook)} ${enabled ? "enabled" : "disabled"}.`);
  }

  async remove(webhook: WebhookView, tell = true): Promise<boolean> {
    const project = this.project;
    if (!project) return false;
    const done = await this.#doing.run(
      webhook.id,
      async () => (await this.#backend.webhookDelete(project.id, webhook.id), true),
    );
    if (done === null) return false;
    this.covering = false;
    this.pings.forget(webhook.id);
    const draft: WebhookDraft = { name: webhook.name, uri: webhook.uri, events: webhook.events.map((one) => one.name) };
    const again = () => {
      this.#go();
      this.picked = project.id;
      this.add(draft);
    };
    if (tell)
      this.#toasts.show("info", `${called(webhook)} deleted.`, {
        lingerMs: UNDO_MS,
        button: { label: "Create it again…", run: again },
      });
    return true;
  }

  async ping(webhook: WebhookView): Promise<void> {
    if (!this.project) return;
    await this.pings.ask(this.project.id, webhook.id);
    if (this.#open) void this.#boards.read();
  }

  /** Points one that has an earlier address to the present one; null when it went well. */
  async repair(webhook: WebhookView): Promise<IpcError | null> {
    if (!this.project) return null;
    try {
      const [repaired] = await this.#backend.webhooksRepair(this.project.id, [webhook.id]);
      return repaired?.error ?? null;
    } catch (thrown) {
      return asIpcError(thrown);
    } finally {
      void this.#boards.read();
    }
  }

  /** What came to it in the last day and was not answered 2xx; null where that cannot be read, which was told. */
  async failuresOf(webhook: WebhookView): Promise<Row[] | null> {
    if (!this.project) return null;
    try {
      return await this.#backend.webhookFailures(this.project.id, webhook.id);
    } catch (thrown) {
      this.#toasts.failed(thrown);
      return null;
    }
  }
}
