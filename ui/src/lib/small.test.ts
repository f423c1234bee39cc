import { describe, expect, it } from "vitest";
import { fakeTunnelSettings } from "../fake/catalog";
import { row } from "../fake/rows";
import { hexRow, hexRows, pieces, utf8, utf8Prefix } from "./bytes";
import { sampleCurl } from "./curl";
import { asIpcError, ruleFor } from "./errors";
import { actionFor, type KeyPlace } from "./keys";
import { NO_DESKTOP } from "./notifications";
import { draftOf, readDraft } from "./settings-draft";
import { rowVerdict } from "./verdict";

describe("keys", () => {
  const place: KeyPlace = {
    typing: false,
    overlay: false,
    list: true,
    kept: false,
    hooks: false,
    jobs: false,
    compare: false,
    grid: true,
  };
  const press = (key: string, extra = {}) => ({ key, ctrl: false, alt: false, meta: false, shift: false, ...extra });
  it.each([
    ["j", "down"],
    ["ArrowUp", "up"],
    ["/", "search"],
    ["c", "copy-payload"],
    ["f", "follow"],
    ["?", "keys"],
    ["3", "tab-3"],
    ["s", "send-sample"],
    ["u", "copy-address"],
  ])("%s", (key, action) => {
    expect(actionFor(press(key), place)).toBe(action);
  });
  it("tells c from Shift+C, also with Caps Lock", () => {
    expect(actionFor(press("C", { shift: true }), place)).toBe("copy-curl");
    expect(actionFor(press("C"), place)).toBe("copy-payload");
  });
  it("leaves fields, dialogs and the system's combinations alone", () => {
    expect(actionFor(press("j"), { ...place, typing: true })).toBeNull();
    expect(actionFor(press("Escape"), { ...place, typing: true })).toBe("back");
    expect(actionFor(press("s"), { ...place, overlay: true })).toBeNull();
    expect(actionFor(press("c", { ctrl: true }), place)).toBeNull();
    expect(actionFor(press("ArrowDown"), { ...place, grid: false })).toBeNull();
    expect(actionFor(press("j"), { ...place, list: false })).toBeNull();
  });
  it("the keys of webhooks work where webhooks are, and those of deliveries do not", () => {
    const hooks = { ...place, list: false, hooks: true };
    expect(actionFor(press("T", { shift: true }), hooks)).toBe("rotate");
    expect(actionFor(press("t"), hooks)).toBe("ping");
    expect(actionFor(press("j"), hooks)).toBe("down");
    expect(actionFor(press("ArrowDown"), { ...hooks, grid: false })).toBeNull();
    expect(actionFor(press("c"), hooks)).toBeNull();
    expect(actionFor(press("n"), hooks)).toBe("new-webhook");
    expect(actionFor(press("n"), place)).toBe("note");
  });
  it("replays and marks, where the delivery list is", () => {
    expect(actionFor(press("r"), place)).toBe("replay");
    expect(actionFor(press("R", { shift: true }), place)).toBe("edit-replay");
    expect(actionFor(press("x"), place)).toBe("mark");
    expect(actionFor(press("6"), place)).toBe("tab-6");
    expect(actionFor(press("ArrowDown", { shift: true }), place)).toBe("mark-down");
    expect(actionFor(press("K", { shift: true }), place)).toBe("mark-up");
    expect(actionFor(press("a", { ctrl: true }), place)).toBe("mark-all");
    expect(actionFor(press("a", { meta: true }), place)).toBe("mark-all");
    expect(actionFor(press("A", { ctrl: true, shift: true }), place)).toBeNull();
    for (const elsewhere of [
      { ...place, grid: false },
      { ...place, typing: true },
      { ...place, overlay: true },
      { ...place, list: false, hooks: true },
    ]) {
      expect(actionFor(press("a", { ctrl: true }), elsewhere)).toBeNull();
      expect(actionFor(press(" "), elsewhere)).toBeNull();
    }
  });
  it("the keys of jobs work where jobs are, and those of deliveries do not", () => {
    const there = { ...place, list: false, jobs: true };
    const at = ["j", "k", "n", "o", "w", "g", "m", "c", "r", "d"].map((key) => actionFor(press(key), there));
    expect(at.slice(0, 4)).toEqual(["down", "up", "new-job", "open-job"]);
    expect(at.slice(4)).toEqual(["next-finding", "collect", "make-event", "copy-report", null, null]);
    expect(["w", "g", "m"].map((key) => actionFor(press(key), place))).toEqual([null, null, null]);
  });

  it("a comparison has keys of its own, and none of the list's", () => {
    const there = { ...place, list: false, compare: true };
    const at = ["j", "k", "[", "]", "s", "x", "c"].map((key) => actionFor(press(key), there));
    expect(at).toEqual([
      "next-difference",
      "previous-difference",
      "previous-side",
      "next-side",
      "swap",
      "only-differences",
      "copy-comparison",
    ]);
    expect([actionFor(press("d"), there), actionFor(press("r"), there)]).toEqual([null, null]);
    expect([actionFor(press("d"), place), actionFor(press("s"), place)]).toEqual(["compare", "send-sample"]);
  });
});

describe("bytes", () => {
  it("hex rows", () => {
    const bytes = new TextEncoder().encode('{"type":"é\u0000"}!!!');
    expect(hexRows(bytes.length)).toBe(2);
    expect(hexRow(bytes, 0)).toEqual({
      offset: "00000000",
      hex: "7b 22 74 79 70 65 22 3a  22 c3 a9 00 22 7d 21 21",
      text: '{"type":"···"}!!',
    });
    expect(hexRow(bytes, 1).hex.trim()).toBe("21");
    expect(hexRow(bytes, 1).hex).toHaveLength(48);
  });
  it("says when it is not UTF-8, and keeps a byte order mark", () => {
    expect(utf8(new Uint8Array([0xff, 0x41]))).toEqual({ text: "\uFFFDA", valid: false });
    expect(utf8(new Uint8Array([0xef, 0xbb, 0xbf, 0x7b])).text).toBe("\uFEFF{");
  });
  it("cuts no character in halves", () => {
    const bytes = new TextEncoder().encode("aé漢😀");
    for (let most = 1; most <= bytes.length; most++) expect(utf8(utf8Prefix(bytes, most)).valid).toBe(true);
    const text = `${"x".repeat(99)}😀${"y\n".repeat(300)}`;
    const parts = pieces(text, 100);
    expect(parts.join("")).toBe(text);
    expect(parts.every((part) => !/[\uD800-\uDBFF]$/.test(part))).toBe(true);
    const families = pieces("👨‍👩‍👧‍👦".repeat(200), 100);
    expect(families.every((part) => /^(👨‍👩‍👧‍👦)+$/u.test(part))).toBe(true);
    const marks = pieces(`a${"\u0301".repeat(1000)}`, 100);
    expect([marks.join("").length, marks.length < 20]).toEqual([1001, true]);
  });
});

it("an old secret is amber, with the time it has left, and still verified", () => {
  const now = 1_800_000_000_000;
  const old = row(1, now, { outcome: "verified", grace_until: now / 1000 + 3 * 3600 + 60 });
  expect(rowVerdict(old, now)).toEqual({ glyph: "check", word: "Old secret", tone: "old", cause: "3\u00A0h left" });
  expect(rowVerdict(row(1, now, { outcome: "rejected", cause: "412\u00A0s old" }), now)).toMatchObject({
    word: "Rejected",
    tone: "no",
    cause: "412\u00A0s old",
  });
  expect(rowVerdict(row(1, now, { outcome: "unchecked", cause: "no secret" }), now)).toMatchObject({ tone: "un" });
});

it("errors: every thrown thing has a message, unknown codes are errors", () => {
  expect(asIpcError({ code: "port_in_use", message: "Taken.", detail: null })).toEqual({
    code: "port_in_use",
    message: "Taken.",
    detail: null,
  });
  expect(asIpcError("no such command")).toEqual({ code: "window", message: "no such command", detail: null });
  expect(asIpcError(undefined).message).not.toBe("");
  expect(asIpcError({ code: "never heard of", message: "New.", detail: null })).toEqual({
    code: "window",
    message: "New.",
    detail: null,
  });
  expect(ruleFor("window")).toEqual({ severity: "error", action: null });
  expect(ruleFor("port_in_use").action).toBe("settings");
});

it("settings: fields are read back as they were written, mistakes named by field", () => {
  const settings = {
    port: 4710,
    watch_jobs: true,
    grace_minutes: 10,
    desktop: NO_DESKTOP,
    first_steps: "done" as const,
    max_body_mib: 10,
    rejected_body_kib: 64,
    local_per_second: 100_000,
    tolerance_s: 300,
    audience: null,
    issuer: "x",
    theme: "dark" as const,
    split: 0.4,
    public_address: "https://hooks.example.com/",
    tunnel: fakeTunnelSettings(),
  };
  expect(readDraft(draftOf(settings), settings)).toEqual({ settings });
  expect(
    readDraft(
      {
        ...draftOf(settings),
        port: "70000",
        body: "0",
        rejected: "102401",
        localRate: "1000001",
        tolerance: "1.5",
        grace: "1441",
      },
      settings,
    ),
  ).toEqual({
    errors: {
      port: expect.any(String),
      body: expect.any(String),
      rejected: expect.any(String),
      localRate: expect.any(String),
      tolerance: expect.any(String),
      grace: "Whole minutes, from 0 to 1,440.",
    },
  });
  expect(readDraft({ ...draftOf(settings), anyPort: true, port: "nonsense" }, settings)).toMatchObject({
    settings: { port: null },
  });
});

it("the cURL line is quoted for a shell", () => {
  const line = sampleCurl("http://127.0.0.1:4710/it's");
  expect(line).toContain(`'http://127.0.0.1:4710/it'\\''s'`);
  const body = /-d '(.*)'$/.exec(line)?.[1] ?? "";
  expect(JSON.parse(body)).toMatchObject({ type: "batch.succeeded" });
});
