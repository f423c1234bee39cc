import type { Row } from "../ipc";

const MOST_TYPES = 200;
const MOST_MESSAGES = 1000;
const TINT_MS = 1100;
const MOST_TINTED = 60;

/**
 * What the window remembers of the rows that came by: their types, the newest delivery of a message, and which are
 * fresh.
 */
export class Seen {
  /** Event types, sorted: for the menu of types. */
  types = $state.raw<readonly string[]>([]);
  readonly #byMessage = new Map<string, number>();
  readonly #fresh = new Set<number>();

  note(rows: readonly Row[]): void {
    const types = new Set(this.types);
    for (const row of rows) {
      if (row.event_type !== null && types.size < MOST_TYPES) types.add(row.event_type);
      if (row.message_id !== null) {
        this.#byMessage.delete(row.message_id);
        this.#byMessage.set(row.message_id, row.id);
      }
    }
    if (types.size !== this.types.length) this.types = [...types].sort();
    for (const key of this.#byMessage.keys()) {
      if (this.#byMessage.size <= MOST_MESSAGES) break;
      this.#byMessage.delete(key);
    }
  }

  /** The newest delivery with this message id, if it came by lately. */
  idOfMessage(messageId: string): number | undefined {
    return this.#byMessage.get(messageId);
  }

  /** Rows that just came onto the screen are tinted for a moment. */
  tint(rows: readonly Row[]): void {
    const ids = rows.slice(-MOST_TINTED).map((row) => row.id);
    for (const id of ids) this.#fresh.add(id);
    setTimeout(() => ids.forEach((id) => this.#fresh.delete(id)), TINT_MS);
  }

  isFresh(id: number): boolean {
    return this.#fresh.has(id);
  }
}
