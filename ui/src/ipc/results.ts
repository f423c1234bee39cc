import type {
  JobDetail,
  JobMetadata,
  BatchPreview,
  ResultRows,
  ResultSave,
  ResultSaved,
  ResultSource,
  ResultStrip,
  ResultView,
  RowFilter,
} from "./generated";

/** What a pointer leads to, opened. Progress is told as `Live` of the kind `result`. */
export interface ResultsBackend {
  /**
   * Resolves a pointer with its project's key, and begins to fetch it. Rejects with `not_verified` for a pointer of a
   * delivery that is not verified, unless the user confirmed it.
   */
  resultOpen(source: ResultSource): Promise<ResultView>;
  /** Those that are open, the newest first. */
  results(): Promise<ResultView[]>;
  /** Stops fetching; what has come stays. */
  resultStop(id: number): Promise<ResultView>;
  /** Goes on where it was stopped, or where it failed. */
  resultGoOn(id: number): Promise<ResultView>;
  /** Forgets it. Its file goes, unless it is kept. */
  resultClose(id: number): Promise<void>;
  /** At most 200 rows from a place on, of those that match. `text`: only rows with this text. */
  resultRows(id: number, filter: RowFilter, text: string, start: number, count: number): Promise<ResultRows>;
  /** The place of the next (or the one before) failed or missing row among all rows, from a place on; null: none. */
  resultNextFailed(id: number, from: number, back: boolean): Promise<number | null>;
  /** Where failed and missing rows are. */
  resultStrip(id: number, parts: number): Promise<ResultStrip>;
  /** A row's line, byte for byte, as text; at most 4 MiB of it. */
  resultRow(id: number, number: number): Promise<string>;
  /** The bytes of a file that is not rows, at most `limit`. */
  resultBytes(id: number, limit: number): Promise<ArrayBuffer>;
  /** Asks the user where to save; null where the user changed their mind. */
  resultSaveChoose(name: string): Promise<string | null>;
  resultSave(id: number, what: ResultSave, path: string): Promise<ResultSaved>;
  /** Gives the file with the requests, so that missing keys can be named and failed rows sent again. */
  resultRequests(id: number, path: string): Promise<ResultView>;
  /** Keeps a copy with a delivery, counted in the history's size; or no longer. */
  resultKeep(id: number, delivery: number, keep: boolean): Promise<ResultView>;
  /** The batch that would be sent to try the failed and missing rows again. */
  resubmitPreview(id: number): Promise<BatchPreview>;
  /** Sends it. `receivers`, `metadata`: as for any new job. */
  resubmit(
    id: number,
    title: string,
    receivers: readonly string[] | null,
    metadata: readonly JobMetadata[],
  ): Promise<JobDetail>;
}
