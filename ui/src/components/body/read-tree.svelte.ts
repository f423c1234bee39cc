import { atOnce } from "../../lib/slices";
import { inPieces } from "../in-pieces.svelte";
import { openingOf, type ReadTree } from "./json-opening.svelte";

/** Up to this it is read at once, and beyond it in pieces. */
const SHORT = 64 * 1024;

/** A JSON text as it is read, for the component that calls this; null while it is read, and where there is none. */
export function readTree(source: () => string | null): () => ReadTree | null {
  const text = $derived(source());
  const short = $derived(text !== null && text.length <= SHORT ? atOnce(openingOf(text)) : null);
  const long = inPieces(() => (short ? null : text), openingOf);
  return () => short ?? long();
}
