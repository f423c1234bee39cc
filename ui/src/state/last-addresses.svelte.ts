/**
 * Where the user's own handler was met last, by those who send to it: what one of them was told, the other can offer.
 */
export class LastAddresses {
  /** Of the last replay; it may have had several. */
  replayed = $state.raw<readonly string[]>([]);
  /** Of the last handler check. */
  checked = $state.raw<string | null>(null);
}
