import { describe, expect, it } from "vitest";
import type { ReplayChanges, ReplayDraft } from "../ipc/generated";
import { AS_RECEIVED, plainPlan } from "./replay";
import { changedWords } from "./replay-changes";

const line = (name: string, value: string) => ({ name, value, base64: null });
const draft: ReplayDraft = {
  delivery: 7,
  project: 1,
  outcome: "verified",
  headers: [line("Webhook-Id", "msg_1"), line("accept", "*/*")],
  text: '{"type":"batch.succeeded","data":{"id":"a","list":[1,2]}}',
  base64: null,
  body_len: 40,
  truncated: false,
  signers: [],
};
const words = (said: string[], changes: Partial<ReplayChanges> = {}) =>
  changedWords(said, { ...plainPlan([7], []), changes: { ...AS_RECEIVED, ...changes } }, draft);
const body = (text: string) => words(["body edited"], { body: { kind: "text", text } });

describe("what was changed", () => {
  it("names the members of a body that differ", () => {
    expect(body('{"type":"batch.succeeded","data":{"id":"{{uuid}}","list":[1,2]}}')).toBe("body: id");
    expect(body('{"type":"x","data":{"id":{{now_s}},"list":[1,3]}}')).toBe("body: type, id, list");
    expect(body('{"type":"batch.succeeded","data":{"id":"a","list":[1,2],"a":1,"b":2,"c":3,"d":4}}')).toBe(
      "body: a, b, c and 1 more",
    );
    expect(body('{"type":"batch.succeeded"}')).toBe("body: id, list");
  });

  it("says no more than that it was edited where the rest cannot be said", () => {
    expect(body("no json")).toBe("body");
    expect(body("[".repeat(100_000) + "]".repeat(100_000))).toBe("body");
    expect(body('{ "type": "batch.succeeded", "data": { "id": "a", "list": [1, 2] } }')).toBe("body");
    expect(words(["body edited"], { body: { kind: "base64", base64: "AA==" } })).toBe("body edited");
  });

  it("names header lines, and leaves the values of variables out", () => {
    const headers = [line("Webhook-Id", "msg_2"), line("x-run", "{{uuid}}")];
    expect(words(["headers edited", "{{uuid}} b1f0", "signed with whsec_…a91f"], { headers })).toBe(
      "headers: webhook-id, x-run, accept · signed with whsec_…a91f",
    );
    expect(words([])).toBe("as received");
  });
});
