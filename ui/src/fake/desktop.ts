import type { Looking, Notification, TrayState, Unseen } from "../ipc";
import { FakeFirstSteps } from "./first-steps";

/** The desktop, in memory: it shows nothing, and remembers what it was asked for. */
export abstract class FakeDesktop extends FakeFirstSteps {
  looking: Looking = { kinds: [], project: null };
  attention = 0;
  unseen: Unseen = { rejected: 0, more: false };
  /** The file of a library that is not installed. */
  trayMissing: string | null = null;
  /** The version of what would draw the window. */
  webview: string | null = "2.48.3";
  /** How many notifications were asked for, to see one. */
  tried = 0;

  windowLooking = (looking: Looking) =>
    this.answer("windowLooking", () => {
      this.looking = looking;
      const { kinds, project } = looking;
      if (kinds.includes("rejected") && project === null) this.unseen = { rejected: 0, more: false };
      return this.unseen;
    });

  attentionSet = (count: number) => this.answer("attentionSet", () => void (this.attention = count));

  trayState = () =>
    this.answer("trayState", (): TrayState => {
      if (!this.state.settings.desktop.tray) return { state: "off" };
      return this.trayMissing === null ? { state: "given" } : { state: "missing", library: this.trayMissing };
    });

  webviewVersion = () => this.answer("webviewVersion", (): string | null => this.webview);

  notificationTry = () => this.answer("notificationTry", () => void this.tried++);

  /** Something is worth a notification: it is shown where it is wanted, and offered where nobody was asked. */
  notify(notification: Notification): void {
    const { desktop } = this.state.settings;
    if (desktop[notification.kind]) this.tell({ kind: "desktop", news: { news: "shown", notification } });
    else if (!desktop.answered) this.tell({ kind: "desktop", news: { news: "offered", notification } });
  }

  /** So many were rejected that nobody saw. */
  reject(rejected: number, more = false): void {
    this.unseen = { rejected, more };
    this.tell({ kind: "desktop", news: { news: "unseen", unseen: this.unseen } });
  }
}
