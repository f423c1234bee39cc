import type { CompareSide, CompareWith, Comparison } from "./generated";

/** Two deliveries, or two answers of a replay, compared. */
export interface CompareBackend {
  /** Rejects with `not_comparable` for a delivery and an answer. */
  compare(a: CompareSide, b: CompareSide): Promise<Comparison>;
  /** What to compare a delivery with; null where there is none. */
  compareWith(id: number, how: CompareWith): Promise<CompareSide | null>;
}
