import type { Backend, Counts, DiskShortage, HistoryHealth, MissingDeliveries } from "../ipc";
import { TurnedAwayList } from "./turned-away.svelte";

/** What has been counted since the start, what was turned away, and whether the disk and the history are well. */
export class Traffic {
  counts = $state.raw<Counts>({ total: 0, kept_bytes: 0, refused: 0, too_large: 0, turned_away: 0, per_minute: 0 });
  disk = $state.raw<DiskShortage | null>(null);
  /** What is known of the history's file. */
  health = $state.raw<HistoryHealth>({ state: "not_checked", unclean: false, missing: null, damage: null });
  readonly turnedAway: TurnedAwayList;
  /** What the user has read: each start makes another note of it. */
  #readMs = $state<number | null>(null);

  constructor(backend: Pick<Backend, "turnedAway">) {
    this.turnedAway = new TurnedAwayList(backend);
  }

  /** Deliveries that the file does not have, until that is put away for this run. */
  get missing(): MissingDeliveries | null {
    const { missing } = this.health;
    return missing?.noted_ms === this.#readMs ? null : missing;
  }

  putMissingAway(): void {
    this.#readMs = this.health.missing?.noted_ms ?? null;
  }
}
