import type { Looking, TrayState, Unseen } from "./generated";

/** What the window says of itself, and asks of the desktop. */
export interface DesktopBackend {
  /** What the window shows while it has the focus; what is rejected and was not seen yet. */
  windowLooking(looking: Looking): Promise<Unseen>;
  /** How many things need attention: for the icons of the desktop, where they are wanted. */
  attentionSet(count: number): Promise<void>;
  /** What became of the icon in the tray. */
  trayState(): Promise<TrayState>;
  /** Shows a notification that tells of nothing. */
  notificationTry(): Promise<void>;
}
