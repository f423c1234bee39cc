import type { DayDeliveries, DayJobs, DayStates, HistorySizes, Project, WebhookView } from "../ipc/generated";
import { dayEdges } from "./day";
import type { BoardRead, Facts } from "./overview-facts";
import { NO_TUNNEL } from "./tunnel";

/** A day on which all is well, for tests to change. */
export const NOW = new Date(2026, 10, 29, 14, 32).getTime();
export const EDGES = dayEdges(NOW);
export const HOUR = 3_600_000;
export const MIN = 60_000;
export const at = (hour: number, minute = 0) => new Date(2026, 10, 29, hour, minute).getTime();
const project = (id: number, name: string, sandbox = false): Project => ({
  id,
  name,
  sandbox,
  path: name,
  base_url: "https://generativelanguage.googleapis.com",
  api_version: "v1",
  api_key: { hint: "…a91f", stored_in: "keychain", available: true },
});
export const PROJECTS = [project(1, "nightly-eval"), project(2, "video-render"), project(3, "Sandbox", true)];
export const [EVAL, VIDEO] = PROJECTS;
export const NO_JOBS: DayJobs = { told: 0, missed: 0, aside: 0, open: 0, not_expected: 0 };

export function hook(change: Partial<WebhookView> = {}): WebhookView {
  return {
    id: "95fy2q8w",
    name: "video done",
    uri: "https://hooks.example.com/nightly-eval",
    events: [],
    state: "enabled",
    secrets: [],
    place: "ours",
    repaired_uri: null,
    last: null,
    last_hour: 0,
    builtin: false,
    ...change,
  };
}
export const board = (webhooks: WebhookView[], change: Partial<NonNullable<BoardRead["board"]>> = {}): BoardRead => ({
  board: {
    project: 1,
    webhooks,
    refreshed_ms: NOW - 5000,
    error: null,
    receiver: null,
    receiver_public: false,
    ...change,
  },
  error: null,
});
export const day = (change: Partial<DayDeliveries> = {}): DayDeliveries => ({
  hours: EDGES.slice(1).map((_, hour) => ({
    verified: hour < 15 ? 10 : 0,
    old_secret: 0,
    unbound: 0,
    rejected: 0,
    unchecked: 0,
  })),
  imported: 0,
  causes: [],
  projects: [{ project: 1, deliveries: 150, rejected: 0, rejected_in_a_row: 0 }],
  took_us: 2100,
  ...change,
});
export const states = (change: Partial<DayStates> = {}): DayStates => ({
  known_ms: 0,
  listener: [{ from_ms: at(0), to_ms: NOW, up: true, guessed: false, words: null }],
  tunnel: [],
  webhooks: [],
  jobs: EDGES.slice(1).map(() => NO_JOBS),
  missed: [],
  waiting: [],
  ...change,
});
const sizes: HistorySizes = {
  path: "/h.db",
  total_bytes: 212 * 1024 ** 2,
  free_bytes: 40 * 1024 ** 3,
  deliveries: 150,
  pinned: 0,
  oldest_ms: at(0),
  parts: [],
  limits: { max_bytes: 2 * 1024 ** 3, max_days: null, max_count: null, free_bytes: null },
  per_project: [],
  rebuild: null,
};
/** One project with a webhook, where all is well. */
export function facts(change: Partial<Facts> = {}): Facts {
  return {
    now: NOW,
    edges: EDGES,
    projects: EVAL ? [EVAL] : [],
    scope: 1,
    listener: { state: "listening", address: "http://127.0.0.1:4710/", port: 4710 },
    settings: { watch_jobs: true },
    tunnel: NO_TUNNEL,
    boards: new Map([[1, board([hook()])]]),
    forwards: [],
    jobAlarms: [],
    day: day(),
    states: states(),
    secrets: [],
    sizes,
    disk: null,
    health: { state: "not_checked", unclean: false, missing: null, damage: null },
    missing: null,
    errors: {},
    ...change,
  };
}
