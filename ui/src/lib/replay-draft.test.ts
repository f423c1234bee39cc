import { describe, expect, it } from "vitest";
import { TWISTS } from "../fake/replay";
import type { ReplayDraft } from "../ipc/generated";
import {
  base64OfHex,
  bodyFixed,
  fieldOfCode,
  fieldsOf,
  headerError,
  headerNote,
  hexOf,
  readBase64,
  readFields,
  rewritten,
  touched,
  type ReplayFields,
} from "./replay-draft";

const line = (name: string, value: string, base64: string | null = null) => ({ name, value, base64 });
const draft = (more: Partial<ReplayDraft> = {}): ReplayDraft => ({
  delivery: 7,
  project: 1,
  outcome: "verified",
  headers: [line("webhook-id", "msg_1"), line("x-a", "1"), line("x-a", "2"), line("x-note", "caf\ufffd", "Y2Fm6Q==")],
  text: '{"a":1}',
  base64: null,
  body_len: 7,
  truncated: false,
  signers: [
    { sign: { kind: "secret", id: "s9" }, label: "whsec_…9999", own: false },
    { sign: { kind: "secret", id: "s1" }, label: "whsec_…a91f", own: true },
  ],
  ...more,
});
const TO = ["http://localhost:3000/"];
const read = (change: Partial<ReplayFields> = {}, of = draft(), deliveries: readonly number[] = [7]) =>
  readFields({ ...fieldsOf(of, TO, false), ...change }, of, deliveries, TWISTS);
const plan = (...args: Parameters<typeof read>) => {
  const got = read(...args);
  if (!("plan" in got)) throw new Error(JSON.stringify(got));
  return got.plan;
};

describe("as the editor opens", () => {
  it("signs for now with the first key of the delivery's own project", () => {
    expect(fieldsOf(draft(), TO, true)).toMatchObject({ time: "now", sign: { kind: "secret", id: "s1" }, targets: TO });
    expect(fieldsOf(draft({ signers: [] }), TO, true)).toMatchObject({ time: "received", sign: { kind: "leave" } });
  });

  it("several deliveries go out as received", () =>
    expect(fieldsOf(draft(), TO, false)).toMatchObject({
      id: "keep",
      time: "received",
      sign: { kind: "leave" },
      twist: null,
    }));

  it("untouched it changes nothing: duplicates, order and raw bytes of headers stay those received", () => {
    expect(plan().changes).toEqual({
      headers: null,
      body: { kind: "received" },
      fill: false,
      id: "keep",
      time: { kind: "received" },
      sign: { kind: "leave" },
      twist: null,
    });
  });

  it("writes what is not text as hex", () => {
    const fields = fieldsOf(draft({ text: null, base64: "AAECAw==", body_len: 4 }), TO, false);
    expect(fields).toMatchObject({ bodyMode: "hex", body: "00 01 02 03" });
  });
});

describe("what is edited", () => {
  it("headers go out whole, with a line that was removed gone", () => {
    const { headers } = fieldsOf(draft(), TO, false);
    const kept = headers.filter((one) => one.key !== 1);
    expect(plan({ headers: kept }).changes.headers).toEqual([
      line("webhook-id", "msg_1"),
      line("x-a", "2"),
      line("x-note", "caf\ufffd", "Y2Fm6Q=="),
    ]);
  });

  it("bodies are sent as text or bytes, and as received where they are the same again", () => {
    expect(plan({ body: "" }).changes.body).toEqual({ kind: "text", text: "" });
    const binary = draft({ text: null, base64: "AAECAw==", body_len: 4 });
    const hex = fieldsOf(binary, TO, false);
    expect(plan({ ...hex, body: "00 01 02 ff" }, binary).changes.body).toEqual({ kind: "base64", base64: "AAEC/w==" });
    expect(plan({ ...hex, bodyMode: "base64", body: "AAEC Aw==" }, binary).changes.body).toEqual({ kind: "received" });
    expect(read({ ...hex, body: "0g" }, binary)).toEqual({ errors: { body: "“g” is not a hexadecimal digit." } });
  });

  it("variables are filled in where there are some, also where nothing else was changed, and never unasked", () => {
    expect(plan({ body: '{"a":"{{uuid}}"}' }).changes).toMatchObject({
      fill: true,
      headers: null,
      body: { kind: "text", text: '{"a":"{{uuid}}"}' },
    });
    expect(plan({ body: '{"a":"{{nmae}}"}' }).changes.fill).toBe(false);
    expect(plan({ body: '{"a":"{{uuid}}"}', fill: false }).changes.fill).toBe(false);
    const lines = [{ key: 0, ...line("x-run", "{{uuid}}") }];
    expect(plan({ headers: lines }).changes).toMatchObject({ fill: true, body: { kind: "received" } });
    // It arrived so: its sender wrote it.
    const theirs = draft({ text: '{"a":"{{now}}"}' });
    expect(fieldsOf(theirs, TO, true).fill).toBe(false);
    expect(plan({ ...fieldsOf(theirs, TO, false) }, theirs).changes).toMatchObject({
      fill: false,
      body: { kind: "received" },
    });
    expect(plan({ ...fieldsOf(theirs, TO, false), fill: true }, theirs).changes).toMatchObject({
      fill: true,
      body: { kind: "text", text: '{"a":"{{now}}"}' },
    });
    const hex = draft({ text: null, base64: btoa("\xff{{now}}"), body_len: 8 });
    expect(plan({ ...fieldsOf(hex, TO, false) }, hex).changes.fill).toBe(false);
  });

  it("is left alone for several deliveries, whatever stands in the fields", () => {
    expect(plan({ headers: [], body: "else" }, draft(), [7, 8]).changes).toMatchObject({
      headers: null,
      body: { kind: "received" },
    });
  });

  it("a body over the limit says why it cannot be edited, and is sent as received", () => {
    const long = draft({ text: null, base64: null, body_len: 2 * 1024 * 1024 });
    expect(bodyFixed(long)).toBe("The body of 2\u00A0MiB is too long to edit here. It is sent as received.");
    expect(bodyFixed(draft())).toBeNull();
    expect(bodyFixed(draft({ text: null, base64: null, body_len: 0 }))).toBeNull();
    expect(plan({ body: "ignored" }, long).changes.body).toEqual({ kind: "received" });
  });

  it("is told apart from what only says where to", () => {
    const before = fieldsOf(draft(), TO, true);
    expect(touched({ ...before, targets: [] }, before)).toBe(false);
    expect(touched({ ...before, twist: "stale" }, before)).toBe(true);
  });
});

describe("mistakes, by field", () => {
  it.each<[Partial<ReplayFields>, string]>([
    [{ targets: [] }, "targets"],
    [{ targets: Array.from({ length: 11 }, (_, i) => `http://localhost:${i + 1}/`) }, "targets"],
    [{ time: "shifted", shift: "soon" }, "shift"],
    [{ time: "shifted", shift: "1.5" }, "shift"],
    [{ twist: "stale" }, "sign"],
    [{ headers: [{ key: 0, ...line("a b", "") }] }, "headers"],
    [{ times: "0" }, "times"],
    [{ times: "10001" }, "times"],
    [{ delay: "60001" }, "delay"],
    [{ delay: "-1" }, "delay"],
    [{ concurrency: "65" }, "concurrency"],
  ])("%j: %s", (change, field) => {
    const got = read(change);
    expect("errors" in got && Object.keys(got.errors)).toEqual([field]);
  });

  it("no more than 100,000 requests in all", () => {
    const got = read(
      { times: "10000" },
      draft(),
      Array.from({ length: 11 }, (_, i) => i),
    );
    expect(got).toEqual({ errors: { times: "More than 100,000 requests in all." } });
    expect(
      plan(
        { times: "10000" },
        draft(),
        Array.from({ length: 10 }, (_, i) => i),
      ).times,
    ).toBe(10_000);
  });

  it("a shift of any length, both ways; unused it cannot be wrong", () => {
    expect(plan({ time: "shifted", shift: " -360 " }).changes.time).toEqual({ kind: "shifted", seconds: -360 });
    expect(plan({ time: "now", shift: "soon" }).changes.time).toEqual({ kind: "now" });
  });

  it("of header lines", () => {
    expect(headerError(line("X-Custom_1", "any ü value"))).toBeNull();
    for (const bad of [
      line("", "x"),
      line("", ""),
      line("a b", ""),
      line("näh", ""),
      line("a:", ""),
      line("a", "1\r\nb: 2"),
    ])
      expect(headerError(bad), JSON.stringify(bad)).not.toBeNull();
  });

  it("of the back end find their field", () => {
    expect(
      (["invalid_target", "no_key", "no_secret", "not_json", "invalid_replay", "holds_secret"] as const).map(
        fieldOfCode,
      ),
    ).toEqual(["targets", "sign", "sign", "twist", null, null]);
  });
});

it("a header says which switch writes it", () => {
  const fields = fieldsOf(draft(), TO, true);
  expect(headerNote("Webhook-Timestamp", fields)).toEqual({
    known: true,
    replaced: "set when it is sent",
    switched: true,
  });
  expect(headerNote("webhook-signature", { ...fields, sign: { kind: "leave" } }).replaced).toBeNull();
  expect(headerNote("webhook-signature", { ...fields, twist: "missing_header" }).replaced).toBe("left out");
  expect(headerNote("webhook-id", { ...fields, id: "renew" }).replaced).not.toBeNull();
  expect(headerNote("host", fields)).toMatchObject({ switched: false, replaced: "set for the target" });
  expect(headerNote("x-other", fields)).toEqual({ known: false, replaced: null, switched: false });
});

describe("bytes in writing", () => {
  it("goes both ways", () => {
    const base64 = btoa(String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i)));
    expect(hexOf(base64).split("\n")).toHaveLength(16);
    expect(base64OfHex(hexOf(base64))).toEqual({ base64 });
    expect(rewritten(hexOf(base64), "hex", "base64")).toBe(base64);
    expect(rewritten("0", "hex", "base64")).toBeNull();
    expect(rewritten("0", "hex", "hex")).toBe("0");
  });
  it("says what cannot be read", () => {
    expect(base64OfHex("0 1 2")).toHaveProperty("error", expect.stringContaining("Half a byte"));
    expect(readBase64("AA=A")).toHaveProperty("error");
    expect(readBase64(" AA EC\n/w== ")).toEqual({ base64: "AAEC/w==" });
  });
});
