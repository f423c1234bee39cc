import type { StartFailure } from "./generated";

/** What can be asked where Pollux could not start. */
export interface StartBackend {
  /** null: it runs. */
  startFailure(): Promise<StartFailure | null>;
  startAgain(): Promise<void>;
  /** Renames the history that does not open; where it is now. The next start makes a new one. */
  historyMoveAside(): Promise<string>;
  /** Lets the user choose another history, for this run; its path, or null when nothing was chosen. */
  historyOpenOther(): Promise<string | null>;
}
