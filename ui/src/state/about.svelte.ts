import type { AppState, BrokenKind, EventType, ReplayTwist, SampleType } from "../ipc";

type Told = Pick<
  AppState,
  "version" | "database" | "secret_store" | "event_types" | "sample_types" | "broken_kinds" | "twists"
>;

/**
 * What Pollux tells of itself when the window opens, and what stays like that: its catalogs, and where it keeps things.
 */
export class About {
  /** Null until it was told. */
  told = $state.raw<Told | null>(null);

  get eventTypes(): readonly EventType[] {
    return this.told?.event_types ?? [];
  }

  get sampleTypes(): readonly SampleType[] {
    return this.told?.sample_types ?? [];
  }

  get brokenKinds(): readonly BrokenKind[] {
    return this.told?.broken_kinds ?? [];
  }

  get twists(): readonly ReplayTwist[] {
    return this.told?.twists ?? [];
  }
}
