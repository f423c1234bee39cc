import type { Backend, FaultLab, FaultRule, IpcError } from "../ipc";
import { asIpcError } from "../lib/errors";
import { moved, NO_FAULTS, rulesOn } from "../lib/fault-lab";
import type { Toasts } from "./toasts.svelte";

/** What it asks of the back end. */
export type FaultLabCalls = Pick<Backend, "faultLab" | "faultLabSet">;

const UNDO_MS = 10_000;

/** A rule that is being written: a new one, or one of the list. */
export type Editing = { rule: FaultRule; fresh: boolean };

/**
 * What the listener answers by script. Changes are made one after another upon what is there then, so that none undoes
 * another.
 */
export class FaultLabState {
  lab = $state.raw<FaultLab>(NO_FAULTS);
  editing = $state.raw<Editing | null>(null);
  error = $state.raw<IpcError | null>(null);
  /** Changes that are on their way. */
  pending = $state(0);

  readonly #backend: FaultLabCalls;
  readonly #toasts: Toasts;
  #told = false;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(backend: FaultLabCalls, toasts: Toasts) {
    this.#backend = backend;
    this.#toasts = toasts;
  }

  begin(lab: FaultLab): void {
    if (!this.#told) this.lab = lab;
  }

  /**
   * While changes are on their way only the counts are taken over: the rules that are told are older than those on the
   * screen.
   */
  apply(lab: FaultLab): void {
    this.#told = true;
    this.lab = this.pending > 0 ? { ...this.lab, answers: lab.answers } : lab;
  }

  get on(): number {
    return rulesOn(this.lab);
  }

  edit(rule: FaultRule): void {
    this.error = null;
    this.editing = { rule, fresh: rule.id === "" };
  }

  /** False where it was refused: what was wrong is for the form. */
  async save(rule: FaultRule): Promise<boolean> {
    this.error = null;
    const error = await this.#change((rules) =>
      rule.id === "" ? [...rules, rule] : rules.map((one) => (one.id === rule.id ? rule : one)),
    );
    this.error = error;
    if (error === null) this.editing = null;
    return error === null;
  }

  switch(id: string, on: boolean): Promise<void> {
    return this.#tell(this.#change((rules) => rules.map((one) => (one.id === id ? { ...one, on } : one))));
  }

  allOff(): Promise<void> {
    return this.#tell(this.#change((rules) => rules.map((one) => ({ ...one, on: false }))));
  }

  move(id: string, by: number): Promise<void> {
    return this.#tell(this.#change((rules) => moved(rules, id, by)));
  }

  async remove(id: string): Promise<void> {
    const at = this.lab.rules.findIndex((one) => one.id === id);
    const rule = this.lab.rules[at];
    if (!rule) return;
    if (this.editing?.rule.id === id) this.editing = null;
    const error = await this.#change((rules) => rules.filter((one) => one.id !== id));
    if (error) this.#toasts.failed(error);
    else
      this.#toasts.show("info", "Rule deleted.", {
        lingerMs: UNDO_MS,
        button: {
          label: "Undo",
          run: () => void this.#tell(this.#change((rules) => [...rules.slice(0, at), rule, ...rules.slice(at)])),
        },
      });
  }

  async #tell(change: Promise<IpcError | null>): Promise<void> {
    const error = await change;
    if (error) this.#toasts.failed(error);
  }

  /** Shown at once; where it was refused, what holds is shown again. */
  #change(how: (rules: FaultRule[]) => FaultRule[]): Promise<IpcError | null> {
    this.pending++;
    const done = this.#queue.then(async () => {
      const before = this.lab;
      try {
        const rules = how([...before.rules]);
        // A new rule gets its id from the back end, and is not shown before.
        this.lab = { ...before, rules: rules.filter((one) => one.id !== "") };
        const lab = await this.#backend.faultLabSet(rules);
        this.lab = lab;
        return null;
      } catch (thrown) {
        this.lab = await this.#backend.faultLab().catch(() => before);
        return asIpcError(thrown);
      } finally {
        this.pending--;
      }
    });
    this.#queue = done;
    return done;
  }
}
