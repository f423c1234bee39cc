import type { Backend, IpcError, StartFailure } from "../ipc";

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
  },
};

/** A start that fails, in memory, with the rules of the real one. */
/** What can be done where the history does not open. */
const CHOICES: (keyof Backend)[] = ["historyMoveAside", "historyOpenOther"];

export abstract class FakeStart {
  protected abstract answer<T>(command: keyof Backend, value: () => T): Promise<T>;

  /** Why nothing runs; null: it does. */
  failure: StartFailure | null = null;
  /** What the user chooses in the dialog; null: nothing. */
  chosen: string | null = "/home/ada/other.db";
  movedTo: string | null = null;

  /** `newer`, `damaged`, `locked`, `keychain`. */
  startScene(scene: string | null): void {
    const found = scene === null ? undefined : NOT_OPENED[scene];
    if (found) this.failure = { ...found, path: "/home/ada/.local/share/pollux/pollux.db", history: found.other };
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
  historyMoveAside = () =>
    this.answer("historyMoveAside", () => (this.movedTo = "/home/ada/.local/share/pollux/pollux-2026-11-29-105500.db"));
  historyOpenOther = () =>
    this.answer("historyOpenOther", () => {
      if (this.chosen !== null) this.failure = null;
      return this.chosen;
    });
}
