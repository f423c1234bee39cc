import { untrack } from "svelte";
import { inSlices, type Work } from "../lib/slices";

/**
 * What long work comes to, done in pieces while the component that calls this is there; null until it is done, and
 * where there is no source. When another source comes, it is dropped and done anew.
 */
export function inPieces<S, T>(source: () => S | null, work: (of: S) => Work<T>): () => T | null {
  // What it is made of may change without another source coming of it.
  const current = $derived(source());
  let done = $state.raw<{ of: S; result: T } | null>(null);
  $effect(() => {
    const of = current;
    if (of === null) return;
    const gone = new AbortController();
    void untrack(() => inSlices(work(of), { signal: gone.signal })).then((result) => {
      if (!gone.signal.aborted) done = { of, result: result as T };
    });
    return () => {
      gone.abort();
      done = null;
    };
  });
  return () => (done !== null && done.of === current ? done.result : null);
}
