import type { Backend, ForwardOffer, ForwardRule, ForwardStart, ForwardView, IpcError } from "../ipc";
import { asIpcError } from "../lib/errors";
import { noForward, offersNothing } from "../lib/forward";
import { plural } from "../lib/format";
import type { Leaving } from "./leaving.svelte";
import type { Toasts } from "./toasts.svelte";

/** What it asks of the back end. */
export type ForwardCalls = Pick<Backend, "forwardDrain" | "forwardDrop" | "forwardOffer" | "forwardSet">;

/** What is asked before a rule is switched on. */
export type Offered = { rule: ForwardRule; offer: ForwardOffer };

/** Forwarding as the back end told it last, and what the user asks of it. */
export class Forward {
  /** Of the projects that have a rule. */
  views = $state.raw<readonly ForwardView[]>([]);
  /** The open question: what is to be done with what is already there. */
  offered = $state.raw<Offered | null>(null);
  /** Projects for which something is under way. */
  busy = $state.raw<ReadonlySet<number>>(new Set());
  /** What a project's card is to say. */
  errors = $state.raw<ReadonlyMap<number, IpcError>>(new Map());

  readonly #backend: ForwardCalls;
  readonly #toasts: Toasts;
  readonly #leaving: Leaving;
  /** Counts what was told of a project: an answer that is older than a message does not undo it. */
  readonly #told = new Map<number, number>();

  constructor(backend: ForwardCalls, toasts: Toasts, leaving: Leaving) {
    this.#backend = backend;
    this.#toasts = toasts;
    this.#leaving = leaving;
  }

  /** What was told meanwhile is newer than what was read. */
  begin(views: readonly ForwardView[]): void {
    this.views = [...views.filter((view) => !this.#told.has(view.rule.project)), ...this.views];
  }

  apply(view: ForwardView): void {
    const { project } = view.rule;
    this.#told.set(project, (this.#told.get(project) ?? 0) + 1);
    this.#put(view);
  }

  #put(view: ForwardView): void {
    const { project } = view.rule;
    const known = this.views.some((one) => one.rule.project === project);
    this.views = known ? this.views.map((one) => (one.rule.project === project ? view : one)) : [...this.views, view];
  }

  of(project: number): ForwardView {
    return this.views.find((view) => view.rule.project === project) ?? noForward(project);
  }

  /** How a switch stands: also while it is on its way to on. */
  isOn(project: number): boolean {
    return this.of(project).rule.on || this.offered?.rule.project === project || this.#starting === project;
  }
  #starting = $state<number | null>(null);

  forget(project: number): void {
    const left = new Map(this.errors);
    if (left.delete(project)) this.errors = left;
  }

  /** Asks what is there; where there is something, the user is asked, otherwise it is switched on. */
  async switchOn(rule: ForwardRule): Promise<boolean> {
    this.#starting = rule.project;
    const offer = await this.#do(rule.project, () => this.#backend.forwardOffer(rule));
    if (offer && !offersNothing(offer)) {
      this.offered = { rule, offer };
      this.#starting = null;
      return false;
    }
    const done = offer !== null && (await this.#set({ ...rule, on: true }, { kind: "new" }));
    this.#starting = null;
    return done;
  }

  /** The answer to what was offered; null: leave it off. */
  async start(start: ForwardStart | null): Promise<void> {
    const rule = this.offered?.rule;
    if (rule && start) this.#starting = rule.project;
    this.offered = null;
    if (rule && start) await this.#set({ ...rule, on: true }, start);
    this.#starting = null;
  }

  switchOff(project: number): Promise<boolean> {
    return this.#set({ ...this.of(project).rule, on: false }, null);
  }

  /** Keeps the rule, on or off as it is. */
  save(rule: ForwardRule): Promise<boolean> {
    return this.#set(rule, null);
  }

  async #set(rule: ForwardRule, start: ForwardStart | null): Promise<boolean> {
    const told = this.#told.get(rule.project);
    const sent = await this.#do(rule.project, () => this.#leaving.run(() => this.#backend.forwardSet(rule, start)));
    if (!sent?.done) return false;
    if (told === this.#told.get(rule.project)) this.#put(sent.value);
    return true;
  }

  async drain(project: number): Promise<void> {
    const told = this.#told.get(project);
    const view = await this.#do(project, () => this.#backend.forwardDrain(project));
    if (view && told === this.#told.get(project)) this.#put(view);
  }

  async drop(project: number): Promise<void> {
    const dropped = await this.#do(project, () => this.#backend.forwardDrop(project));
    if (dropped === null) return;
    const view = this.of(project);
    // Told by itself, too; until then the count is already known.
    if (view.waiting > 0 && dropped >= view.waiting)
      this.#put({ ...view, waiting: 0, dropped: view.dropped + dropped });
    this.#toasts.info(
      dropped === 0
        ? "Nothing was waiting any more."
        : `${plural(dropped, "waiting delivery", "waiting deliveries")} dropped. They stay in the history and can be replayed.`,
    );
  }

  /** One thing at a time for each project; what went wrong is for its card. */
  async #do<T>(project: number, work: () => Promise<T>): Promise<T | null> {
    if (this.busy.has(project)) return null;
    this.busy = new Set(this.busy).add(project);
    this.forget(project);
    try {
      return await work();
    } catch (thrown) {
      this.errors = new Map(this.errors).set(project, asIpcError(thrown));
      return null;
    } finally {
      const left = new Set(this.busy);
      left.delete(project);
      this.busy = left;
    }
  }
}
