import type { Deletion, KeepLimits, KeepPreview, SizePart, SizePartName } from "../ipc";
import { clockText, dayText } from "./dates";
import { bytes, count, plural, unbroken } from "./format";
import { graphemes } from "./graphemes";

export const NOTE_LONGEST = 4000;

/** Characters that a note may still have; below 0: it is too long. */
export function noteRoom(text: string): number {
  const trimmed = text.trim();
  return NOTE_LONGEST - (trimmed.length <= NOTE_LONGEST ? trimmed.length : graphemes(trimmed).length);
}

/** The parts of the history's size, in the order in which the bar shows them. */
export const PARTS: readonly { name: SizePartName; label: string }[] = [
  { name: "headers", label: "Headers" },
  { name: "bodies", label: "Bodies" },
  { name: "rows", label: "Rows and verdicts" },
  { name: "answers", label: "Answers, replays" },
  { name: "results", label: "Kept results" },
  { name: "search", label: "Search index" },
  { name: "log", label: "Log of changes" },
  { name: "deleted", label: "Deleted, can be undone" },
  { name: "free", label: "Being given back" },
];

/** Parts that are shown even where they are empty. */
const ALWAYS: readonly string[] = ["headers", "bodies", "rows", "answers", "search", "log"];

/** `name`: as the back end calls it; what it names and we do not is shown too, so that the parts are all there is. */
export type PartShown = { name: string; label: string; bytes: number };

/**
 * The parts in order, empty ones left out but for the usual ones; they sum to `total`: what is in no part is a part of
 * its own.
 */
export function partsOf(parts: readonly SizePart[], total: number): PartShown[] {
  const bytesOf = (name: string) =>
    parts.filter((part) => part.name === name).reduce((sum, part) => sum + part.bytes, 0);
  const shown: PartShown[] = PARTS.map(({ name, label }) => ({ name, label, bytes: bytesOf(name) }));
  const rest = total - shown.reduce((sum, part) => sum + part.bytes, 0);
  if (rest > 0) shown.push({ name: "other", label: "Other", bytes: rest });
  return shown.filter((part) => ALWAYS.includes(part.name) || part.bytes > 0);
}

/** What the whole bar stands for: the limit, or more where more is kept or typed; without a limit what is kept. */
export function barScale(total: number, limit: number | null, typed: number | null): number {
  return Math.max(total, limit ?? 0, typed ?? 0, 1);
}

export type SizeUnit = "MiB" | "GiB";
export const UNIT_BYTES: Record<SizeUnit, number> = { MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** The limits as they stand in the fields; an empty one is no limit. */
export type LimitDraft = {
  size: string;
  sizeUnit: SizeUnit;
  days: string;
  count: string;
  free: string;
  freeUnit: SizeUnit;
};
export type LimitErrors = Partial<Record<"size" | "days" | "count" | "free", string>>;

export const SMALLEST_SIZE = 16 * UNIT_BYTES.MiB;
const LONGEST_DAYS = 36_500;

function split(size: number | null): [string, SizeUnit] {
  if (size === null) return ["", "GiB"];
  const unit = size % UNIT_BYTES.GiB === 0 || size >= 10 * UNIT_BYTES.GiB ? "GiB" : "MiB";
  const n = size / UNIT_BYTES[unit];
  return [Number.isInteger(n) ? String(n) : n.toFixed(2).replace(/\.?0+$/, ""), unit];
}

export function draftOfLimits(limits: KeepLimits): LimitDraft {
  const [size, sizeUnit] = split(limits.max_bytes);
  const [free, freeUnit] = split(limits.free_bytes);
  return {
    size,
    sizeUnit,
    days: limits.max_days === null ? "" : String(limits.max_days),
    count: limits.max_count === null ? "" : String(limits.max_count),
    free,
    freeUnit,
  };
}

/** The limits that are typed, or what is wrong with each field. */
export function readLimits(draft: LimitDraft): { limits: KeepLimits } | { errors: LimitErrors } {
  const errors: LimitErrors = {};
  const size = bytesOf(draft.size, draft.sizeUnit);
  const free = bytesOf(draft.free, draft.freeUnit);
  const days = whole(draft.days);
  const most = whole(draft.count);
  if (size === undefined) errors.size = "A number above 0, or nothing for no limit.";
  else if (size !== null && size < SMALLEST_SIZE) errors.size = "At least 16 MiB: the files alone take some of it.";
  if (days === undefined || (days !== null && days > LONGEST_DAYS))
    errors.days = "Whole days from 1 to 36,500, or nothing for no limit.";
  if (most === undefined) errors.count = "A whole number from 1 on, or nothing for no limit.";
  if (free === undefined) errors.free = "A number above 0.";
  if (size === undefined || free === undefined || days === undefined || most === undefined || hasAny(errors))
    return { errors };
  return { limits: { max_bytes: size, max_days: days, max_count: most, free_bytes: free } };
}

function hasAny(errors: LimitErrors): boolean {
  return Object.keys(errors).length > 0;
}

/** null: empty; undefined: not a size. Commas and spaces group digits. */
function bytesOf(text: string, unit: SizeUnit): number | null | undefined {
  const clean = text.replace(/[\s,\u00A0]/g, "");
  if (clean === "") return null;
  if (!/^\d{1,9}(\.\d{1,3})?$/.test(clean)) return undefined;
  const size = Math.round(Number(clean) * UNIT_BYTES[unit]);
  return size > 0 ? size : undefined;
}

function whole(text: string): number | null | undefined {
  const clean = text.replace(/[\s,\u00A0]/g, "");
  if (clean === "") return null;
  return /^[1-9]\d{0,11}$/.test(clean) ? Number(clean) : undefined;
}

export function sameLimits(a: KeepLimits, b: KeepLimits): boolean {
  return (
    a.max_bytes === b.max_bytes &&
    a.max_days === b.max_days &&
    a.max_count === b.max_count &&
    a.free_bytes === b.free_bytes
  );
}

/** The option of the command line that says the same: `768M`, `2G`. */
export function optionSize(size: number): string {
  if (size % UNIT_BYTES.GiB === 0) return `${size / UNIT_BYTES.GiB}G`;
  if (size % UNIT_BYTES.MiB === 0) return `${size / UNIT_BYTES.MiB}M`;
  return String(size);
}

/** What is left until then, as a clock shows it: `9:41`. */
export function clockLeft(until: number, now: number): string {
  const seconds = Math.max(0, Math.ceil((until - now) / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

export const NO_LIMITS: KeepLimits = { max_bytes: null, max_days: null, max_count: null, free_bytes: null };

/** What is put in force, as its button says it: the limits that are others than before, `Keep 768 MiB`. */
export function keepWords(limits: KeepLimits, before: KeepLimits): string {
  const parts: string[] = [];
  if (limits.max_bytes !== null && limits.max_bytes !== before.max_bytes) parts.push(bytes(limits.max_bytes));
  if (limits.max_days !== null && limits.max_days !== before.max_days) parts.push(plural(limits.max_days, "day"));
  if (limits.max_count !== null && limits.max_count !== before.max_count)
    parts.push(plural(limits.max_count, "delivery", "deliveries"));
  if (parts.length > 0) return `Keep ${parts.join(", ")}`;
  return hasLimits(limits) ? "Set the limits" : "Keep everything";
}

/** `259,706 deliveries would go, the oldest first. 268 MiB come back.` */
export function goingWords({ deliveries, bytes: freed }: KeepPreview): string {
  if (deliveries === 0) return "Nothing would go now.";
  return `${plural(deliveries, "delivery", "deliveries")} would go, the oldest first. ${bytes(freed)} come back.`;
}

/** `All until 10 Nov 16:20, but for 14 pinned and 2 that wait for the forward.` */
export function untilWords(preview: KeepPreview): string {
  if (preview.until_ms === null) return "";
  const stays: string[] = [];
  if (preview.staying_pinned > 0) stays.push(`${count(preview.staying_pinned)} pinned`);
  if (preview.staying_waiting > 0)
    stays.push(
      `${count(preview.staying_waiting)} that ${preview.staying_waiting === 1 ? "waits" : "wait"} for the forward`,
    );
  return `All until ${dayTime(preview.until_ms)}${stays.length ? `, but for ${stays.join(" and ")}` : ""}.`;
}

/** `10 Nov 16:20`, local; with the year where it is another. */
export function dayTime(ms: number, now = Date.now()): string {
  return `${day(ms, now)} ${clockText(ms)}`;
}

/** `7 Nov`, local; with the year where it is another. */
export function day(ms: number, now = Date.now()): string {
  return unbroken(dayText(ms, now));
}

/** Whether any of them is a limit. */
export function hasLimits({ max_bytes, max_days, max_count }: KeepLimits): boolean {
  return max_bytes !== null || max_days !== null || max_count !== null;
}

/** What a deletion is listed as; a search as it was written. */
export function deletedWhat({ what, deliveries }: Deletion): { text: string; query: boolean } {
  if (what === "all") return { text: "The whole history", query: false };
  const counted = /^\d+ deliver(y|ies)$/.test(what);
  return what === "" || counted
    ? { text: plural(deliveries, "chosen delivery", "chosen deliveries"), query: false }
    : { text: what, query: true };
}
