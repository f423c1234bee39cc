import type { Deletion, HistoryHealth, HistorySizes, KeepLimits, KeepPreview, Live, Row, Selection } from "../ipc";
import { FakeHandler } from "./handler";
import { refused } from "./refused";

const UNDO_MS = 600_000;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const BYTES_A_DELIVERY = 1900;
const BUCKETS = 30;
const NO_LIMITS: KeepLimits = { max_bytes: null, max_days: null, max_count: null, free_bytes: null };
const DEFAULTS: KeepLimits = { ...NO_LIMITS, max_bytes: 2 * 2 ** 30 };

/** Pins, notes, deletions and limits, in memory. Limits remove nothing by themselves. */
export abstract class FakeHistory extends FakeHandler {
  abstract change(row: Row): void;
  abstract override tell(message: Live): void;
  /** The rows are others: the view is to be opened again. */
  abstract resync(): void;

  keepLimits: KeepLimits = { ...DEFAULTS };
  readonly keepOfProjects = new Map<number, KeepLimits>();
  /** Set for the file of an older version. */
  rebuildNeeded = false;
  /** Between two steps of a rebuild. */
  rebuildTakes = 150;
  /** How long a check of the history takes. */
  healthTakes = 0;
  /** When the notes were last written, by delivery. */
  protected readonly noted = new Map<number, number>();
  readonly #deleted = new Map<number, { deletion: Deletion; rows: Row[] }>();
  #nextDeletion = 1;

  historySizes = () =>
    this.answer("historySizes", (): HistorySizes => {
      const kept = this.rows.length * BYTES_A_DELIVERY;
      const gone = [...this.#deleted.values()].reduce((sum, one) => sum + one.deletion.bytes, 0);
      const parts: HistorySizes["parts"] = [
        { name: "headers", bytes: Math.round(kept * 0.44) },
        { name: "bodies", bytes: Math.round(kept * 0.31) },
        { name: "rows", bytes: Math.round(kept * 0.17) },
        { name: "search", bytes: Math.round(kept * 0.05) },
        { name: "answers", bytes: Math.round(kept * 0.03) },
        { name: "free", bytes: 1 << 20 },
        { name: "deleted", bytes: gone },
        { name: "log", bytes: 180_224 },
      ];
      const total = parts.reduce((sum, part) => sum + part.bytes, 0);
      return {
        path: this.state.database.path,
        total_bytes: total,
        free_bytes: 78_400_000_000,
        deliveries: this.rows.length,
        pinned: this.rows.filter((row) => row.pinned).length,
        oldest_ms: this.rows[0]?.received_ms ?? null,
        parts: parts.sort((one, other) => other.bytes - one.bytes),
        limits: this.keepLimits,
        per_project: this.state.projects.map((project) => {
          const deliveries = this.rows.filter((row) => row.project === project.id).length;
          const limits = this.keepOfProjects.get(project.id) ?? null;
          return { project: project.id, limits, deliveries, bytes: deliveries * BYTES_A_DELIVERY };
        }),
        rebuild: this.rebuildNeeded ? { needed: true, bytes: 2 * total, possible: true, why: null } : null,
      };
    });

  /** Without `thorough` it finds only what SQLite says. */
  historyCheck = async (thorough: boolean): Promise<HistoryHealth> => {
    const before = this.state.health;
    this.#found({ ...before, state: "checking", damage: null });
    try {
      await new Promise((resolve) => setTimeout(resolve, this.healthTakes));
      return await this.answer("historyCheck", () => {
        const damage = this.damage !== null && (thorough || this.damage.says.length > 0) ? this.damage : null;
        return this.#found({ ...before, state: damage ? "damaged" : "sound", damage });
      });
    } catch (thrown) {
      this.#found(before);
      throw thrown;
    }
  };

  #found(health: HistoryHealth): HistoryHealth {
    this.state.health = health;
    this.tell({ kind: "health", health });
    return health;
  }

  keepPreview = (project: number | null, limits: KeepLimits) =>
    this.answer("keepPreview", (): KeepPreview => {
      const rows = this.rows.filter((row) => project === null || row.project === project);
      const most = Math.min(limits.max_count ?? Infinity, (limits.max_bytes ?? Infinity) / BYTES_A_DELIVERY);
      const since = limits.max_days === null ? -Infinity : Date.now() - limits.max_days * DAY_MS;
      const old = rows.filter((row, at) => rows.length - at > most || row.received_ms < since);
      const going = old.filter((row) => !row.pinned);
      const last = old.at(-1)?.received_ms ?? null;
      const minute = (row: Row | undefined) => Math.floor((row?.received_ms ?? 0) / MINUTE_MS);
      const minutes = minute(rows.at(-1)) - minute(rows[0]);
      const first = minute(rows[0]) * MINUTE_MS;
      const step = (Math.floor(minutes / BUCKETS) + 1) * MINUTE_MS;
      const length = rows.length ? Math.floor((minutes * MINUTE_MS) / step) + 1 : 0;
      const buckets = Array.from({ length }, (_, i) => {
        const within = (row: Row) => Math.floor((row.received_ms - first) / step) === i;
        const count = going.filter(within).length;
        return { at_ms: first + i * step, going: count, staying: rows.filter(within).length - count };
      });
      return {
        deliveries: going.length,
        bytes: going.length * BYTES_A_DELIVERY,
        until_ms: last,
        staying_pinned: old.length - going.length,
        staying_waiting: 0,
        query: last === null ? "" : `until:${new Date(last).toISOString().slice(0, 16)}`,
        buckets,
      };
    });

  keepSet = (project: number | null, limits: KeepLimits | null) =>
    this.answer("keepSet", () => {
      if (project === null && (limits?.max_bytes ?? Infinity) < 16 << 20)
        throw refused("invalid_limits", "The history needs at least 16 MiB.");
      if (project === null) this.keepLimits = limits ?? { ...DEFAULTS };
      else if (limits) this.keepOfProjects.set(project, limits);
      else this.keepOfProjects.delete(project);
    });

  deliveriesDelete = (selection: Selection) =>
    this.answer("deliveriesDelete", () => {
      const chosen = this.selected(selection);
      const ids = new Set(chosen.map((row) => row.id));
      const now = Date.now();
      const count = chosen.length === 1 ? "1 delivery" : `${chosen.length} deliveries`;
      const deletion: Deletion = {
        number: this.#nextDeletion++,
        what: selection === "all" ? "all" : "query" in selection ? selection.query : count,
        deliveries: chosen.length,
        bytes: chosen.length * BYTES_A_DELIVERY,
        at_ms: now,
        until_ms: now + UNDO_MS,
      };
      this.#deleted.set(deletion.number, { deletion, rows: chosen });
      this.rows = this.rows.filter((row) => !ids.has(row.id));
      this.resync();
      return deletion;
    });

  deletionUndo = (number: number) =>
    this.answer("deletionUndo", () => {
      const found = this.#deleted.get(number);
      if (!found) throw refused("cannot_undo", "These deliveries have left the history and cannot be brought back.");
      this.#deleted.delete(number);
      this.rows = [...this.rows, ...found.rows].sort((one, other) => one.id - other.id);
      this.resync();
    });

  deletions = () => this.answer("deletions", () => [...this.#deleted.values()].map((one) => one.deletion).reverse());

  deliveriesPin = (ids: readonly number[], pinned: boolean) =>
    this.answer("deliveriesPin", () => {
      const found = this.rows.filter((row) => ids.includes(row.id));
      for (const row of found) this.change({ ...row, pinned });
      return found.length;
    });

  deliveryNote = (id: number, text: string | null) =>
    this.answer("deliveryNote", () => {
      const row = this.rows.find((one) => one.id === id);
      if (!row) throw refused("not_found", "This delivery is no longer there.");
      this.noted.set(id, Date.now());
      this.change({ ...row, note: text?.trim() || null });
    });

  historyRebuild = async () => {
    await this.answer("historyRebuild", () => undefined);
    for (let done = 0; done <= 5; done++) {
      this.tell({ kind: "rebuild", done, total: 5 });
      await new Promise((resolve) => setTimeout(resolve, this.rebuildTakes));
    }
    this.rebuildNeeded = false;
  };

  protected abstract matches(query: string, row: Row): boolean;

  protected selected(selection: Selection): Row[] {
    if (selection === "all") return this.rows;
    if ("ids" in selection) return this.rows.filter((row) => selection.ids.includes(row.id));
    return this.rows.filter((row) => this.matches(selection.query, row));
  }
}
