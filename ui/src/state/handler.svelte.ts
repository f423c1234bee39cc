import type { AppState, Live } from "../ipc";
import { Check, type CheckCalls } from "./check.svelte";
import { FaultLabState, type FaultLabCalls } from "./fault-lab.svelte";
import { Forward, type ForwardCalls } from "./forward.svelte";
import type { LastAddresses } from "./last-addresses.svelte";
import { Leaving } from "./leaving.svelte";
import type { Targets } from "./targets.svelte";
import type { Toasts } from "./toasts.svelte";

/** What it asks of the back end. */
type HandlerCalls = ForwardCalls & CheckCalls & FaultLabCalls;

export type HandlerTab = "forward" | "check" | "faults";

/**
 * What is done with the user's own handler: deliveries are forwarded to it, it is checked, and what the sender is
 * answered is scripted.
 */
export class HandlerState {
  /** Stays while the window is elsewhere. */
  tab = $state<HandlerTab>("forward");
  readonly leaving: Leaving;
  readonly forward: Forward;
  readonly check: Check;
  readonly faults: FaultLabState;
  readonly #go: () => void;

  constructor(backend: HandlerCalls, toasts: Toasts, targets: Targets, last: LastAddresses, go: () => void) {
    this.leaving = new Leaving(targets);
    this.forward = new Forward(backend, toasts, this.leaving);
    this.check = new Check(backend, toasts, this.leaving, last);
    this.faults = new FaultLabState(backend, toasts);
    this.#go = go;
  }

  /** The first values, read with the window's state. */
  begin(info: AppState): void {
    this.forward.begin(info.forwards);
    this.faults.begin(info.fault_lab);
  }

  live(message: Live): void {
    if (message.kind === "forward") this.forward.apply(message.forward);
    else if (message.kind === "fault_lab") this.faults.apply(message.lab);
    else if (message.kind === "check") this.check.apply(message.report);
  }

  show(tab: HandlerTab): void {
    this.tab = tab;
    this.#go();
  }
}
