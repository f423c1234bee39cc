import { describe, expect, it } from "vitest";
import { row } from "../fake/rows";
import { messageIdOf } from "./message-id";
import { rowLabel } from "./row-label";

const of = (shape: Parameters<typeof row>[2]) => rowLabel(row(1, 0, shape));
const request = { method: "PUT", path: "/hooks/a" };

describe("what tells a row from another", () => {
  it("its type, marked where the catalog does not know it", () => {
    expect(of({ outcome: "verified" })).toEqual({ is: "type", text: "batch.succeeded", mark: "known" });
    expect(of({ outcome: "verified", event_type: "audio.generated", known_type: false })).toEqual({
      is: "type",
      text: "audio.generated",
      mark: "unknown",
    });
  });

  it("that it is a ping, which is never an unknown type", () => {
    expect(of({ outcome: "verified", event_type: "ping", known_type: false, ping: "type" })).toEqual({ is: "ping" });
    expect(of({ outcome: "verified", event_type: null, known_type: false, ping: "asked", request })).toEqual({
      is: "ping",
    });
    expect(of({ outcome: "verified", event_type: "hello", known_type: false, ping: "asked" })).toEqual({
      is: "type",
      text: "hello",
      mark: "ping",
    });
    expect(of({ outcome: "verified", event_type: "ping.failed", known_type: false })).toEqual({
      is: "type",
      text: "ping.failed",
      mark: "unknown",
    });
  });

  it.each([null, "", " \t"])("how it was asked, where the type is %o", (event_type) => {
    expect(of({ outcome: "unchecked", event_type, known_type: false, request, body_len: 158 })).toEqual({
      is: "request",
      ...request,
      size: "158\u00A0B",
    });
  });

  it("nothing, where nothing is known", () => {
    expect(of({ outcome: "unchecked", event_type: null, known_type: false })).toEqual({ is: "nothing" });
  });
});

describe("the id of an opened delivery", () => {
  const header = (name: string, value: string) => ({
    name,
    value,
    base64: null,
    known: true,
    meaning: null,
    decoded: null,
  });
  const long = `msg_${"x".repeat(2000)}end`;

  it("is whole, though its row holds the beginning of it or nothing", () => {
    for (const kept of [long.slice(0, 1024), null]) {
      const detail = {
        row: row(1, 0, { outcome: "verified", message_id: kept }),
        headers: [header("webhook-timestamp", "1"), header("Webhook-Id", long)],
      };
      expect(messageIdOf(detail)).toBe(long);
    }
  });

  it("is the row's where no header has it", () => {
    expect(
      messageIdOf({
        row: row(1, 0, { outcome: "verified", message_id: "msg_1" }),
        headers: [header("webhook-id", "other")],
      }),
    ).toBe("msg_1");
    expect(
      messageIdOf({
        row: row(1, 0, { outcome: "verified", message_id: null }),
        headers: [header("webhook-id", "one"), header("webhook-id", "other")],
      }),
    ).toBeNull();
    expect(
      messageIdOf({ row: row(1, 0, { outcome: "verified", message_id: null }), headers: [header("webhook-id", "")] }),
    ).toBeNull();
  });
});
