import type { Deletion, HistorySizes, KeepLimits, KeepPreview, Note, Row, Selection, SizePartName } from "../ipc";
import { refused } from "./refused";
import { FakeTransfer } from "./transfer";

const UNDO_MS = 600_000;
const DAY_MS = 86_400_000;
const BUCKETS = 84;
/** Bytes a delivery, by what they are for. */
const BYTES_EACH: readonly [SizePartName, number][] = [
  ["headers", 413],
  ["bodies", 283],
  ["rows", 148],
  ["answers", 60],
  ["search", 124],
  ["log", 17],
  ["free", 27],
];
const EACH = BYTES_EACH.reduce((sum, [, bytes]) => sum + bytes, 0);

/** Pins, notes, deletions that can be undone, and what the history keeps, in memory. */
export abstract class FakeKeep extends FakeTransfer {
  limits: KeepLimits = { max_bytes: 2 * 1024 ** 3, max_days: null, max_count: null, free_bytes: 1024 ** 3 };
  projectLimits = new Map<number, KeepLimits>();
  deleted: { deletion: Deletion; rows: Row[] }[] = [];
  /** What an older file would need on the disk to be rebuilt. */
  oldFile: { bytes: number; possible: boolean } | null = null;
  freeBytes = 41_017_000_000;
  /** Between two steps of a rebuilding. */
  rebuildTakes = 120;
  readonly #notes = new Map<number, Note>();

  protected abstract resync(): void;

  protected noteOf(row: Row): Note | null {
    return this.#notes.get(row.id) ?? (row.note === null ? null : { text: row.note, changed_ms: row.received_ms });
  }

  deliveriesPin = (ids: readonly number[], pinned: boolean) =>
    this.answer("deliveriesPin", () => {
      for (const row of this.rows.filter((one) => ids.includes(one.id))) this.change({ ...row, pinned });
    });

  deliveryNote = (id: number, text: string | null) =>
    this.answer("deliveryNote", () => {
      const row = this.rows.find((one) => one.id === id);
      if (!row) throw refused("not_found", "This delivery is no longer there.");
      if (text === null) this.#notes.delete(id);
      else this.#notes.set(id, { text, changed_ms: Date.now() });
      this.change({ ...row, note: text === null ? null : text.slice(0, 240) });
    });

  deliveriesDelete = (selection: Selection) =>
    this.answer("deliveriesDelete", () => {
      const gone = this.meant(selection);
      if (gone.length === 0) throw refused("not_found", "None of these deliveries is there any more.");
      const at_ms = Date.now();
      const deletion: Deletion = {
        number: (this.deleted[0]?.deletion.number ?? 0) + 1,
        what: selection === "all" ? "all" : "query" in selection ? selection.query : "",
        deliveries: gone.length,
        bytes: gone.length * EACH,
        at_ms,
        until_ms: at_ms + UNDO_MS,
      };
      const ids = new Set(gone.map((row) => row.id));
      this.rows = this.rows.filter((row) => !ids.has(row.id));
      this.deleted.unshift({ deletion, rows: gone });
      this.resync();
      return deletion;
    });

  deletionUndo = (number: number) =>
    this.answer("deletionUndo", () => {
      const found = this.deleted.find((one) => one.deletion.number === number);
      if (!found) throw refused("not_found", "The ten minutes are over: these deliveries are gone.");
      this.deleted = this.deleted.filter((one) => one !== found);
      this.rows = [...this.rows, ...found.rows].sort((a, b) => a.id - b.id);
      this.resync();
    });

  deletions = () => this.answer("deletions", () => this.deleted.map((one) => one.deletion));

  historySizes = () =>
    this.answer("historySizes", (): HistorySizes => {
      const parts = BYTES_EACH.map(([name, each]) => ({ name, bytes: each * this.rows.length }));
      parts.push({ name: "deleted", bytes: this.deleted.reduce((sum, one) => sum + one.deletion.bytes, 0) });
      return {
        path: this.state.database.path,
        total_bytes: parts.reduce((sum, part) => sum + part.bytes, 0),
        free_bytes: this.freeBytes,
        deliveries: this.rows.length,
        pinned: this.rows.filter((row) => row.pinned).length,
        oldest_ms: this.rows[0]?.received_ms ?? null,
        parts,
        limits: this.limits,
        per_project: this.state.projects.map(({ id }) => {
          const deliveries = this.rows.filter((row) => row.project === id).length;
          return { project: id, limits: this.projectLimits.get(id) ?? null, deliveries, bytes: deliveries * EACH };
        }),
        rebuild: this.oldFile && {
          needed: true,
          ...this.oldFile,
          why: this.oldFile.possible ? null : "There is not enough room on the disk for a second copy of it.",
        },
      };
    });

  keepPreview = (project: number | null, limits: KeepLimits) =>
    this.answer("keepPreview", () => this.#preview(project, limits));

  keepSet = (project: number | null, limits: KeepLimits | null) =>
    this.answer("keepSet", () => {
      if (project !== null && limits === null) {
        this.projectLimits.delete(project);
        return;
      }
      if (limits === null) throw refused("invalid_setting", "There is nothing to keep to.");
      const going = this.#going(project, limits);
      if (project === null) this.limits = limits;
      else this.projectLimits.set(project, limits);
      if (going.size === 0) return;
      this.rows = this.rows.filter((row) => !going.has(row.id));
      this.resync();
    });

  historyRebuild = () =>
    this.answer("historyRebuild", () => {
      const total = 10;
      const step = (done: number) => {
        this.tell({ kind: "rebuild", done, total });
        if (done === total) this.oldFile = null;
        else setTimeout(() => step(done + 1), this.rebuildTakes);
      };
      step(0);
    });

  protected meant(selection: Selection): Row[] {
    if (selection === "all") return this.rows;
    if ("ids" in selection) return this.rows.filter((row) => selection.ids.includes(row.id));
    const verdict = /verdict:(\w+)/.exec(selection.query)?.[1];
    return this.rows.filter((row) => verdict === undefined || row.outcome === verdict);
  }

  #going(project: number | null, limits: KeepLimits): Set<number> {
    const rows = this.rows.filter((row) => project === null || row.project === project);
    const most = Math.min(limits.max_count ?? Infinity, Math.floor((limits.max_bytes ?? Infinity) / EACH));
    const oldest = limits.max_days === null ? 0 : Date.now() - limits.max_days * DAY_MS;
    const over = Math.max(0, rows.length - most);
    return new Set(rows.filter((row, i) => !row.pinned && (i < over || row.received_ms < oldest)).map((row) => row.id));
  }

  #preview(project: number | null, limits: KeepLimits): KeepPreview {
    const going = this.#going(project, limits);
    const rows = this.rows.filter((row) => project === null || row.project === project);
    const first = rows[0]?.received_ms ?? 0;
    const step = Math.max(1, Math.ceil((Date.now() - first) / BUCKETS));
    const buckets = Array.from({ length: BUCKETS }, (_, i) => ({ at_ms: first + i * step, going: 0, staying: 0 }));
    let until: number | null = null;
    for (const row of rows) {
      const bucket = buckets[Math.min(BUCKETS - 1, Math.floor((row.received_ms - first) / step))];
      if (bucket) bucket[going.has(row.id) ? "going" : "staying"]++;
      if (going.has(row.id)) until = row.received_ms;
    }
    const kept = rows.filter((row) => row.pinned && until !== null && row.received_ms <= until).length;
    return {
      deliveries: going.size,
      bytes: going.size * EACH,
      until_ms: until,
      staying_pinned: kept,
      staying_waiting: 0,
      query: until === null ? "" : `until:${new Date(until).toISOString()} pinned:no`,
      buckets,
    };
  }
}
