import { expect, it } from "vitest";
import type { Hit } from "../ipc/generated";
import { snippet } from "./hits";

const hit = (more: Partial<Hit>): Hit => ({
  place: "body",
  name: null,
  before: "",
  text: "needle",
  after: "",
  offset: 0,
  ...more,
});

it.each([
  [{ before: '{"user_metadata": {"suite": "', after: '-128k", "x": 1}' }, "suite||-128k"],
  [{ before: '"message":"shard 14: no ', after: " in the hay" }, "message|shard 14: no | in the hay"],
  [{ before: '"a": "say \\"', after: '\\" twice"' }, 'a|say \\"|\\" twice'],
  [{ before: "plain text ", after: '" more' }, '|plain text |" more'],
  [{ place: "header", name: "x-eval", before: '"k":"', after: "" }, 'x-eval|"k":"|'],
  [{ place: "id", before: "msg_", after: "1" }, "id|msg_|1"],
] as const)("%j", (more, expected) => {
  const { name, before, after } = snippet(hit(more));
  expect([name, before, after].join("|")).toBe(expected);
});
