import type { Backend, Counts, DiskShortage } from "../ipc";
import { TurnedAwayList } from "./turned-away.svelte";

/** What has been counted since the start, what was turned away, and whether the disk has room for more. */
export class Traffic {
  counts = $state.raw<Counts>({ total: 0, kept_bytes: 0, refused: 0, too_large: 0, turned_away: 0, per_minute: 0 });
  disk = $state.raw<DiskShortage | null>(null);
  readonly turnedAway: TurnedAwayList;

  constructor(backend: Pick<Backend, "turnedAway">) {
    this.turnedAway = new TurnedAwayList(backend);
  }
}
