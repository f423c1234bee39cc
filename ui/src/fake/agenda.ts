import type { SandboxAdvance, SandboxClock } from "../ipc";
import { clockAt } from "../lib/sandbox-clock";

/** A clock that can be sped up and put forward, with what is to be done at which time. */
export class FakeAgenda {
  #clock: SandboxClock = { now_ms: Date.now(), wall_ms: Date.now(), warp: 1, next_due_ms: null };
  #agenda: { at: number; run: (now: number) => void }[] = [];
  #timer: ReturnType<typeof setTimeout> | null = null;
  protected readonly changed: () => void;

  constructor(changed: () => void) {
    this.changed = changed;
  }

  get now(): number {
    return clockAt(this.#clock, Date.now());
  }

  clock(): SandboxClock {
    const due = this.#agenda.map((one) => one.at);
    return {
      now_ms: this.now,
      wall_ms: Date.now(),
      warp: this.#clock.warp,
      next_due_ms: due.length ? Math.min(...due) : null,
    };
  }

  setWarp(warp: number): SandboxClock {
    this.#clock = { ...this.clock(), warp };
    this.#arm();
    return this.clock();
  }

  advance(by: SandboxAdvance): SandboxClock {
    const { next_due_ms } = this.clock();
    const to = by === "next" ? (next_due_ms ?? this.now) : this.now + by.ms;
    this.#clock = { ...this.clock(), now_ms: Math.max(to, this.now) };
    this.catchUp();
    this.changed();
    return this.clock();
  }

  protected plan(at: number, run: (now: number) => void): void {
    this.#agenda.push({ at, run });
    this.#arm();
  }

  #arm(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const { next_due_ms, now_ms, warp } = this.clock();
    if (next_due_ms === null || warp <= 0) return;
    this.#timer = setTimeout(
      () => {
        if (this.catchUp()) this.changed();
        this.#arm();
      },
      Math.min(60_000, Math.max(1, Math.ceil((next_due_ms - now_ms) / warp))),
    );
  }

  /** Does what is due, in its order. */
  protected catchUp(): boolean {
    let any = false;
    for (;;) {
      this.#agenda.sort((a, b) => a.at - b.at);
      const due = this.#agenda[0];
      if (!due || due.at > this.now) return any;
      this.#agenda.shift();
      due.run(due.at);
      any = true;
    }
  }

  protected clearAgenda(): void {
    this.#agenda = [];
  }
}
