import type { Deletion, HistoryHealth, HistorySizes, KeepLimits, KeepPreview, Selection } from "./generated";

/** What stays in the history and what goes. */
export interface HistoryBackend {
  historySizes(): Promise<HistorySizes>;
  /** Looks whether it is whole: its structure, and with `thorough` every delivery. Told by "health" messages, too. */
  historyCheck(thorough: boolean): Promise<HistoryHealth>;
  /** What would go if these limits were set; null: the limits for all projects. */
  keepPreview(project: number | null, limits: KeepLimits): Promise<KeepPreview>;
  /** Sets limits; null takes those of a project away, and puts the defaults in force for all. */
  keepSet(project: number | null, limits: KeepLimits | null): Promise<void>;
  /** Hides deliveries at once. They can be taken back until `until_ms`; then they leave the file. */
  deliveriesDelete(selection: Selection): Promise<Deletion>;
  deletionUndo(number: number): Promise<void>;
  /** Those that can still be taken back, the newest first. */
  deletions(): Promise<Deletion[]>;
  /** How many of them there are. */
  deliveriesPin(ids: readonly number[], pinned: boolean): Promise<number>;
  /** null, or nothing but white space, removes the note. */
  deliveryNote(id: number, text: string | null): Promise<void>;
  /** Returns when the file is rebuilt; "rebuild" messages tell how far it is. */
  historyRebuild(): Promise<void>;
}
