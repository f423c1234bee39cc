export type ViewName = "deliveries" | "webhooks" | "secrets" | "handler" | "sandbox" | "settings" | "projects" | "compare";

/** Which view is on the screen, and what stands over it. */
export class Screen {
  view = $state<ViewName>("deliveries");
  /** Below 900 px the detail covers the list. */
  covering = $state(false);
  keysShown = $state(false);
  portAsked = $state(false);

  go(view: ViewName): void {
    this.view = view;
  }

  get narrow(): boolean {
    return window.matchMedia("(max-width: 899px)").matches;
  }
}
