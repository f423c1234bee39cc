import { beforeEach, expect, it } from "vitest";
import { fakeBody, fakeDetail } from "../fake/detail";
import { row } from "../fake/rows";
import type { Detail } from "../ipc";
import { DetailState } from "./detail.svelte";

const NOW = 1_800_000_000_000;
/** Deliveries that were asked for and are not answered yet. */
let asked: Map<number, (detail: Detail) => void>;
let bodies: number[];
let detail: DetailState;

const answer = async (id: number) => {
  const of = row(id, NOW, { outcome: "verified" });
  asked.get(id)?.(fakeDetail(of, [of], fakeBody(of)));
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

beforeEach(() => {
  asked = new Map();
  bodies = [];
  detail = new DetailState({
    delivery: (id) => new Promise((resolve) => asked.set(id, resolve)),
    deliveryBody: async (id) => {
      bodies.push(id);
      return new TextEncoder().encode(`body of ${id}`).buffer;
    },
  });
});

it("the last one stays until the next has come, and an answer that comes too late is dropped", async () => {
  void detail.open(1);
  await answer(1);
  expect(detail.detail?.row.id).toBe(1);
  void detail.open(2);
  void detail.open(3);
  expect(detail.detail?.row.id).toBe(1);
  await answer(3);
  await answer(2);
  expect([detail.id, detail.detail?.row.id]).toEqual([3, 3]);
});

it("a body is read once, and not that of a delivery that was only passed by", async () => {
  expect(await detail.payloadText()).toBeNull();
  void detail.open(1);
  void detail.open(2);
  await answer(1);
  await answer(2);
  expect(await detail.payloadText()).toBe("body of 2");
  expect(await detail.payloadText()).toBe("body of 2");
  expect(bodies).toEqual([2]);
});
