import type { GrammarField, Histogram, Hit, QueryRead, Searches, Suggestions, ValueCounts } from "./generated";

/** What the search box, the histogram and the hits ask of the back end. A view is what `viewOpen` opened last. */
export interface SearchBackend {
  /** Reads a query without using it. */
  queryRead(text: string): Promise<QueryRead>;
  /** What may complete it; `cursor` in UTF-16 units. Counts are of the present hits. */
  querySuggest(text: string, cursor: number): Promise<Suggestions>;
  /** How many deliveries each query matches (the first 8); null if that is not known soon, or it cannot be read. */
  queryCounts(queries: string[]): Promise<(number | null)[]>;
  /** At most 400 buckets. */
  viewHistogram(view: number, buckets: number): Promise<Histogram>;
  /** The most frequent values of a field (`type`, `header.host`, `body.data.id`) among the matches; at most 200. */
  viewValues(view: number, field: string, limit: number): Promise<ValueCounts>;
  /** Where a delivery has the text of a query; at most 200 places. */
  deliveryHits(id: number, query: string): Promise<Hit[]>;
  /** Every field, in the order in which they are offered. */
  queryGrammar(): Promise<GrammarField[]>;
  searches(): Promise<Searches>;
  /** Takes the place of one with the same name. */
  searchSave(name: string, query: string): Promise<Searches>;
  searchForget(name: string): Promise<Searches>;
  /** A search was used, not only typed: it goes to the recent ones. */
  searchUsed(query: string): Promise<void>;
}
