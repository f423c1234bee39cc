import type { Screen } from "./screen.svelte";
import type { Targets } from "./targets.svelte";
import type { ErrorHandler } from "./toasts.svelte";
import type { Tunnel } from "./tunnel.svelte";
import type { Webhooks } from "./webhooks.svelte";

/** Where the buttons lead. */
export type Goals = {
  screen: Screen;
  webhooks: Pick<Webhooks, "refresh">;
  tunnel: Pick<Tunnel, "shown">;
  targets: Pick<Targets, "managing">;
};

/** How what an error asks for becomes a button that goes there. */
export function errorButtons({ screen, webhooks, tunnel, targets }: Goals): ErrorHandler {
  return (action) => {
    switch (action) {
      case "settings":
        return { label: "Open Settings", run: () => screen.openSettings("receiving") };
      case "projects":
        return { label: "Open Projects", run: () => screen.go("projects") };
      case "refresh":
        return {
          label: "Refresh the list",
          run: () => {
            screen.go("webhooks");
            void webhooks.refresh();
          },
        };
      case "tunnel":
        return { label: "Public address…", run: () => (tunnel.shown = true) };
      case "secrets":
        return { label: "Open Secrets", run: () => screen.go("secrets") };
      case "targets":
        return { label: "Targets…", run: () => (targets.managing = true) };
      default:
        return null;
    }
  };
}
