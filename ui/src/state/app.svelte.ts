import type { AppState, Backend, IpcError, Live, Project } from "../ipc";
import { asIpcError, isNewAddress } from "../lib/errors";
import { About } from "./about.svelte";
import { ActionLog } from "./action-log.svelte";
import { Addresses } from "./addresses.svelte";
import { Answering } from "./answering.svelte";
import { Clipboard } from "./clipboard";
import { Clock } from "./clock.svelte";
import { Compare } from "./compare.svelte";
import { Copying } from "./copying";
import { CopyingAs } from "./copying-as";
import { Deliveries } from "./deliveries.svelte";
import { DeliveryJobs } from "./delivery-jobs.svelte";
import { DetailState } from "./detail.svelte";
import { errorButtons } from "./error-buttons";
import { HandlerState } from "./handler.svelte";
import { Jobs } from "./jobs.svelte";
import { Keeping } from "./keeping.svelte";
import { FirstSteps } from "./first-steps.svelte";
import { Histogram } from "./histogram.svelte";
import { HistoryState } from "./history.svelte";
import { Hits } from "./hits.svelte";
import { Known } from "./known-ids.svelte";
import { LastAddresses } from "./last-addresses.svelte";
import { Listening } from "./listening.svelte";
import { MenuState } from "./menu.svelte";
import { Navigation } from "./navigation";
import { Notifications } from "./notifications.svelte";
import { Overview } from "./overview.svelte";
import { ProjectForm } from "./project-form.svelte";
import { Palette } from "./palette.svelte";
import { Projects } from "./projects.svelte";
import { Replay } from "./replay.svelte";
import { Results } from "./results.svelte";
import { RotationState } from "./rotation.svelte";
import { Samples } from "./samples.svelte";
import { Sandbox } from "./sandbox.svelte";
import { Screen } from "./screen.svelte";
import { Search } from "./search.svelte";
import { Secrets } from "./secrets.svelte";
import { SettingsState } from "./settings.svelte";
import { Starting } from "./starting.svelte";
import { Suggest } from "./suggest.svelte";
import { Toasts } from "./toasts.svelte";
import { Traffic } from "./traffic.svelte";
import { exportOf, Transfers } from "./transfers.svelte";
import { Tunnel } from "./tunnel.svelte";
import { VerifyAgain } from "./verify-again.svelte";
import { Webhooks } from "./webhooks.svelte";

/** Makes the window's states in order, each with what it needs of those before it, and brings live messages to them. */
export class App {
  /** Why the window could not start; shown in its place. */
  fatal = $state.raw<IpcError | null>(null);

  readonly about: About;
  readonly clock = new Clock();
  readonly lastAddresses = new LastAddresses();
  readonly screen = new Screen();
  readonly toasts = new Toasts();
  readonly clipboard: Clipboard;
  readonly starting: Starting;
  readonly settings: SettingsState;
  readonly listening: Listening;
  readonly traffic: Traffic;
  readonly deliveries: Deliveries;
  readonly search: Search;
  readonly suggest: Suggest;
  readonly histogram: Histogram;
  readonly hits: Hits;
  readonly projects: Projects;
  readonly projectForm: ProjectForm;
  readonly detail: DetailState;
  readonly deliveryJobs: DeliveryJobs;
  readonly known: Known;
  readonly navigation: Navigation;
  readonly overview: Overview;
  readonly tunnel: Tunnel;
  readonly addresses: Addresses;
  readonly copying: Copying;
  readonly samples: Samples;
  readonly firstSteps: FirstSteps;
  readonly secrets: Secrets;
  readonly sandbox: Sandbox;
  readonly webhooks: Webhooks;
  readonly jobs: Jobs;
  readonly rotation: RotationState;
  readonly actionLog: ActionLog;
  readonly replay: Replay;
  readonly verifyAgain: VerifyAgain;
  readonly copyingAs: CopyingAs;
  readonly keeping: Keeping;
  readonly history: HistoryState;
  readonly transfers: Transfers;
  readonly menu: MenuState;
  readonly compare: Compare;
  readonly handler: HandlerState;
  readonly results: Results;
  readonly answering: Answering;
  readonly palette: Palette;
  readonly notifications: Notifications;
  readonly #backend: Backend;

  constructor(backend: Backend) {
    const { toasts, screen } = this;
    this.#backend = backend;
    this.about = new About(backend);
    this.clipboard = new Clipboard(backend, toasts);
    this.starting = new Starting(backend, toasts, this.clipboard, () => this.start());
    this.settings = new SettingsState(backend, toasts);
    this.listening = new Listening(backend, toasts);
    this.traffic = new Traffic(backend);
    this.deliveries = new Deliveries(backend, (thrown) => toasts.failed(thrown));
    this.search = new Search(backend, toasts, this.deliveries);
    this.suggest = new Suggest(backend, toasts, this.search);
    this.histogram = new Histogram(backend, toasts, this.deliveries);
    this.projects = new Projects(this.deliveries);
    this.projectForm = new ProjectForm(backend, toasts, (project) => this.#projectSaved(project));
    this.detail = new DetailState(backend);
    this.deliveryJobs = new DeliveryJobs(backend);
    this.known = new Known(backend);
    this.hits = new Hits(backend, this.deliveries, this.detail);
    this.navigation = new Navigation(screen, this.deliveries, this.detail);
    this.overview = new Overview(backend, this.projects);
    this.tunnel = new Tunnel(backend, toasts, this.settings, () => screen.go("webhooks"));
    this.addresses = new Addresses(this.listening, this.tunnel, this.projects);
    this.copying = new Copying(this.clipboard, this.addresses, this.detail, toasts, backend);
    this.samples = new Samples(backend, toasts, screen);
    this.firstSteps = new FirstSteps(backend, this);
    this.secrets = new Secrets(backend, toasts);
    this.sandbox = new Sandbox(backend, toasts);
    this.webhooks = new Webhooks(backend, toasts, this.projects, () => screen.go("webhooks"));
    this.jobs = new Jobs(backend, toasts, this.clipboard, this.projects);
    this.rotation = new RotationState(backend, toasts, this.webhooks);
    this.actionLog = new ActionLog(backend, toasts);
    this.replay = new Replay(backend, toasts, {
      list: this.deliveries,
      detail: this.detail,
      about: this.about,
      navigation: this.navigation,
      projects: this.projects,
      lastAddresses: this.lastAddresses,
    });
    this.verifyAgain = new VerifyAgain(backend, toasts, this.replay.selection, this.detail);
    this.compare = new Compare(backend, toasts, screen, this.clipboard, this.replay.selection);
    this.copyingAs = new CopyingAs(backend, toasts, {
      clipboard: this.clipboard,
      one: this.copying,
      selection: this.replay.selection,
    });
    this.keeping = new Keeping(backend, toasts, {
      list: this.deliveries,
      selection: this.replay.selection,
      detail: this.detail,
      navigation: this.navigation,
    });
    this.history = new HistoryState(backend, toasts, this.traffic);
    this.transfers = new Transfers(backend, toasts, {
      list: this.deliveries,
      marked: this.replay.selection,
      find: (query) => this.navigation.find(query),
      target: () => (screen.view === "operations" ? this.jobs.dropTarget : null),
    });
    this.menu = new MenuState({
      clipboard: this.clipboard,
      copying: this.copyingAs,
      keeping: this.keeping,
      replay: this.replay,
      verifyAgain: this.verifyAgain,
      counts: (queries) => backend.queryCounts(queries),
      exporting: (ids) => this.transfers.ask(exportOf(ids)),
      search: this.search,
      compare: this.compare,
    });
    this.results = new Results(backend, toasts);
    this.results.onjob = (project, job) => this.notifications.go({ view: "operations", project, job });
    this.answering = new Answering(backend);
    this.palette = new Palette(backend, this);
    this.handler = new HandlerState(backend, toasts, this.replay.targets, this.lastAddresses, () =>
      screen.go("handler"),
    );
    this.notifications = new Notifications(backend, this);
    toasts.buttonFor = errorButtons({
      screen,
      webhooks: this.webhooks,
      tunnel: this.tunnel,
      targets: this.replay.targets,
    });
  }

  /** Subscribes first, then reads, so that no message is missed. Also after a run that ended: what is open stays. */
  async start(): Promise<void> {
    try {
      await this.#backend.live((message) => this.#live(message));
      const [info] = await Promise.all([this.#backend.appState(), this.deliveries.open(), this.tunnel.load()]);
      this.#begin(info);
      this.fatal = null;
      this.detail.refresh();
      void Promise.all([this.keeping.load(), this.transfers.load(), this.transfers.listen()]);
      this.starting.tell(info.database.path);
    } catch (thrown) {
      await this.starting.look();
      this.fatal = asIpcError(thrown);
    }
  }

  #begin(info: AppState): void {
    this.about.told = info;
    this.projects.list = info.projects;
    this.listening.listener = info.listener;
    this.traffic.counts = info.counts;
    this.traffic.disk = info.disk;
    this.traffic.health = info.health;
    this.history.begin();
    this.settings.begin(info.settings);
    void this.firstSteps.begin();
    this.webhooks.alarms = info.alarms;
    this.jobs.alarms = info.job_alarms;
    this.handler.begin(info);
    this.notifications.begin();
  }

  #live(message: Live): void {
    for (const part of [this.replay, this.handler, this.verifyAgain, this.transfers, this.history, this.results])
      part.live(message);
    this.firstSteps.live(message);
    this.overview.live(message);
    this.notifications.live(message);
    switch (message.kind) {
      case "listener":
        this.listening.listener = message.listener;
        break;
      case "counts":
        this.traffic.counts = message.counts;
        // Deliveries may be gone that the list does not show.
        this.deliveries.total = Math.min(this.deliveries.total, message.counts.total);
        break;
      case "disk":
        this.traffic.disk = message.disk;
        break;
      case "health":
        this.traffic.health = message.health;
        break;
      case "notice":
        if (isNewAddress(message.notice)) this.tunnel.moved(message.notice.message);
        else this.toasts.show(message.notice.level, message.notice.message);
        break;
      case "projects":
        this.projects.apply(message.projects);
        break;
      case "webhooks":
        this.webhooks.apply(message.alarms);
        // A rotation ends secrets, whoever made it.
        if (this.screen.view === "secrets") void this.secrets.load();
        this.rotation.changed(message.alarms.project);
        break;
      case "jobs":
        this.jobs.apply(message.alarms);
        this.deliveryJobs.changed(message.alarms.project);
        this.known.changed(message.alarms.project);
        break;
      case "tunnel":
        this.tunnel.apply(message.tunnel);
        break;
      case "sandbox":
        this.sandbox.changed();
        break;
      case "desktop":
      case "rebuild":
      case "replay":
      case "forward":
      case "fault_lab":
      case "check":
      case "verify_again":
      case "transfer":
      case "result":
        break;
      default:
        this.deliveries.apply(message);
        this.histogram.live(message);
        if (message.kind === "removed") this.detail.refresh();
        if (message.kind === "changed") {
          this.detail.changed(message.rows);
          this.sandbox.log.note(message.rows);
        }
        if (message.kind === "rows") {
          this.sandbox.log.note(message.added);
          this.detail.changed(message.added);
          this.navigation.arrived();
        }
    }
  }

  /** What was just saved is what the Webhooks view shows next. */
  #projectSaved(project: Project | null): void {
    if (project === null) return;
    this.projects.add(project);
    this.webhooks.pick(project.id);
  }
}
