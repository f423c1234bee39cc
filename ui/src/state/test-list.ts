import { vi } from "vitest";
import { FakeBackend } from "../fake/backend";
import { fakeRow } from "../fake/rows";
import type { Row } from "../ipc/generated";
import { Deliveries } from "./deliveries.svelte";

export const NOW = 1_800_000_000_000;

/** A list over a back end in memory, with a clock that stands still, and what it failed with. */
export async function testList(): Promise<{ fake: FakeBackend; list: Deliveries; failures: unknown[] }> {
  vi.useFakeTimers();
  const fake = new FakeBackend();
  const failures: unknown[] = [];
  const list = new Deliveries(fake, (thrown) => failures.push(thrown));
  await fake.live((message) => list.apply(message));
  return { fake, list, failures };
}

export const make = (from: number, count: number): Row[] =>
  Array.from({ length: count }, (_, i) => fakeRow(from + i, NOW, NOW));

export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

/** Every id of the view, top to bottom, as scrolling through all of it would show. */
export async function everything(list: Deliveries): Promise<number[]> {
  const ids: number[] = [];
  for (let index = 0; index < list.shown; index += 40) {
    await list.need(index, Math.min(list.shown, index + 40));
    for (let i = index; i < Math.min(list.shown, index + 40); i++) ids.push(list.rowAt(i)?.id ?? -1);
  }
  return ids;
}
