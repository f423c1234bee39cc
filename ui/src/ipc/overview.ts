import type { DayDeliveries, DayStates } from "./generated";

/** What the overview asks: a day between edges, which ascend, in Unix milliseconds; of a project, or of all (null). */
export interface OverviewBackend {
  /** What arrived. */
  dayDeliveries(project: number | null, edges: readonly number[]): Promise<DayDeliveries>;
  /** How many arrived on each of up to 8 other days; null where that is not known. */
  dayUsual(project: number | null, days: readonly (readonly number[])[]): Promise<(number | null)[][]>;
  /** What stood until now, from Pollux's own notes. Asks no service. */
  dayStates(project: number | null, edges: readonly number[]): Promise<DayStates>;
}
