import { describe, expect, it } from "vitest";
import type { ForwardView, SecretView } from "../ipc/generated";
import { noForward } from "./forward";
import { hourWords } from "./overview-hour";
import type { Facts } from "./overview-facts";
import { problemsOf } from "./overview-problems";
import { causeQuery, timeQuery, verdictQuery } from "./overview-query";
import { rowsOf } from "./overview-rows";
import { reasonWords } from "./reason-words";
import { at, board, day, facts, hook, MIN, NOW, PROJECTS, states } from "./test-overview";
import { NO_TUNNEL } from "./tunnel";

const heads = (change: Partial<Facts>) => problemsOf(facts(change)).map((one) => one.head);
const plain = (text: string) => text.replaceAll("\u00A0", " ");

describe("what needs somebody", () => {
  it("comes with its cause and its way out, what is lost before what waits", () => {
    const down: ForwardView = {
      ...noForward(1),
      rule: { ...noForward(1).rule, on: true, url: "http://localhost:3000/" },
      state: {
        state: "down",
        why: "localhost:3000 refuses connections",
        since_ms: NOW - 38 * MIN,
        next_ms: NOW + 22_000,
        attempt: 4,
      },
      waiting: 27,
    };
    const boards = new Map([[1, board([hook({ place: "earlier", repaired_uri: "https://a.example/" })])]]);
    const found = problemsOf(facts({ forwards: [down], boards }));
    expect(found.map((one) => [one.tone, plain(one.head)])).toEqual([
      ["no", "Webhook “video done” points to an earlier address"],
      ["warn", "Forward to localhost:3000 is down for 38 min"],
    ]);
    expect(plain(found[1]?.body ?? "")).toBe(
      "localhost:3000 refuses connections. 27 deliveries wait, and go out in order. Next attempt in 22 s.",
    );
    expect(found.map((one) => one.buttons.map((button) => button.act.do))).toEqual([
      ["repair"],
      ["try-forward", "forward"],
    ]);
  });

  it("one webhook switched off is a choice, none enabled is told", () => {
    const [on, off] = [hook(), hook({ id: "b", name: "other", state: "disabled" })];
    expect(heads({ boards: new Map([[1, board([on, off])]]) })).toEqual([]);
    expect(heads({ boards: new Map([[1, board([off])]]) })).toEqual(["The only webhook, “other”, is disabled"]);
    expect(heads({ boards: new Map([[1, board([])]]) })).toEqual([]);
  });

  it("names the project where several are shown", () => {
    const boards = new Map([[3, board([hook({ name: "Pollux", builtin: true, state: "disabled" })])]]);
    expect(heads({ projects: PROJECTS, scope: null, boards })[0]).toBe(
      "The only webhook of Sandbox, “Pollux”, is disabled",
    );
  });

  it("three rejections in a row, not two; the search has the project and today", () => {
    const projects = (n: number) => [{ project: 1, deliveries: 9, rejected: n, rejected_in_a_row: n }];
    expect(heads({ day: day({ projects: projects(2) }) })).toEqual([]);
    const causes = [
      {
        outcome: "rejected" as const,
        reason: "no_matching_signature",
        cause: "no match",
        deliveries: 3,
        last_ms: NOW,
        last: 9,
      },
    ];
    const [found] = problemsOf(facts({ day: day({ projects: projects(3), causes }) }));
    expect([found?.head, found?.body]).toEqual([
      "The last 3 deliveries were all rejected",
      "Most often today: no key here matches the signature.",
    ]);
    expect(found?.buttons[0]?.act).toEqual({
      do: "find",
      query: "project:nightly-eval verdict:rejected since:2026-11-29T00:00",
    });
  });

  it("listener, disk, history, tunnel and its probe", () => {
    const failed = { state: "failed", code: "port_in_use", message: "Taken", port: 4710, next_free: null } as const;
    expect(heads({ listener: failed })).toEqual(["Pollux is not listening on port 4710"]);
    expect(heads({ listener: { state: "stopped" } })).toEqual(["The listener is stopped"]);
    expect(heads({ disk: { free: 1, reserve: 2, folder: "/x" } })).toEqual([
      "The disk is nearly full: new deliveries are answered 503",
    ]);
    const lost = { state: "reconnecting", why: "network unreachable", next_ms: null, attempt: 2 } as const;
    const ngrok = { ...NO_TUNNEL, provider: "ngrok" as const, since_ms: NOW - 90_000 };
    expect(heads({ tunnel: { ...ngrok, state: lost } }).map(plain)).toEqual(["ngrok lost its connection 1 min ago"]);
    const probe = {
      at_ms: NOW,
      result: "body_changed",
      message: "Bytes differ",
      took_ms: null,
      added: [],
      dropped: [],
      changed: [],
      status: 200,
    };
    expect(heads({ tunnel: { ...ngrok, state: { state: "online" }, probe } })).toEqual([
      "The probe of the public address failed: changes bodies",
    ]);
    expect(heads({ tunnel: { ...ngrok, state: { state: "online" }, probe: { ...probe, result: "ok" } } })).toEqual([]);
  });

  it("a secret that ends is told only while it is in use", () => {
    const secret = (change: Partial<SecretView>): SecretView => ({
      id: "s",
      project: 1,
      label: "",
      hint: "whsec_…77c2",
      added_ms: 0,
      stored_in: "keychain",
      builtin: false,
      warnings: [],
      key_state: { state: "grace", until: NOW / 1000 + 11_000 },
      available: true,
      webhook: "w",
      destroyed_ms: null,
      ...change,
    });
    expect(heads({ secrets: [secret({})] })).toEqual([]);
    const hours = day().hours.with(14, { verified: 0, old_secret: 2, unbound: 0, rejected: 0, unchecked: 0 });
    const [found] = problemsOf(facts({ secrets: [secret({})], day: day({ hours }) }));
    expect(plain(found?.head ?? "")).toBe("Secret whsec_…77c2 expires in 3 h, and an old secret is still in use");
    expect(found?.body).toBe("2 deliveries since 13:00 came signed with a secret in its grace.");
    expect(heads({ secrets: [secret({ available: false })] })).toEqual([
      "The text of secret whsec_…77c2 cannot be read",
    ]);
  });
});

describe("the rows", () => {
  const row = (id: string, change: Partial<Facts>) => rowsOf(facts(change)).find((one) => one.id === id);
  const short = (id: string, change: Partial<Facts> = {}) => {
    const found = row(id, change);
    return [found?.tone, plain(found?.value ?? "")];
  };

  it("say how each stands", () => {
    expect(short("webhooks")).toEqual(["ok", "1 enabled"]);
    expect(short("webhooks", { boards: new Map() })).toEqual(["un", "not asked yet"]);
    expect(short("tunnel")).toEqual(["un", "off"]);
    expect(short("listener")).toEqual(["ok", "answers in 2 ms"]);
    expect(short("jobs")).toEqual(["ok", "none ended"]);
    expect(short("secrets")).toEqual(["un", "none"]);
    expect(short("disk")).toEqual(["ok", "212 MiB of 2 GiB"]);
    expect(row("forward", {})).toBeUndefined();
  });

  it("draw on the hours what did not stand, and a tunnel that was switched off as nothing", () => {
    const tunnel = [
      { from_ms: at(1), to_ms: at(6), up: true, guessed: false, words: null },
      { from_ms: at(6), to_ms: at(12), up: false, guessed: false, words: "network unreachable" },
      { from_ms: at(12), to_ms: NOW, up: false, guessed: false, words: "off" },
    ];
    expect(row("tunnel", { states: states({ tunnel }) })?.parts.map((one) => [one.tone, one.from * 24])).toEqual([
      ["base", 1],
      ["no", 6],
    ]);
    const webhooks = [{ project: 1, webhook: "w", name: "video done", from_ms: at(12), to_ms: NOW, failed: true }];
    const missed = [
      {
        project: 1,
        name: "batches/x",
        title: "eval",
        kind: "batch" as const,
        ended_ms: at(13),
        cause: null,
        words: "tunnel was down",
      },
    ];
    const all = facts({ states: states({ webhooks, missed }) });
    expect(hourWords(all, rowsOf(all), [], 13).split(" · ")).toEqual([
      "13:00–14:00",
      "10 deliveries",
      "Webhooks: “video done” disabled by failures 13:00–14:00",
      "eval missed: tunnel was down",
    ]);
  });

  it("an hour without the listener is not an hour with nothing", () => {
    const closed = states({
      known_ms: at(2),
      listener: [{ from_ms: at(2), to_ms: at(20), up: false, guessed: false, words: null }],
    });
    const none = day({ hours: day().hours.map((one) => ({ ...one, verified: 0 })) });
    const all = facts({ states: closed, day: none });
    expect(hourWords(all, rowsOf(all), [], 5)).toMatch(/^05:00–06:00 · Pollux was not listening/);
    expect(hourWords(all, rowsOf(all), [], 1)).toBe("01:00–02:00 · not known");
    expect(hourWords(facts({ day: none }), [], [], 1)).toBe("01:00–02:00 · 0 deliveries");
  });
});

describe("what a click searches for", () => {
  const cause = (reason: string) => ({
    outcome: "rejected" as const,
    reason,
    cause: "",
    deliveries: 2,
    last_ms: 0,
    last: 1,
  });

  it("is the project, the verdict, the reason and today, and exactly that reason", () => {
    const [a, b] = [cause("expired"), cause("secret_expired")];
    expect(causeQuery(a, [a], at(0), "nightly-eval")).toBe(
      "project:nightly-eval verdict:rejected reason:expired since:2026-11-29T00:00",
    );
    expect(causeQuery(a, [a, b], at(0), null)).toBe("verdict:rejected reason:=expired since:2026-11-29T00:00");
    expect(causeQuery(cause(""), [], at(0), null)).toBe("verdict:rejected since:2026-11-29T00:00");
    expect(timeQuery("two words", at(3), at(4))).toBe(
      'project:"two words" since:2026-11-29T03:00 until:2026-11-29T04:00',
    );
    expect(verdictQuery(null, "old-secret", at(0))).toBe("verdict:old-secret since:2026-11-29T00:00");
  });

  it("a reason is told by its own words for one, and by what they have in common for more", () => {
    expect(reasonWords({ reason: "timestamp_too_old", cause: "412 s old", deliveries: 1 })).toBe("412 s old");
    expect(reasonWords({ reason: "timestamp_too_old", cause: "412 s old", deliveries: 2 })).toBe("too old");
    expect(reasonWords({ reason: "missing_header:webhook-id", cause: "", deliveries: 2 })).toBe("no webhook-id");
    expect(reasonWords({ reason: "wrong_issuer", cause: "", deliveries: 2 })).toBe("wrong issuer");
    expect(reasonWords({ reason: "", cause: "", deliveries: 2 })).toBe("other reasons");
  });
});
