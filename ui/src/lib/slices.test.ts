import { describe, expect, it, vi } from "vitest";
import { atOnce, inSlices, PACE, type Pace, type Work } from "./slices";

/** Work of `pieces` pieces of 100 bytes. */
function* counted(pieces: number): Work<number> {
  for (let i = 0; i < pieces; i++) yield 100;
  return pieces;
}

/** A clock that a piece moves by `ms`, and pauses that are counted. */
function paced<T>(work: Work<T>, ms: number): { work: Work<T>; pace: Pace; spans: number[] } {
  let time = 0;
  const spans: number[] = [];
  let began = 0;
  function* slow(): Work<T> {
    for (;;) {
      const step = work.next();
      time += ms;
      if (step.done) return step.value;
      yield step.value;
    }
  }
  const pause = async () => {
    spans.push(time - began);
    time += 1000;
    began = time;
  };
  return { work: slow(), spans, pace: { now: () => time, pause, first: 2, most: 6 } };
}

describe("work in pieces", () => {
  it("pauses as soon as its time is over, and sooner at first", async () => {
    const { work, pace, spans } = paced(counted(20), 2);
    expect(await inSlices(work, { pace })).toBe(20);
    // 21 steps of 2 ms: one, then three between two pauses.
    expect(spans).toEqual([2, 6, 6, 6, 6, 6, 6]);
  });

  it("of which each is longer than there is time, pauses after every piece", async () => {
    const { work, pace, spans } = paced(counted(4), 9);
    await inSlices(work, { pace });
    expect(spans).toEqual([9, 9, 9, 9]);
  });

  it("that is short is done before anything else happens", () => {
    const steps: string[] = [];
    function* short(): Work<void> {
      steps.push("work");
      yield 1;
      steps.push("done");
    }
    void inSlices(short(), { pace: { ...PACE, now: () => 0 } });
    steps.push("next");
    expect(steps).toEqual(["work", "done", "next"]);
  });

  it("says how far it came before each pause, and stops when it is told to", async () => {
    const gone = new AbortController();
    const { work, pace, spans } = paced(counted(1000), 6);
    const told = vi.fn(() => {
      if (told.mock.calls.length === 3) gone.abort();
    });
    expect(await inSlices(work, { pace, told, signal: gone.signal })).toBeNull();
    expect(spans).toHaveLength(3);
  });

  it("pauses one after the other, where two are under way", async () => {
    vi.useFakeTimers();
    try {
      const order: string[] = [];
      for (const name of ["a", "b", "c"]) void PACE.pause().then(() => order.push(name));
      await Promise.resolve();
      expect(vi.getTimerCount()).toBe(1);
      await vi.runAllTimersAsync();
      expect(order).toEqual(["a", "b", "c"]);
    } finally {
      vi.useRealTimers();
    }
  });

  it("at once has no pause", () => expect(atOnce(counted(5))).toBe(5));
});
