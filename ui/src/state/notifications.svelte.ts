import type {
  Backend,
  DesktopSettings,
  Live,
  Looking,
  Notification,
  NotificationPlace,
  TrayState,
  Unseen,
} from "../ipc";
import { attentionOf, badgesOf, type Badge } from "../lib/attention";
import { answered, lookingAt, sameLooking } from "../lib/notifications";
import { withProject } from "../lib/query-text";
import type { Deliveries } from "./deliveries.svelte";
import type { HandlerState } from "./handler.svelte";
import type { Jobs } from "./jobs.svelte";
import type { Navigation } from "./navigation";
import type { Projects } from "./projects.svelte";
import type { Screen } from "./screen.svelte";
import type { SettingsState } from "./settings.svelte";
import type { Toasts } from "./toasts.svelte";
import type { Tunnel } from "./tunnel.svelte";
import type { Webhooks } from "./webhooks.svelte";

/** What it asks of the back end. */
type DesktopCalls = Pick<Backend, "attentionSet" | "notificationTry" | "trayState" | "windowLooking">;
/** What stands before it in the window. */
type Around = {
  toasts: Toasts;
  screen: Screen;
  settings: Pick<SettingsState, "current" | "save">;
  deliveries: Pick<Deliveries, "following" | "query">;
  navigation: Pick<Navigation, "reveal">;
  projects: Pick<Projects, "chosenId" | "choose">;
  webhooks: Pick<Webhooks, "alarms" | "choose" | "covering" | "pick" | "project" | "tab">;
  jobs: Pick<Jobs, "alarms" | "list" | "project" | "reveal">;
  handler: Pick<HandlerState, "forward" | "show" | "tab">;
  tunnel: Pick<Tunnel, "shown">;
};

/** Notifications of the desktop, and what needs attention in the window. What is worth one, the back end decides. */
export class Notifications {
  /** What would have been shown on the desktop: the user is to be asked. */
  offer = $state.raw<Notification | null>(null);
  /** Rejected deliveries that nobody has looked at. */
  unseen = $state.raw<Unseen>({ rejected: 0, more: false });
  focused = $state(document.hasFocus());
  tray = $state.raw<TrayState>({ state: "off" });
  readonly #backend: DesktopCalls;
  readonly #around: Around;
  #looking: Looking | null = null;
  #attention: number | null = null;

  constructor(backend: DesktopCalls, around: Around) {
    this.#backend = backend;
    this.#around = around;
  }

  /** What needs attention, by view. */
  get badges(): ReadonlyMap<string, Badge> {
    const { webhooks, jobs, handler } = this.#around;
    const { unseen } = this;
    return badgesOf({ unseen, webhooks: webhooks.alarms, jobs: jobs.alarms, forwards: handler.forward.views });
  }

  get attention(): number {
    return attentionOf(this.badges);
  }

  /** What the window shows while it has the focus. */
  get looking(): Looking {
    const { deliveries, handler, jobs, projects, screen, webhooks } = this.#around;
    return lookingAt({
      focused: this.focused,
      view: screen.view,
      covered: screen.view === "deliveries" && screen.covering && screen.narrow,
      following: deliveries.following,
      search: withProject(deliveries.query, null),
      chosen: projects.chosenId,
      hooks: { list: webhooks.tab === "list", project: webhooks.project?.id ?? null },
      jobs: { whole: !jobs.list.narrowed, project: jobs.project?.id ?? null },
      tab: handler.tab,
    });
  }

  /** A run of the back end begins, which knows nothing of this window yet. */
  begin(): void {
    [this.#looking, this.#attention] = [null, null];
    void this.look(this.looking);
    void this.attend(this.attention);
  }

  /** Tells the back end what is on the screen, where that is another than before. */
  async look(looking: Looking): Promise<void> {
    if (this.#looking && sameLooking(this.#looking, looking)) return;
    this.#looking = looking;
    try {
      const unseen = await this.#backend.windowLooking(looking);
      if (this.#looking === looking) this.unseen = unseen;
    } catch {
      // It is not running: it will be told when it runs again.
      if (this.#looking === looking) this.#looking = null;
    }
  }

  /** Tells the desktop how many things need attention, where that is another number than before. */
  async attend(count: number): Promise<void> {
    if (this.#attention === count) return;
    this.#attention = count;
    try {
      await this.#backend.attentionSet(count);
    } catch {
      if (this.#attention === count) this.#attention = null;
    }
  }

  live(message: Live): void {
    if (message.kind !== "desktop") return;
    const { news } = message;
    switch (news.news) {
      case "shown":
        this.#tell(news.notification);
        break;
      case "offered":
        this.offer = news.notification;
        break;
      case "opened":
        this.go(news.place);
        break;
      case "unseen":
        this.unseen = news.unseen;
    }
  }

  /** Says it in the window, too: who comes back to it by another way than a click finds it there. */
  #tell({ title, text, place }: Notification): void {
    this.#around.toasts.show("warning", title, {
      detail: text,
      button: { label: "Show", run: () => this.go(place) },
      lingerMs: 0,
    });
  }

  /** Goes to what a notification tells of. */
  go(place: NotificationPlace): void {
    const { handler, jobs, navigation, projects, screen, tunnel, webhooks } = this.#around;
    switch (place.view) {
      case "deliveries":
        void navigation.reveal(place.delivery);
        break;
      case "webhooks":
        if (projects.chosenId !== null && projects.chosenId !== place.project) projects.choose(place.project);
        webhooks.pick(place.project);
        webhooks.choose({ id: place.webhook });
        webhooks.tab = "list";
        webhooks.covering = true;
        screen.go("webhooks");
        break;
      case "operations":
        void jobs.reveal(place.project, place.job);
        screen.go("operations");
        break;
      case "handler":
        handler.show("forward");
        break;
      case "tunnel":
        tunnel.shown = true;
    }
  }

  /** The answer to what was offered. */
  async answer(yes: boolean): Promise<void> {
    const { screen, settings, toasts } = this.#around;
    if (!settings.current) return;
    try {
      await this.set(answered(yes, settings.current.desktop));
    } catch (thrown) {
      toasts.failed(thrown);
      return;
    }
    const open = { label: "Settings", run: () => screen.openSettings("general") };
    if (yes) toasts.show("info", "Pollux will tell you on the desktop.", { button: open });
    else toasts.show("info", "Nothing is shown on the desktop.", { button: open });
  }

  /** Throws what the back end says. Whoever sets something has answered. */
  async set(desktop: DesktopSettings): Promise<void> {
    const { settings } = this.#around;
    if (!settings.current) return;
    await settings.save({ ...settings.current, desktop: { ...desktop, answered: true } });
    this.offer = null;
    await this.readTray();
  }

  async readTray(): Promise<void> {
    this.tray = await this.#backend.trayState();
  }

  /** Throws what the back end says. */
  async try(): Promise<void> {
    await this.#backend.notificationTry();
  }
}
