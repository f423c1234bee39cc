import type { App } from "./app.svelte";
import type { ErrorHandler } from "./toasts.svelte";

/** How what an error asks for becomes a button that goes there. */
export function errorButtons(app: App): ErrorHandler {
  return (action) => {
    switch (action) {
      case "settings":
        return { label: "Open Settings", run: () => app.go("settings") };
      case "projects":
        return { label: "Open Projects", run: () => app.go("projects") };
      case "refresh":
        return {
          label: "Refresh the list",
          run: () => {
            app.go("webhooks");
            void app.webhooks.refresh();
          },
        };
      case "tunnel":
        return { label: "Public address…", run: () => (app.tunnel.shown = true) };
      case "secrets":
        return { label: "Open Secrets", run: () => app.go("secrets") };
      case "targets":
        return { label: "Targets…", run: () => (app.replay.targets.managing = true) };
      default:
        return null;
    }
  };
}
