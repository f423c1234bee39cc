import { getContext, setContext } from "svelte";
import type { App } from "./app.svelte";
import type { HandlerState } from "./handler.svelte";
import type { Replay } from "./replay.svelte";

/** What a component can ask for, by area. Each says what it needs, so that it can be shown without the others. */
export type Areas = Omit<App, "fatal" | "start"> &
  Pick<HandlerState, "forward" | "check" | "faults"> &
  Pick<Replay, "targets" | "runs" | "sent" | "answers" | "selection" | "editor">;

/** The states of a window, by area. */
export function areasOf(app: App): Areas {
  const { handler, replay } = app;
  const { forward, check, faults } = handler;
  const { targets, runs, sent, answers, selection, editor } = replay;
  return { ...app, forward, check, faults, targets, runs, sent, answers, selection, editor };
}

const PREFIX = "pollux:";

/** Gives areas to the component that calls it, and to all within. */
export function provide(areas: Partial<Areas>): void {
  for (const [key, state] of contextOf(areas)) setContext(key, state);
}

/** The same as a map, for who mounts a component. */
export function contextOf(areas: Partial<Areas>): Map<string, unknown> {
  return new Map(Object.entries(areas).map(([area, state]) => [PREFIX + area, state]));
}

function use<A extends keyof Areas>(area: A): () => Areas[A] {
  return () => {
    const state = getContext<Areas[A] | undefined>(PREFIX + area);
    if (state === undefined) throw new Error(`Nothing around this component provides “${area}”.`);
    return state;
  };
}

export const useAbout = use("about");
export const useActionLog = use("actionLog");
export const useAddresses = use("addresses");
export const useAnswering = use("answering");
export const useAnswers = use("answers");
export const useCheck = use("check");
export const useClipboard = use("clipboard");
export const useClock = use("clock");
export const useCompare = use("compare");
export const useCopying = use("copying");
export const useDeliveries = use("deliveries");
export const useDeliveryJobs = use("deliveryJobs");
export const useDetail = use("detail");
export const useEditor = use("editor");
export const useFaults = use("faults");
export const useFirstSteps = use("firstSteps");
export const useForward = use("forward");
export const useHandler = use("handler");
export const useJobs = use("jobs");
export const useKeeping = use("keeping");
export const useHistogram = use("histogram");
export const useHistory = use("history");
export const useHits = use("hits");
export const useKnown = use("known");
export const useLastAddresses = use("lastAddresses");
export const useListening = use("listening");
export const useMenu = use("menu");
export const useNavigation = use("navigation");
export const useNotifications = use("notifications");
export const useOverview = use("overview");
export const usePalette = use("palette");
export const useProjectForm = use("projectForm");
export const useProjects = use("projects");
export const useReplay = use("replay");
export const useResults = use("results");
export const useRotation = use("rotation");
export const useRuns = use("runs");
export const useSamples = use("samples");
export const useSandbox = use("sandbox");
export const useScreen = use("screen");
export const useSearch = use("search");
export const useSecrets = use("secrets");
export const useSelection = use("selection");
export const useSent = use("sent");
export const useSettings = use("settings");
export const useStarting = use("starting");
export const useSuggest = use("suggest");
export const useTargets = use("targets");
export const useToasts = use("toasts");
export const useTraffic = use("traffic");
export const useTransfers = use("transfers");
export const useTunnel = use("tunnel");
export const useVerifyAgain = use("verifyAgain");
export const useWebhooks = use("webhooks");
