import type { Act } from "../../lib/overview-problem";
import {
  useForward,
  useHandler,
  useJobs,
  useListening,
  useNavigation,
  useOverview,
  useScreen,
  useSettings,
  useTunnel,
  useWebhooks,
} from "../../state/context";

/** What the buttons of the overview do. Call it while a component is made. */
export function useActs(): (act: Act) => Promise<void> {
  const [forward, handler, jobs, listening] = [useForward(), useHandler(), useJobs(), useListening()];
  const [navigation, overview, screen, settings] = [useNavigation(), useOverview(), useScreen(), useSettings()];
  const [tunnel, webhooks] = [useTunnel(), useWebhooks()];
  return async (act) => {
    switch (act.do) {
      case "port":
        screen.portAsked = true;
        return;
      case "listen":
        await listening.start(settings.current?.port ?? null);
        return;
      case "tunnel":
        tunnel.shown = true;
        return;
      case "enable":
        webhooks.pick(act.project);
        webhooks.choose(act.webhook);
        await webhooks.setEnabled(act.webhook, true);
        overview.touched();
        return;
      case "webhook":
        webhooks.pick(act.project);
        if (act.id !== null) {
          webhooks.choose({ id: act.id });
          webhooks.covering = true;
        }
        screen.go("webhooks");
        return;
      case "repair":
        webhooks.pick(act.project);
        screen.go("webhooks");
        await webhooks.load();
        webhooks.repairing = webhooks.earlier.length > 0;
        return;
      case "job":
        if (act.name === null) jobs.pick(act.project);
        else void jobs.reveal(act.project, act.name);
        screen.go("operations");
        return;
      case "forward":
        handler.show("forward");
        return;
      case "try-forward":
        await forward.drain(act.project);
        return;
      case "history":
        screen.openSettings("history");
        return;
      case "secrets":
        screen.go("secrets");
        return;
      case "find":
        navigation.find(act.query);
    }
  };
}
