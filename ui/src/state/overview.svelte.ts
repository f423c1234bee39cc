import type { Backend, DayDeliveries, DayStates, HistorySizes, IpcError, Live, Project, SecretView } from "../ipc";
import { dayEdges, daysBefore, daysKnown, usualOf } from "../lib/day";
import { asIpcError } from "../lib/errors";
import { hasKey, type BoardRead } from "../lib/overview-facts";
import type { Projects } from "./projects.svelte";
import { Reading } from "./reading";

/** What it asks of the back end. */
export type OverviewCalls = Pick<
  Backend,
  "dayDeliveries" | "dayUsual" | "dayStates" | "webhooks" | "secrets" | "historySizes"
>;

/** The least time between two readings while news keep coming. */
const DAY_MS = 2000;
const STATES_MS = 5000;
const BOARDS_MS = 4000;
const SECRETS_MS = 10_000;
const SIZES_MS = 30_000;
/** How often all is looked at without news: hours pass by themselves. */
const BEAT_MS = 60_000;

export type Usual = { hours: (number | null)[]; days: number };
const NO_USUAL: Usual = { hours: [], days: 0 };

/** A day of what is shown, its states and what is known beside them; read while somebody looks at it. */
export class Overview {
  /** Edges of the hours that `day` and `states` are of. */
  edges = $state.raw<readonly number[]>(dayEdges(Date.now()));
  day = $state.raw<DayDeliveries | null>(null);
  states = $state.raw<DayStates | null>(null);
  usual = $state.raw<Usual>(NO_USUAL);
  boards = $state.raw<ReadonlyMap<number, BoardRead>>(new Map());
  secrets = $state.raw<readonly SecretView[] | null>(null);
  sizes = $state.raw<HistorySizes | null>(null);
  errors = $state.raw<Readonly<Record<string, IpcError>>>({});
  /** The hour that is read, by its place. */
  hour = $state<number | null>(null);
  asTable = $state(false);

  readonly #backend: OverviewCalls;
  readonly #projects: Pick<Projects, "list" | "chosenId">;
  readonly #readings: Record<"day" | "states" | "boards" | "secrets" | "sizes", Reading>;
  #shown = false;
  /** What is here is of this project, or of all. */
  #scope: number | null = null;
  /** The projects whose boards were asked for. */
  #list: readonly Project[] = [];
  /** The day and the scope that `usual` is of. */
  #usualOf = "";

  constructor(backend: OverviewCalls, projects: Pick<Projects, "list" | "chosenId">) {
    this.#backend = backend;
    this.#projects = projects;
    this.#readings = {
      day: new Reading(() => this.#readDay(), DAY_MS),
      states: new Reading(() => this.#readStates(), STATES_MS),
      boards: new Reading(() => this.#readBoards(), BOARDS_MS),
      secrets: new Reading(
        () =>
          this.#read(
            "secrets",
            () => this.#backend.secrets(),
            (list) => (this.secrets = list),
          ),
        SECRETS_MS,
      ),
      sizes: new Reading(
        () =>
          this.#read(
            "sizes",
            () => this.#backend.historySizes(),
            (sizes) => (this.sizes = sizes),
          ),
        SIZES_MS,
      ),
    };
  }

  get #all(): Reading[] {
    return Object.values(this.#readings);
  }

  /** Keeps it read, until the answer is called. */
  show(): () => void {
    this.#shown = true;
    this.refresh();
    const timer = setInterval(() => this.#all.forEach((one) => one.ask()), BEAT_MS);
    const seen = () => document.visibilityState === "visible" && this.#all.forEach((one) => one.wake());
    document.addEventListener("visibilitychange", seen);
    return () => {
      this.#shown = false;
      clearInterval(timer);
      document.removeEventListener("visibilitychange", seen);
      this.#all.forEach((one) => one.stop());
    };
  }

  /** What is shown: of another project, what is here of the one before is no longer said. */
  look(project: number | null, list: readonly Project[]): void {
    if (project !== this.#scope) {
      this.#scope = project;
      this.day = this.states = this.hour = null;
      this.usual = NO_USUAL;
      if (this.#shown) this.refresh();
    } else if (list !== this.#list && this.#shown) this.#boardsOf(list);
  }

  /** Reads all of it now. */
  refresh(): void {
    this.#list = this.#projects.list;
    for (const one of this.#all) void one.now();
  }

  #boardsOf(list: readonly Project[]): void {
    this.#list = list;
    void this.#readings.boards.now();
  }

  /** Something was done about a webhook from here. */
  touched(): void {
    void this.#readings.boards.now();
    void this.#readings.states.now();
  }

  live(message: Live): void {
    if (!this.#shown) return;
    const { day, states, boards, secrets, sizes } = this.#readings;
    switch (message.kind) {
      case "counts":
        day.ask();
        sizes.ask();
        break;
      case "changed":
      case "removed":
      case "resync":
      case "verify_again":
        day.ask();
        break;
      case "listener":
      case "tunnel":
      case "jobs":
        states.ask();
        break;
      case "webhooks":
        for (const one of [boards, states, secrets]) one.ask();
        break;
      case "projects":
        for (const one of [boards, secrets, day]) one.ask();
        break;
      default:
        break;
    }
  }

  /** `take` gets an answer that is still wanted; why there is none is kept under a name. */
  async #read<T>(name: string, ask: () => Promise<T>, take: (answer: T) => void): Promise<void> {
    const scope = this.#scope;
    try {
      const answer = await ask();
      if (scope !== this.#scope) return;
      take(answer);
      const { [name]: failed, ...others } = this.errors;
      if (failed) this.errors = others;
    } catch (thrown) {
      if (scope === this.#scope) this.errors = { ...this.errors, [name]: asIpcError(thrown) };
    }
  }

  /** The hours of today, which may be another day than a moment ago. */
  #today(): readonly number[] {
    const edges = dayEdges(Date.now());
    if (edges[0] !== this.edges[0] || edges.length !== this.edges.length) {
      this.edges = edges;
      this.day = this.states = this.hour = null;
    }
    return this.edges;
  }

  async #readDay(): Promise<void> {
    const edges = this.#today();
    await this.#read(
      "day",
      () => this.#backend.dayDeliveries(this.#scope, edges),
      (day) => {
        if (edges === this.edges) this.day = day;
      },
    );
    await this.#readUsual(edges);
  }

  /** Once a day: what was stays. Without it nothing is said of what is usual. */
  async #readUsual(edges: readonly number[]): Promise<void> {
    const of = `${this.#scope} ${edges[0]}`;
    if (of === this.#usualOf) return;
    this.#usualOf = of;
    const days = daysBefore(edges[0] ?? Date.now());
    await this.#read(
      "usual",
      () => this.#backend.dayUsual(this.#scope, days),
      (counts) => {
        this.usual = { hours: usualOf(counts, edges.length - 1), days: daysKnown(counts) };
      },
    );
  }

  async #readStates(): Promise<void> {
    const edges = this.#today();
    await this.#read(
      "states",
      () => this.#backend.dayStates(this.#scope, edges),
      (states) => {
        if (edges === this.edges) this.states = states;
      },
    );
  }

  /** Each comes when it comes: one service may be slow. */
  async #readBoards(): Promise<void> {
    const scope = this.#projects.chosenId;
    const asked = this.#projects.list.filter((one) => hasKey(one) && (scope === null || one.id === scope));
    await Promise.all(
      asked.map(async ({ id }) => {
        const read = await this.#backend.webhooks(id).then(
          (board): BoardRead => ({ board, error: null }),
          (thrown: unknown): BoardRead => ({ board: this.boards.get(id)?.board ?? null, error: asIpcError(thrown) }),
        );
        this.boards = new Map(this.boards).set(id, read);
      }),
    );
  }
}
