import type { Filter, Row } from "../ipc";

/** The filter of the real back end, in small. */
export function matches(filter: Filter, row: Row): boolean {
  const text = filter.text.toLowerCase();
  return (
    (filter.project === null || row.project === filter.project) &&
    (filter.outcomes.length === 0 || filter.outcomes.includes(row.outcome)) &&
    (filter.types.length === 0 || (row.event_type !== null && filter.types.includes(row.event_type))) &&
    (text === "" || [row.message_id, row.pointer, row.event_type].some((value) => value?.toLowerCase().includes(text)))
  );
}
