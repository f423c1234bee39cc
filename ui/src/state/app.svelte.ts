import type {
  AppState,
  Backend,
  Counts,
  IpcError,
  ListenerState,
  Live,
  Project,
  Row,
  SampleRequest,
  Settings,
} from "../ipc";
import { asIpcError, isNewAddress } from "../lib/errors";
import { NO_FILTER } from "../lib/filter";
import { projectAddress } from "../lib/projects";
import { dress } from "../lib/theme";
import { whenStill } from "../lib/when-still";
import { ActionLog } from "./action-log.svelte";
import { Copying } from "./copying";
import { Deliveries } from "./deliveries.svelte";
import { DetailState } from "./detail.svelte";
import { errorButtons } from "./error-buttons";
import { HandlerState } from "./handler.svelte";
import { Projects } from "./projects.svelte";
import { Replay } from "./replay.svelte";
import { Sandbox } from "./sandbox.svelte";
import { RotationState } from "./rotation.svelte";
import { answered, FIRST_SAMPLE, Samples } from "./samples.svelte";
import { Secrets } from "./secrets.svelte";
import { Starting } from "./starting.svelte";
import { Toasts } from "./toasts.svelte";
import { Tunnel } from "./tunnel.svelte";
import { VerifyAgain } from "./verify-again.svelte";
import { Webhooks } from "./webhooks.svelte";

export type ViewName = "deliveries" | "webhooks" | "secrets" | "handler" | "sandbox" | "settings" | "projects";
const SAVE_SPLIT_MS = 400;

/** The window's one controller: what is on the screen, and where live messages go. */
export class App {
  info = $state.raw<AppState | null>(null);
  fatal = $state.raw<IpcError | null>(null);
  view = $state<ViewName>("deliveries");
  listener = $state.raw<ListenerState>({ state: "starting" });
  counts = $state.raw<Counts>({ total: 0, kept_bytes: 0, refused: 0, too_large: 0, turned_away: 0, per_minute: 0 });
  settings = $state.raw<Settings | null>(null);
  /** The clock of the ages; ticks every second. */
  now = $state(Date.now());
  /** Below 900 px the detail covers the list. */
  covering = $state(false);
  keysShown = $state(false);
  portAsked = $state(false);

  readonly toasts = new Toasts();
  readonly starting: Starting;
  readonly deliveries: Deliveries;
  readonly detail: DetailState;
  readonly samples: Samples;
  readonly secrets: Secrets;
  readonly sandbox: Sandbox;
  readonly projectsForm: Projects;
  readonly webhooks: Webhooks;
  readonly rotation: RotationState;
  readonly actionLog: ActionLog;
  readonly tunnel: Tunnel;
  readonly handler: HandlerState;
  readonly replay: Replay;
  readonly verifyAgain: VerifyAgain;
  readonly copying = new Copying(this);
  readonly backend: Backend;
  /** Message id of the delivery to open when it arrives. */
  #wanted: string | null = null;
  readonly #saveSoon = whenStill(
    () => this.settings && void this.save(this.settings).catch((thrown: unknown) => this.toasts.failed(thrown)),
    SAVE_SPLIT_MS,
  );

  constructor(backend: Backend) {
    this.backend = backend;
    this.starting = new Starting(backend, this.toasts, {
      start: () => this.start(),
      copy: (text, what) => this.copy(text, what),
    });
    this.deliveries = new Deliveries(backend, (thrown) => this.toasts.failed(thrown));
    this.detail = new DetailState(backend);
    this.samples = new Samples(backend, this.toasts);
    this.secrets = new Secrets(backend, this.toasts);
    this.sandbox = new Sandbox(backend, this.toasts);
    this.webhooks = new Webhooks(backend, this.toasts, {
      projects: () => this.projects,
      barProject: () => this.deliveries.filter.project,
      go: () => this.go("webhooks"),
    });
    this.rotation = new RotationState(backend, this.toasts, this.webhooks);
    this.actionLog = new ActionLog(backend, this.toasts);
    this.tunnel = new Tunnel(backend, this.toasts, {
      save: (settings) => this.save(settings),
      showWebhooks: () => this.go("webhooks"),
    });
    this.replay = new Replay(backend, this.toasts, {
      list: this.deliveries,
      detail: this.detail,
      twists: () => this.info?.twists ?? [],
      reveal: (id) => this.reveal(id),
    });
    this.verifyAgain = new VerifyAgain(backend, this.toasts, this.replay.selection, this.detail);
    this.handler = new HandlerState(backend, this.toasts, this.replay.targets, () => this.go("handler"));
    this.projectsForm = new Projects(backend, this.toasts, (project) => this.#projectSaved(project));
    this.toasts.buttonFor = errorButtons(this);
  }

  /** Listens first, then reads: nothing falls between the two. */
  async start(): Promise<void> {
    try {
      await this.backend.live((message) => this.#live(message));
      const [info] = await Promise.all([this.backend.appState(), this.deliveries.open(NO_FILTER), this.tunnel.load()]);
      this.info = info;
      this.listener = info.listener;
      this.counts = info.counts;
      this.settings = info.settings;
      this.handler.begin(info);
      dress(info.settings.theme);
      this.fatal = null;
      this.starting.tell(info.database.path);
    } catch (thrown) {
      await this.starting.look();
      this.fatal = asIpcError(thrown);
    }
  }

  /** Keeps the ages going; returns how to stop. */
  tick(): () => void {
    const timer = setInterval(() => (this.now = Date.now()), 1000);
    return () => clearInterval(timer);
  }

  #live(message: Live): void {
    for (const part of [this.replay, this.handler, this.verifyAgain]) part.live(message);
    switch (message.kind) {
      case "listener":
        this.listener = message.listener;
        if (this.info) this.info = { ...this.info, listener: message.listener };
        break;
      case "counts":
        this.counts = message.counts;
        break;
      case "disk":
        if (this.info) this.info = { ...this.info, disk: message.disk };
        break;
      case "notice":
        if (isNewAddress(message.notice)) this.tunnel.moved(message.notice.message);
        else this.toasts.show(message.notice.level, message.notice.message);
        break;
      case "projects":
        this.#setProjects(message.projects);
        break;
      case "webhooks":
        if (this.info)
          this.info = {
            ...this.info,
            alarms: [...this.info.alarms.filter((one) => one.project !== message.alarms.project), message.alarms],
          };
        this.webhooks.changed(message.alarms.project);
        // A rotation ends secrets, whoever made it.
        if (this.view === "secrets") void this.secrets.load();
        this.rotation.changed(message.alarms.project);
        break;
      case "tunnel":
        this.tunnel.apply(message.tunnel);
        break;
      case "sandbox":
        this.sandbox.changed();
        break;
      case "replay":
      case "forward":
      case "fault_lab":
      case "check":
      case "verify_again":
        break;
      default:
        this.deliveries.apply(message);
        if (message.kind === "changed") {
          this.detail.changed(message.rows);
          this.sandbox.log.note(message.rows);
        }
        if (message.kind === "rows") {
          this.sandbox.log.note(message.added);
          this.detail.changed(message.added);
          this.#openWanted();
        }
    }
  }

  go(view: ViewName): void {
    this.view = view;
    if (view !== "secrets") this.secrets.conceal();
  }

  #setProjects(projects: Project[]): void {
    if (this.info) this.info = { ...this.info, projects };
    const { filter } = this.deliveries;
    if (filter.project !== null && !projects.some((one) => one.id === filter.project))
      this.deliveries.setFilter({ ...filter, project: null });
  }

  /** The list comes by itself; until then it is known already. What was just saved is what the Webhooks view shows next. */
  #projectSaved(project: Project | null): void {
    if (project === null) return;
    if (!this.projects.some((one) => one.id === project.id)) this.#setProjects([...this.projects, project]);
    this.webhooks.pick(project.id);
  }

  get projects(): readonly Project[] {
    return this.info?.projects ?? [];
  }

  get #barProject(): Project | undefined {
    return this.projects.find((one) => one.id === this.deliveries.filter.project);
  }

  /** The listener's address with the chosen project's path, or null while nothing listens. */
  get localAddress(): string | null {
    return projectAddress(
      this.#barProject?.path ?? "",
      this.listener.state === "listening" ? this.listener.address : null,
      null,
    );
  }

  /** The same from outside; null where there is no such way. The Sandbox's emulator is on this machine: it sends to the listener itself. */
  get publicAddress(): string | null {
    return this.#barProject?.sandbox ? null : projectAddress(this.#barProject?.path ?? "", null, this.tunnel.public);
  }

  /** Where the chosen project's deliveries are to be sent now. */
  get address(): string | null {
    return (this.tunnel.online ? this.publicAddress : null) ?? this.localAddress;
  }

  /** True when it is on the clipboard; what went wrong is told. */
  async copy(text: string, what: string): Promise<boolean> {
    try {
      await this.backend.copyText(text);
      this.toasts.info(`${what} copied.`);
      return true;
    } catch (thrown) {
      this.toasts.failed(thrown);
      return false;
    }
  }

  async listenOn(port: number | null): Promise<ListenerState | null> {
    try {
      this.listener = await this.backend.listenerStart(port);
      return this.listener;
    } catch (thrown) {
      this.toasts.failed(thrown);
      return null;
    }
  }

  /** Throws what the back end says: a form shows it beside its field. */
  async save(settings: Settings): Promise<void> {
    this.settings = await this.backend.settingsSet(settings);
    dress(this.settings.theme);
  }

  /** Remembers how the window is divided, once the hand is still. */
  saveSplit(split: number): void {
    if (!this.settings) return;
    this.settings = { ...this.settings, split };
    this.#saveSoon();
  }

  /** Sends a sample; where its delivery cannot be seen arriving, says how it went. */
  async sendSample(request: SampleRequest = this.samples.last, label?: string): Promise<void> {
    const sent = await this.samples.send(request, label);
    if (sent && this.view !== "deliveries" && this.view !== "sandbox")
      this.toasts.info(`${sent.label} sent, ${answered(sent.result)}.`);
  }

  /** The first sample is opened as soon as it has arrived: there is nothing else to look at. */
  async sendFirstSample(): Promise<void> {
    const sent = await this.samples.send(FIRST_SAMPLE);
    this.#wanted = sent?.result.message_id ?? null;
    this.#openWanted();
  }

  #openWanted(): void {
    const id = this.#wanted === null ? undefined : this.deliveries.idOfMessage(this.#wanted);
    if (id === undefined) return;
    this.#wanted = null;
    this.deliveries.point(id);
    void this.detail.open(id);
  }

  /** Opens a row in the detail. */
  async show(row: Row, cover: boolean): Promise<void> {
    if (cover) this.covering = true;
    await this.detail.open(row.id);
  }

  /** Goes to a delivery wherever it stands. */
  async reveal(id: number): Promise<void> {
    this.go("deliveries");
    this.covering = true;
    await Promise.all([this.deliveries.chooseId(id), this.detail.open(id)]);
  }

  /** Goes to the newest delivery of a message; where the list does not know it, filters for it. */
  async revealMessage(messageId: string): Promise<void> {
    const id = this.deliveries.idOfMessage(messageId);
    if (id !== undefined) return this.reveal(id);
    this.go("deliveries");
    await this.deliveries.open({ ...NO_FILTER, text: messageId });
    const row = await this.deliveries.choose(0);
    if (row) await this.show(row, true);
  }

  get narrow(): boolean {
    return window.matchMedia("(max-width: 899px)").matches;
  }
}
