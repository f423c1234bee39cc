import type { CopyForm, Selection, Transfer, TransferFormat } from "./generated";

/** Deliveries into files and out of them, and copies of single ones. */
export interface TransferBackend {
  /**
   * Begins to write a file, and answers its number. It appears under its name only once it is whole. Rejects with
   * `not_written` where the folder cannot be written to, and with `query_invalid` where the search is not understood.
   */
  exportStart(selection: Selection, format: TransferFormat, path: string, withCredentials: boolean): Promise<number>;
  /** Begins to read a file: NDJSON of Pollux, a HAR of any tool, or cURL commands; answers its number. */
  importStart(path: string): Promise<number>;
  /** What an import had stored stays; an export leaves no file. */
  transferStop(number: number): Promise<Transfer>;
  /** Those since the start, the newest first, 50 at most. Each change is told as `Live` of the kind `transfer`. */
  transfers(): Promise<Transfer[]>;
  /** Asks the user for the file to write; null where the user changed their mind. */
  exportChoose(name: string): Promise<string | null>;
  /** Asks the user for files to read; empty where the user changed their mind. */
  importChoose(): Promise<string[]>;
  /** The deliveries as text in this form, in the order of their arrival; 100 at most. Holds no secret. */
  copyAs(ids: readonly number[], form: CopyForm): Promise<string>;
}
