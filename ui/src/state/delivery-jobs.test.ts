import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { fakeBody, fakeDetail } from "../fake/detail";
import { jobOf } from "../fake/job-rows";
import { row } from "../fake/rows";
import type { DeliveryJob } from "../ipc";
import { DeliveryJobs } from "./delivery-jobs.svelte";

const NOW = 1_800_000_000_000;
let asked: number[];
let answer: (id: number) => Promise<DeliveryJob>;
let state: DeliveryJobs;
const flush = () => vi.advanceTimersByTimeAsync(0);
const shown = (id: number) => {
  const of = row(id, NOW, { outcome: "verified", project: 1 });
  return fakeDetail(of, [of], fakeBody(of));
};
const told = (title: string): DeliveryJob => ({
  job: jobOf({ kind: "batch", name: "batches/1", title }),
  contradiction: null,
  next: null,
  accepted: true,
  blind: [],
  unseen: [],
});

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
  asked = [];
  answer = (id) => Promise.resolve(told(`of ${id}`));
  state = new DeliveryJobs({ deliveryJob: (id) => (asked.push(id), answer(id)) });
});
afterEach(() => {
  vi.useRealTimers();
});

it("is read with its delivery, and again when something of its project changes, once a second at most", async () => {
  state.show(shown(1));
  await flush();
  expect(state.of(1)?.job?.title).toBe("of 1");
  expect(state.of(2)).toBeNull();
  for (let i = 0; i < 50; i++) state.changed(1);
  state.changed(2);
  await vi.advanceTimersByTimeAsync(999);
  expect(asked).toEqual([1]);
  await vi.advanceTimersByTimeAsync(1);
  expect(asked).toEqual([1, 1]);
  // The same delivery was read again: another attempt may have come.
  state.show(shown(1));
  await vi.advanceTimersByTimeAsync(5000);
  expect(asked).toEqual([1, 1, 1]);
  state.changed(2);
  await vi.advanceTimersByTimeAsync(5000);
  expect(asked).toHaveLength(3);
});

it("an answer that comes too late is dropped, and what cannot be told is not shown", async () => {
  const late: (() => void)[] = [];
  answer = (id) => new Promise((resolve) => late.push(() => resolve(told(`of ${id}`))));
  state.show(shown(1));
  state.show(shown(2));
  late[1]?.();
  late[0]?.();
  await flush();
  expect([state.of(1), state.of(2)?.job?.title]).toEqual([null, "of 2"]);
  answer = () => Promise.reject(new Error("gone"));
  state.show(shown(3));
  await flush();
  expect(state.of(3)).toBeNull();
  state.show(null);
  state.changed(1);
  await vi.advanceTimersByTimeAsync(5000);
  expect(asked).toEqual([1, 2, 3]);
});

it("what is known of an event stays on the screen on the way to another of its attempts", async () => {
  const attempt = (id: number) => {
    const of = row(id, NOW, { outcome: "verified", project: 1, message_id: "msg_1" });
    return fakeDetail(of, [of], fakeBody(of));
  };
  state.show(attempt(1));
  await flush();
  state.show(attempt(2));
  expect(state.of(2)?.job?.title).toBe("of 1");
  await flush();
  expect(state.of(2)?.job?.title).toBe("of 2");
  state.show(shown(3));
  expect(state.of(3)).toBeNull();
  await flush();
  // What runs is another: read again, once.
  state.moved();
  state.moved();
  await vi.advanceTimersByTimeAsync(5000);
  expect(asked).toEqual([1, 2, 3, 3]);
});
