import { describe, expect, it } from "vitest";
import { fakeSettings } from "../fake/world";
import { durationText, readDuration } from "./duration";
import { ASSUMPTIONS, type Assumption } from "./sandbox-assumption-list";
import {
  allDefaults,
  assumptionPatch,
  changedIn,
  defaultOf,
  readField,
  valueAt,
  valueText,
} from "./sandbox-assumptions";

const HOUR = 3_600_000;
const YEARS = 3650 * 24 * HOUR;
const rows = ASSUMPTIONS.flatMap((group) => group.rows);
const row = (path: string): Assumption => rows.find((one) => one.path === path) ?? expect.fail(`no ${path}`);

describe("a length of time", () => {
  it.each([
    [0, "0 ms"],
    [1, "1 ms"],
    [999, "999 ms"],
    [1000, "1 s"],
    [2500, "2.5 s"],
    [59_999, "59.999 s"],
    [60_000, "1 min"],
    [90_000, "1 min 30 s"],
    [HOUR, "1 h"],
    [4 * HOUR, "4 h"],
    [48 * HOUR, "48 h"],
    [72 * HOUR - 1, "71 h 59 min 59.999 s"],
    [72 * HOUR, "3 d"],
    [73.5 * HOUR, "3 d 1 h 30 min"],
    [YEARS, "3650 d"],
  ])("%d ms is %s, and is read back", (ms, text) => {
    expect(durationText(ms)).toBe(text);
    expect(readDuration(text, 0, YEARS)).toEqual({ value: ms });
  });
  it("loses nothing on the way to a text and back", () => {
    // A walk over the whole range with steps that share no factor with the units.
    for (let ms = 0, step = 1; ms <= YEARS; ms += step, step = Math.ceil(step * 1.013) + 6)
      expect(readDuration(durationText(ms), 0, YEARS)).toEqual({ value: ms });
  });
  it.each([
    ["5s", 5000],
    [" 1H30m ", 1.5 * HOUR],
    ["1.5 h", 1.5 * HOUR],
    ["0", 0],
    ["2 Days", 48 * HOUR],
    ["0.001 s", 1],
    ["1 minute 1 second", 61_000],
  ])("%j is %d ms", (text, ms) => {
    expect(readDuration(text, 0, YEARS)).toEqual({ value: ms });
  });
  it.each([
    ["", /^A duration, such as/],
    ["soon", /^A duration/],
    ["5", /of what\? Add ms/],
    ["2,5 s", /^A duration/],
    ["-5 s", /At least 0 ms/],
    ["5 weeks", /“weeks” is not a unit/],
    ["30 s 1 min", /largest first/],
    ["1 s 1 s", /once/],
    ["0.5 ms", /Whole milliseconds only/],
    ["1e3 s", /“e” is not a unit/],
    ["0x0", /^A duration/],
    ["3651 d", /At most 3650 d/],
    [`${"9".repeat(400)} d`, /At most/],
  ])("%j is refused in words", (text, message) => {
    expect(readDuration(text, 0, YEARS)).toMatchObject({ error: expect.stringMatching(message) });
  });
  it("keeps to its limits", () => {
    expect(readDuration("0", 1, HOUR)).toEqual({ error: "At least 1 ms." });
    expect(readDuration("61 min", 1, HOUR)).toEqual({ error: "At most 1 h." });
  });
});

describe("assumptions", () => {
  it("there is a row for every assumed setting, once, and the way back sets just these", () => {
    const leaves = (tree: object, before = ""): string[] =>
      Object.entries(tree).flatMap(([name, value]) =>
        typeof value === "object" && value !== null ? leaves(value, `${before}${name}.`) : [before + name],
      );
    const { faults: _, keep_deliveries: __, dynamic: ___, ...assumed } = fakeSettings();
    expect(rows.map((one) => one.path).sort()).toEqual(leaves(assumed).sort());
    expect(allDefaults()).toEqual(assumed);
  });
  it("every default is shown in a way that its own field reads back", () => {
    for (const one of rows)
      if (one.kind !== "switch" && one.kind !== "choice")
        expect(readField(one, valueText(one, defaultOf(one)))).toEqual({ value: defaultOf(one) });
    for (const one of rows)
      if (one.kind === "choice") expect(one.choices.map((choice) => choice.id)).toContain(defaultOf(one));
  });
  it("knows what was changed, and patches that alone", () => {
    expect(changedIn(null)).toEqual([]);
    expect(changedIn(fakeSettings())).toEqual([]);
    const settings = fakeSettings();
    settings.retry.factor = 2;
    settings.sign_with_all_secrets = false;
    settings.faults.lost = 1;
    expect(changedIn(settings).map((one) => one.label)).toEqual(["Factor", "Sign with all secrets"]);
    expect(valueAt(settings, "retry.factor")).toBe(2);
    expect(assumptionPatch("retry.factor", 2)).toEqual({ retry: { factor: 2 } });
    expect(assumptionPatch("file_lifetime_ms", 0)).toEqual({ file_lifetime_ms: 0 });
  });
  it.each([
    ["retry.jitter", "7", 0.07],
    ["retry.jitter", "12.5 %", 0.125],
    ["retry.jitter", "101", null],
    ["retry.jitter", "-1", null],
    ["retry.factor", "1", 1],
    ["retry.factor", "×2.5", 2.5],
    ["retry.factor", "0.99", null],
    ["retry.factor", "1001", null],
    ["retry.factor", "NaN", null],
    ["disabling.after_given_up", "0", 0],
    ["disabling.after_given_up", "1.5", null],
    ["disabling.after_given_up", "", null],
    ["attempt_timeout_ms", "0 s", null],
    ["attempt_timeout_ms", "1 h", HOUR],
    ["payload.ping_type", " webhook.ping ", "webhook.ping"],
    ["payload.ping_type", "  ", null],
    ["token.audience", " projects/7 ", "projects/7"],
    ["token.audience", "", ""],
    ["token.issuer", "é".repeat(1024), "é".repeat(1024)],
    ["token.issuer", "é".repeat(1025), null],
    ["rest.requests_per_minute", "60", 60],
    ["rest.requests_per_minute", "0", null],
    ["rest.requests_per_minute", "1.5", null],
  ])("%s from %j is %j", (path, text, value) => {
    expect(readField(row(path), text)).toEqual(value === null ? { error: expect.stringMatching(/\.$/) } : { value });
  });
  it("a limit can be none", () => {
    const quota = row("rest.requests_per_minute");
    for (const text of ["", " none ", "None"]) expect(readField(quota, text)).toEqual({ value: null });
    expect([valueText(quota, null), valueText(quota, 60)]).toEqual(["none", "60"]);
    expect(assumptionPatch("rest.requests_per_minute", null)).toEqual({ rest: { requests_per_minute: null } });
  });
  it("says values in words", () => {
    expect(
      [
        "retry.first_ms",
        "retry.factor",
        "retry.jitter",
        "disabling.on_gone",
        "payload.user_metadata",
        "payload.ping_type",
      ].map((path) => valueText(row(path), defaultOf(row(path)))),
    ).toEqual(["5 s", "×4", "10 %", "on", "In data", "ping"]);
    expect(valueText(row("retry.jitter"), 0.07)).toBe("7 %");
    expect(valueText(row("payload.video"), "draft")).toBe("draft");
  });
});
