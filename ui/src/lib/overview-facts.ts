import type {
  DayDeliveries,
  DayStates,
  DiskShortage,
  ForwardView,
  HistoryHealth,
  HistorySizes,
  IpcError,
  JobAlarms,
  ListenerState,
  MissingDeliveries,
  Project,
  SecretView,
  Settings,
  TunnelView,
  WebhookBoard,
} from "../ipc/generated";
import { visible } from "./invisible";

/** What is known of a project's webhooks: the board, or why there is none. */
export type BoardRead = { board: WebhookBoard | null; error: IpcError | null };

/** All that the overview speaks of. Null: it was not read yet. */
export type Facts = {
  now: number;
  edges: readonly number[];
  /** Of what is shown: the chosen project, or all. */
  projects: readonly Project[];
  /** Id of the chosen project; null: all of them. */
  scope: number | null;
  listener: ListenerState;
  settings: Pick<Settings, "watch_jobs"> | null;
  tunnel: TunnelView;
  boards: ReadonlyMap<number, BoardRead>;
  forwards: readonly ForwardView[];
  jobAlarms: readonly JobAlarms[];
  day: DayDeliveries | null;
  states: DayStates | null;
  secrets: readonly SecretView[] | null;
  sizes: HistorySizes | null;
  disk: DiskShortage | null;
  health: HistoryHealth;
  missing: MissingDeliveries | null;
  /** Why the day, its states, the secrets or the sizes could not be read, by their names. */
  errors: Readonly<Record<string, IpcError>>;
};

export const hasKey = (project: Project): boolean => project.api_key?.available === true;

/**
 * The projects that the sentence speaks of: one without a key and without a delivery today is only a place where
 * something could arrive.
 */
export function covered(facts: Pick<Facts, "projects" | "scope" | "day">): Project[] {
  const busy = new Set(facts.day?.projects.map((one) => one.project));
  return facts.projects.filter(
    (one) => one.api_key !== null || one.sandbox || one.id === facts.scope || busy.has(one.id),
  );
}

/** ` of nightly-eval`, where more than one project is shown. */
export function ofProject(facts: Pick<Facts, "projects" | "scope">, id: number): string {
  const project = facts.projects.find((one) => one.id === id);
  return facts.scope === null && facts.projects.length > 1 && project ? ` of ${visible(project.name)}` : "";
}

/** `a`, `a and b`, `a, b and c` */
export function listed(parts: readonly string[]): string {
  return parts.length < 2 ? (parts[0] ?? "") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}

const NUMBERS = ["No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine"];
export const inWords = (n: number): string => NUMBERS[n] ?? String(n);
export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
