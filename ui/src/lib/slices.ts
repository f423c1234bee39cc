/**
 * Long work on the thread that draws, done in pieces: what is dealt with at once is bounded, and between two pieces the
 * page draws and answers.
 */

/** Work that stops after every piece, and says how many bytes or characters the piece had. */
export type Work<T> = Generator<number, T, void>;

/** How work is paced: for at most `most` milliseconds at a time, at first for `first`, then a pause. */
export type Pace = { now: () => number; pause: () => Promise<void>; first: number; most: number };

/** The pauses of all work follow each other, so that no two pieces come without a frame between them. */
let turn = Promise.resolve();

/**
 * A frame has 16 ms, and what is drawn needs a part of it. At first there is other work in the same task: what made the
 * work necessary.
 */
export const PACE: Pace = {
  now: () => performance.now(),
  // A timer and not a message: browsers put 4 ms between timers that follow each other, in which frames and keys come.
  pause: () => (turn = turn.then(() => new Promise((resolve) => setTimeout(resolve)))),
  first: 1,
  most: 6,
};

/**
 * Does it in pieces; null when it was stopped. It begins at once: short work is done before this returns, though its
 * result comes with a promise. `told` is called before every pause.
 */
export async function inSlices<T>(
  work: Work<T>,
  { signal, told, pace = PACE }: { signal?: AbortSignal; told?: () => void; pace?: Pace } = {},
): Promise<T | null> {
  let until = pace.now() + pace.first;
  for (;;) {
    if (signal?.aborted) return null;
    const step = work.next();
    if (step.done) return step.value;
    if (pace.now() < until) continue;
    told?.();
    await pace.pause();
    until = pace.now() + pace.most;
  }
}

/** Does all of it now: for what is short. */
export function atOnce<T>(work: Work<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}
