import type { Selection } from "./generated";
import type { Deletion, HistorySizes, KeepLimits, KeepPreview } from "./kept";

/** What stays in the history, and what goes out of it and comes in. */
export interface KeepBackend {
  deliveriesPin(ids: readonly number[], pinned: boolean): Promise<void>;
  /** null takes the note away. */
  deliveryNote(id: number, text: string | null): Promise<void>;
  /** Hides them at once; they can be had back until `until_ms`. */
  deliveriesDelete(selection: Selection): Promise<Deletion>;
  deletionUndo(number: number): Promise<void>;
  /** Those that can be undone, the latest first. */
  deletions(): Promise<Deletion[]>;
  historySizes(): Promise<HistorySizes>;
  /** What would go with these limits; `project` null: of all. Nothing is changed. */
  keepPreview(project: number | null, limits: KeepLimits): Promise<KeepPreview>;
  /** `limits` null, for a project: those of all apply again. */
  keepSet(project: number | null, limits: KeepLimits | null): Promise<void>;
  historyRebuild(): Promise<void>;
  /** Files that are dragged over the window, and dropped on it. Call it once. */
  dropped(onDrop: (event: DropEvent) => void): Promise<void>;
}

/** Something is dragged over the window (`over`), has left it, or was dropped. */
export type DropEvent = { at: "over" | "left" } | { at: "dropped"; paths: string[] };
