import type { AppState, Backend, HistoryDamage, IpcError, Recovery, StartFailure } from "../ipc";

const NOT_OPENED: Record<string, Omit<StartFailure, "path" | "history">> = {
  newer: {
    error: {
      code: "database_too_new",
      message:
        "The history was written by a newer version of Pollux (its format is 9999, this version knows 20). Update Pollux, or choose another history file.",
      detail: null,
    },
    again: false,
    other: true,
    aside: true,
    recover: false,
  },
  damaged: {
    error: {
      code: "history_damaged",
      message:
        "The history file is damaged; restore it from a copy or choose another file: database disk image is malformed.",
      detail: null,
    },
    again: true,
    other: true,
    aside: true,
    recover: true,
  },
  locked: {
    error: {
      code: "history_busy",
      message: "Another program holds the history locked; close it and try again: database is locked.",
      detail: null,
    },
    again: true,
    other: true,
    aside: false,
    recover: false,
  },
  keychain: {
    error: {
      code: "invalid_keychain",
      message: 'POLLUX_KEYCHAIN is "File"; expected "file" or "system".',
      detail: null,
    },
    again: false,
    other: false,
    aside: false,
    recover: false,
  },
};

/** What can be done where the history does not open. */
const CHOICES: (keyof Backend)[] = ["historyMoveAside", "historyOpenOther", "historyRecover"];
const KEPT = "/home/ada/.local/share/pollux/pollux-2026-11-29-105500.db";
const HOUR_MS = 3_600_000;

const DAMAGE: HistoryDamage = {
  says: ["Tree 6 page 5123: btreeInitPage() returns error code 11", "Tree 9 page 811 cell 3: Rowid 9001 out of order"],
  deliveries: 54_000,
  readable: 53_980,
  unreadable: [
    [5121, 5138],
    [9001, 9001],
    [9007, 9007],
  ],
};

/** A start that fails, in memory, with the rules of the real one; and a history that is damaged while Pollux runs. */
export abstract class FakeStart {
  abstract state: AppState;
  protected abstract answer<T>(command: keyof Backend, value: () => T): Promise<T>;

  /** Why nothing runs; null: it does. */
  failure: StartFailure | null = null;
  /** What the user chooses in the dialog; null: nothing. */
  chosen: string | null = "/home/ada/other.db";
  movedTo: string | null = null;
  /** What a check finds. */
  damage: HistoryDamage | null = null;
  /** What a recovery comes to, and how long it takes. */
  recovery: Omit<Recovery, "path"> = {
    kept: KEPT,
    deliveries: 53_980,
    of: 54_000,
    found_by_page: 12,
    without_verdict: 0,
    others: [],
  };
  recoveryTakes = 0;

  /** `newer`, `damaged`, `locked`, `keychain`; with a history that opens: `damaged-running`, `log-gone`. */
  startScene(scene: string | null): void {
    const found = scene === null ? undefined : NOT_OPENED[scene];
    if (found) this.failure = { ...found, path: "/home/ada/.local/share/pollux/pollux.db", history: found.other };
    if (scene === "damaged-running") {
      this.damage = DAMAGE;
      this.state.health = { state: "damaged", unclean: true, missing: null, damage: DAMAGE };
    }
    if (scene === "log-gone") {
      const missing = { stored: 180, noted_ms: Date.now() - HOUR_MS, found: 120, log_gone: true };
      this.state.health = { state: "sound", unclean: true, missing, damage: null };
    }
  }

  /** Every other command gives the error of the start. */
  protected notStarted(command: keyof Backend): IpcError | undefined {
    return command.startsWith("start") || CHOICES.includes(command) ? undefined : this.failure?.error;
  }

  startFailure = () => this.answer("startFailure", () => this.failure);
  startAgain = () =>
    this.answer("startAgain", () => {
      if (this.movedTo !== null) this.failure = null;
      if (this.failure) throw this.failure.error;
    });
  historyMoveAside = () => this.answer("historyMoveAside", () => (this.movedTo = KEPT));
  historyRecover = async (): Promise<Recovery> => {
    await new Promise((resolve) => setTimeout(resolve, this.recoveryTakes));
    return this.answer("historyRecover", () => {
      this.failure = this.damage = null;
      this.state.health = { state: "not_checked", unclean: false, missing: null, damage: null };
      return { ...this.recovery, path: this.state.database.path };
    });
  };
  historyOpenOther = () =>
    this.answer("historyOpenOther", () => {
      if (this.chosen !== null) this.failure = null;
      return this.chosen;
    });
}
