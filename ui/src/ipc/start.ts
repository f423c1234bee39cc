import type { Recovery, StartFailure } from "./generated";

/** What can be asked where Pollux could not start, or where its history is damaged. */
export interface StartBackend {
  /** null: it runs. */
  startFailure(): Promise<StartFailure | null>;
  startAgain(): Promise<void>;
  /** Renames the history that does not open; where it is now. The next start makes a new one. */
  historyMoveAside(): Promise<string>;
  /**
   * Makes a new history of what can be read, and starts on it; the damaged one is kept. What runs ends first, and is
   * started again also where nothing can be recovered: `live` is to be called again.
   */
  historyRecover(): Promise<Recovery>;
  /** Lets the user choose another history, for this run; its path, or null when nothing was chosen. */
  historyOpenOther(): Promise<string | null>;
}
