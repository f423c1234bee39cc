import type { Filter, Outcome, Row } from "../ipc/generated";

export const NO_FILTER: Filter = { project: null, outcomes: [], types: [], text: "" };

/** Whether the filter narrows anything besides the project: "nothing matches" and "nothing yet" are different texts. */
export function narrows(filter: Filter): boolean {
  return filter.outcomes.length > 0 || filter.types.length > 0 || filter.text !== "";
}

export function sameFilter(a: Filter, b: Filter): boolean {
  const same = (x: readonly string[], y: readonly string[]) => x.length === y.length && x.every((v) => y.includes(v));
  return a.project === b.project && a.text === b.text && same(a.outcomes, b.outcomes) && same(a.types, b.types);
}

/**
 * Whether it reads like a search with fields (`type:batch.failed`), which the filter does not do. A time or an address
 * does not.
 */
export function looksLikeQuery(text: string): boolean {
  return /(^|\s)-?[a-z_]+:(?!\/)\S/i.test(text);
}

/**
 * Why a delivery is not in the list, as far as its row tells; the filter's text is looked for in what a row does not
 * hold.
 */
export function leftOutBy(filter: Filter, row: Pick<Row, "project">): "project" | "filter" | null {
  if (filter.project !== null && filter.project !== row.project) return "project";
  return narrows(filter) ? "filter" : null;
}

/** Adds or removes one value. All three verdicts together narrow nothing, so they count as none. */
export function toggleOutcome(filter: Filter, outcome: Outcome): Filter {
  const outcomes = toggled(filter.outcomes, outcome);
  return { ...filter, outcomes: outcomes.length === 3 ? [] : outcomes };
}

export function toggleType(filter: Filter, type: string): Filter {
  return { ...filter, types: toggled(filter.types, type) };
}

/** Drops all but the project. */
export function cleared(filter: Filter): Filter {
  return { ...NO_FILTER, project: filter.project };
}

function toggled<T>(values: readonly T[], value: T): T[] {
  return values.includes(value) ? values.filter((v) => v !== value) : [...values, value];
}
