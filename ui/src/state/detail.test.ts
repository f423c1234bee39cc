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

it("a body that is asked for while it is under way is fetched once, and let go with its delivery", async () => {
  let come: () => void = () => undefined;
  const asked: number[] = [];
  const slow = new DetailState({
    delivery: async (id) => {
      const of = row(id, NOW, { outcome: "verified" });
      return fakeDetail(of, [of], fakeBody(of));
    },
    deliveryBody: (id) => {
      asked.push(id);
      return new Promise((resolve) => (come = () => resolve(new TextEncoder().encode(`body of ${id}`).buffer)));
    },
  });
  await slow.open(1);
  const texts = Promise.all([slow.payloadText(), slow.payloadText()]);
  expect([asked, slow.bodyLoading, slow.body]).toEqual([[1], true, null]);
  come();
  expect(await texts).toEqual(["body of 1", "body of 1"]);
  expect([asked, slow.bodyLoading, slow.body?.id]).toEqual([[1], false, 1]);
  await slow.open(2);
  expect([asked, slow.body]).toEqual([[1, 2], null]);
  slow.close();
  come();
  await slow.loadBody();
  expect(slow.body).toBeNull();
});

it("the text of a payload has no byte order mark, and what is not UTF-8 replaced", async () => {
  const bytes = Uint8Array.of(0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf, 0x41, 0xff, 0x42);
  const odd = new DetailState({
    delivery: async (id) => {
      const of = row(id, NOW, { outcome: "verified" });
      return fakeDetail(of, [of], bytes);
    },
    deliveryBody: async () => bytes.slice().buffer,
  });
  await odd.open(1);
  expect(await odd.payloadText()).toBe("\uFEFFA\uFFFDB");
  expect(await odd.payloadText()).toBe(new TextDecoder().decode(bytes));
});
