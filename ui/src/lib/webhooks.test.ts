import { describe, expect, it } from "vitest";
import { EVENT_TYPES, fakeState } from "../fake/catalog";
import { fakeHooks, view } from "../fake/hooks";
import { actionWords, resultMark } from "./actions";
import { fieldOf, fieldsOf, keptForAnother, GOOGLE, keyless, pathOf, projectAddress, readFields } from "./projects";
import {
  alarmCount,
  draftProblem,
  editOf,
  eventChoices,
  lastWords,
  outsideReaches,
  pingWords,
  projectShown,
  refreshedWords,
  seenWords,
  stopsWords,
  undoOf,
  webhookMark,
} from "./webhooks";

const NOW = 1_795_223_000_000;
const [ours, earlier, staging] = fakeHooks(NOW) as [
  ReturnType<typeof view>,
  ReturnType<typeof view>,
  ReturnType<typeof view>,
];

describe("a webhook in words", () => {
  it("says what was seen of it", () => {
    expect(seenWords(ours, NOW)).toBe("4 events · last delivery 12\u00A0s ago, verified · 18 in the last hour");
    expect(seenWords(staging, NOW)).toBe("7 events");
    expect(seenWords(view("x", "https://a.example/", {}), NOW)).toBe("no events · nothing received yet");
    expect(lastWords({ id: 1, received_ms: NOW, outcome: "rejected", cause: "412\u00A0s old" }, NOW)).toBe(
      "just now, rejected: 412\u00A0s old",
    );
  });
  it("shows a state and an event that nobody knows as they came", () => {
    expect(webhookMark("paused_by_policy")).toEqual({ glyph: "ring", word: "paused_by_policy", tone: "un" });
    expect(webhookMark("a\u202Eb").word).not.toContain("\u202E");
    expect(eventChoices(EVENT_TYPES, ["audio.generated", "batch.cancelled", "batch.failed"]).slice(-2)).toEqual([
      { name: "audio.generated", meaning: null },
      { name: "batch.cancelled", meaning: "A batch was cancelled." },
    ]);
    expect(eventChoices(EVENT_TYPES, []).map((one) => one.name)).not.toContain("batch.cancelled");
  });
  it("counts what needs somebody", () => {
    const alarms = [
      { project: 1, disabled: 1, earlier: 2 },
      { project: 2, disabled: 0, earlier: 1 },
    ];
    expect([alarmCount(alarms), alarmCount(alarms, 2), alarmCount([], 1)]).toEqual([4, 1, 0]);
  });
  it("says what a deletion stops", () => {
    expect(stopsWords(ours, NOW)).toContain(
      "18 deliveries in the last hour, the last one 12\u00A0s ago, verified. The service cannot restore it",
    );
    expect(stopsWords(earlier, NOW)).toContain("Not sent again: video.generated, audio.generated.");
  });
  it("says how a ping went", () => {
    expect(pingWords({ state: "waiting", since: NOW - 3400 }, NOW)).toBe("waiting 3\u00A0s…");
    const delivery = { id: 1, received_ms: NOW, outcome: "verified" as const, cause: "" };
    expect(pingWords({ state: "done", result: { result: "arrived", after_ms: 212, delivery } }, NOW)).toBe(
      "arrived in 212\u00A0ms, verified",
    );
    expect(
      pingWords(
        { state: "done", result: { result: "missing", waited_ms: 30_000, cause: "not_ours", message: "" } },
        NOW,
      ),
    ).toBe("not arrived: its address leads elsewhere");
    expect(
      pingWords(
        { state: "done", result: { result: "missing", waited_ms: 30_000, cause: "solar_flare", message: "" } },
        NOW,
      ),
    ).toBe("not arrived: solar flare");
    expect(refreshedWords(NOW - 8000, NOW)).toBe("refreshed 8\u00A0s ago");
  });
});

describe("the form of a webhook", () => {
  it("sends only what differs, and knows how to take it back", () => {
    const events = ours.events.map((one) => one.name);
    expect(editOf(ours, "nightly results ", ours.uri, [...events].reverse())).toBeNull();
    const edit = editOf(ours, "", "https://b.example/", events.slice(1));
    expect(edit).toEqual({ name: "", uri: "https://b.example/", events: events.slice(1), state: null });
    expect(edit && undoOf(ours, edit)).toEqual({ name: "nightly results", uri: ours.uri, events, state: null });
    expect(
      undoOf({ ...ours, state: "paused_by_policy" }, { name: null, uri: null, events: null, state: "enabled" }).state,
    ).toBeNull();
  });
  it.each(["", "  ", "hooks.example.com", "ftp://x/", "https://"])("refuses the address %j", (uri) =>
    expect(draftProblem(uri, ["x"])).not.toBeNull(),
  );
  it("needs an address and an event, no more", () => {
    expect(draftProblem("https://a.example/x", ["video.generated"])).toBeNull();
    expect(draftProblem("http://127.0.0.1:3000/", ["video.generated"])).toBeNull();
    expect(draftProblem("https://a.example/x", [])).toContain("one event");
  });
  it.each([
    ["https://hooks.example.com/", true],
    ["http://127.0.0.1:4710/x", false],
    ["http://localhost/", false],
    ["https://10.1.2.3/", false],
    ["https://172.20.0.1/", false],
    ["https://172.32.0.1/", true],
    ["https://[::1]:1/", false],
    ["https://[fd00::1]/", false],
    ["https://nas.local/", false],
    ["https://fdx.example/", true],
    ["nonsense", true],
  ])("%s can be reached from outside: %s", (uri, expected) => expect(outsideReaches(uri)).toBe(expected));
});

describe("projects", () => {
  const { projects } = fakeState();
  it("one is shown: the bar's, the picked one, one with a key, the Sandbox", () => {
    expect(projectShown(projects, 2, 3)?.id).toBe(2);
    expect(projectShown(projects, null, 3)?.id).toBe(3);
    expect(projectShown(projects, null, 99)?.id).toBe(1);
    expect(
      projectShown(
        projects.map((one) => ({ ...one, api_key: null })),
        null,
        null,
      )?.sandbox,
    ).toBe(true);
  });
  it.each([
    ["Nightly eval (2)", "nightly-eval-2"],
    ["  Größe & Übermut ", "große-ubermut".replace("ß", "-")],
    ["漢字", ""],
    ["a".repeat(80), "a".repeat(63)],
    ["--x--", "x"],
  ])("the path of %j is %j", (name, path) => expect(pathOf(name)).toBe(path));
  it("a form is read, and its mistakes are named by field", () => {
    const fields = { ...fieldsOf(null), name: "Nightly eval", key: " AIza-1 " };
    expect(readFields(fields, null)).toEqual({
      draft: {
        name: "Nightly eval",
        path: "nightly-eval",
        base_url: null,
        api_version: "v1",
        api_key: { from: "typed", text: "AIza-1" },
      },
    });
    expect(readFields({ ...fields, name: "", service: "other", baseUrl: "example.com" }, null)).toEqual({
      errors: { name: expect.any(String), baseUrl: expect.any(String) },
    });
    expect(readFields({ ...fields, pathTyped: true, path: "A b" }, null)).toEqual({
      errors: { path: expect.any(String) },
    });
    const bare = readFields({ ...fields, key: "" }, null);
    expect("draft" in bare && keyless(bare.draft)).toBe(true);
  });
  it("what is there comes back as it was: key kept, path of the default left alone", () => {
    const [first] = projects;
    if (!first) throw new Error("no project");
    expect(readFields(fieldsOf(first), first)).toEqual({
      draft: { name: first.name, path: null, base_url: null, api_version: "v1", api_key: { from: "kept" } },
    });
    const other = { ...first, path: "x", base_url: "http://127.0.0.1:9/" };
    expect(readFields(fieldsOf(other), other)).toMatchObject({ draft: { path: "x", base_url: "http://127.0.0.1:9" } });
    expect(readFields({ ...fieldsOf(first), source: "env:GEMINI_API_KEY" }, first)).toMatchObject({
      draft: { api_key: { from: "environment", name: "GEMINI_API_KEY" } },
    });
    expect(GOOGLE).toBe(first.base_url);
  });
  it("a kept key stays with its origin: another one asks for it again", () => {
    const [first] = projects;
    if (!first) throw new Error("no project");
    const moved = { ...fieldsOf(first), service: "other" as const, baseUrl: "https://proxy.example/v" };
    expect(keptForAnother(moved, first)).toEqual({ givenFor: GOOGLE, asked: "https://proxy.example" });
    expect(readFields(moved, first)).toEqual({ errors: { key: expect.stringContaining("https://proxy.example") } });
    const proxied = { ...first, path: "x", base_url: "https://proxy.example" };
    for (const baseUrl of ["https://proxy.example/v", "https://PROXY.example:443"])
      expect(readFields({ ...fieldsOf(proxied), baseUrl }, proxied)).toMatchObject({
        draft: { api_key: { from: "kept" } },
      });
    for (const baseUrl of ["http://proxy.example", "https://proxy.example:8443", "https://other.example"])
      expect(readFields({ ...fieldsOf(proxied), baseUrl }, proxied)).toMatchObject({
        errors: { key: expect.any(String) },
      });
    expect(readFields({ ...moved, source: "typed", key: "AIza-2" }, first)).toMatchObject({
      draft: { api_key: { from: "typed", text: "AIza-2" } },
    });
    expect(readFields({ ...moved, source: "nowhere" }, first)).toMatchObject({
      draft: { api_key: { from: "nowhere" } },
    });
    expect(keptForAnother(moved, { ...first, api_key: null })).toBeNull();
  });
  it("knows which field a refusal belongs to, and where deliveries come", () => {
    expect([fieldOf("path_taken"), fieldOf("service_key_refused"), fieldOf("service_failed")]).toEqual([
      "path",
      "key",
      null,
    ]);
    expect(projectAddress("x", "http://127.0.0.1:1/", "https://a.example/in/")).toBe("https://a.example/in/x");
    expect(projectAddress("", "http://127.0.0.1:1/", null)).toBe("http://127.0.0.1:1/");
    expect(projectAddress("x", null, null)).toBeNull();
  });
});

it("an action that is not known is shown as it came", () => {
  expect(actionWords("webhook.ping")).toBe("Pinged");
  expect(actionWords("webhook.frobnicate")).toBe("webhook.frobnicate");
  expect(resultMark({ result: "unknown" }).tone).toBe("old");
  expect(resultMark({ result: "odd" }).word).toBe("odd");
});
