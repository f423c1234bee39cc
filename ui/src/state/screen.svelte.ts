export type ViewName =
  "deliveries" | "webhooks" | "secrets" | "handler" | "operations" | "sandbox" | "settings" | "projects" | "compare";

export const SETTINGS_PAGES = ["general", "receiving", "checking", "jobs", "history", "about"] as const;
export type SettingsPage = (typeof SETTINGS_PAGES)[number];

/** Which view is on the screen, and what stands over it. */
export class Screen {
  view = $state<ViewName>("deliveries");
  /** Which page of the settings. */
  settings = $state<SettingsPage>("general");
  /** Below 900 px the detail covers the list. */
  covering = $state(false);
  keysShown = $state(false);
  portAsked = $state(false);

  go(view: ViewName): void {
    this.view = view;
  }

  openSettings(page: SettingsPage): void {
    this.settings = page;
    this.view = "settings";
  }

  get narrow(): boolean {
    return window.matchMedia("(max-width: 899px)").matches;
  }
}
