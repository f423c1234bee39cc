/** What the history keeps, and what goes out of it and comes into it. Times: Unix milliseconds. */

/** How much is kept at most; null: no limit. `free_bytes`: what is to stay free on the disk, only for all projects. */
export type KeepLimits = {
  max_bytes: number | null;
  max_days: number | null;
  max_count: number | null;
  free_bytes: number | null;
};

export type SizePartName = "headers" | "bodies" | "rows" | "answers" | "search" | "log" | "deleted" | "free";
export type SizePart = { name: SizePartName; bytes: number };
export type ProjectKeep = { project: number; limits: KeepLimits | null; deliveries: number; bytes: number };
/** An older file gives no space back until it is rebuilt. `bytes`: what that needs on the disk. */
export type Rebuild = { needed: boolean; bytes: number; possible: boolean; why: string | null };

export type HistorySizes = {
  path: string;
  total_bytes: number;
  free_bytes: number;
  deliveries: number;
  pinned: number;
  oldest_ms: number | null;
  parts: SizePart[];
  limits: KeepLimits;
  per_project: ProjectKeep[];
  rebuild: Rebuild | null;
};

export type PreviewBucket = { at_ms: number; going: number; staying: number };
export type KeepPreview = {
  deliveries: number;
  bytes: number;
  until_ms: number | null;
  staying_pinned: number;
  staying_waiting: number;
  query: string;
  buckets: PreviewBucket[];
};

export type Deletion = {
  number: number;
  what: string;
  deliveries: number;
  bytes: number;
  at_ms: number;
  until_ms: number;
};
