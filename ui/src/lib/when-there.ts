/** What does not come within this time is not waited for any longer, milliseconds. */
const PATIENCE_MS = 5000;

/** Calls `then` with an element as soon as it is in the document. */
export function whenThere<E extends Element>(find: () => E | null, then: (element: E) => void): void {
  const now = find();
  if (now) return then(now);
  let timer: ReturnType<typeof setTimeout> | undefined = undefined;
  const observer = new MutationObserver(() => {
    const found = find();
    if (!found) return;
    observer.disconnect();
    clearTimeout(timer);
    then(found);
  });
  observer.observe(document.documentElement, { childList: true, subtree: true });
  timer = setTimeout(() => observer.disconnect(), PATIENCE_MS);
}
