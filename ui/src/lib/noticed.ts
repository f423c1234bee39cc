/** What takes no longer seems to be there at once, and is not told of, milliseconds. */
export const NOTICED_MS = 150;
