import { describe, expect, it } from "vitest";
import type { Code, Outbound, OutboundDetail, ReplayRun } from "../ipc/generated";
import { answer } from "./format";
import {
  allWell,
  AS_RECEIVED,
  changesWords,
  outboundMark,
  percentiles,
  redirectWords,
  requestsOf,
  resultWords,
  runCounts,
  runWords,
  sameSign,
  tallyCounts,
  timesWords,
} from "./replay";

const sent = (more: Partial<Outbound> = {}): Outbound => ({
  id: 1,
  delivery: 7,
  kind: "replay",
  run: 1,
  number: 1,
  url: "http://localhost:3000/",
  at_ms: 0,
  changes: [],
  rejected: false,
  status: 200,
  first_us: 2100,
  total_us: 3400,
  answer_len: 5,
  problem: null,
  ...more,
});
const problem = (code: Code) => ({ code, message: "Nothing listens at localhost:3000." });
const run = (more: Partial<ReplayRun> = {}): ReplayRun => ({
  run: 3,
  state: "done",
  total: 12,
  done: 12,
  started_ms: 0,
  took_ms: 9,
  problem: null,
  outbounds: [],
  targets: [{ url: "http://localhost:3000/", done: 12, failed: 0, statuses: [[200, 12]], p50_us: 2000, p95_us: 9000 }],
  ...more,
});

describe("an answer at a glance", () => {
  it.each<[Partial<Outbound>, string, string]>([
    [{}, "ok", "200"],
    [{ status: 302 }, "un", "302"],
    [{ status: 401 }, "no", "401"],
    [{ status: 500 }, "no", "500"],
    [{ status: 200, problem: problem("body_too_long") }, "no", "200, cut off"],
    [{ status: 200, problem: problem("body_cut_short") }, "no", "200, cut short"],
    [{ status: null, problem: problem("connection_refused") }, "no", "refused"],
    [{ status: null, problem: problem("tls_untrusted") }, "no", "TLS failed"],
    [{ status: null, problem: problem("no_answer") }, "no", "no answer"],
  ])("%j", (more, tone, word) => expect(outboundMark(sent(more))).toMatchObject({ tone, word }));

  it("its times, as far as there are any", () => {
    expect(timesWords(sent())).toBe("2\u00A0ms · 3\u00A0ms");
    expect(timesWords(sent({ first_us: null }))).toBe("3\u00A0ms");
    expect(timesWords(sent({ first_us: null, total_us: null }))).toBe("");
  });

  it("a redirect says where to, and that nobody went there", () => {
    const detail = { outbound: sent({ status: 302 }), redirect: "https://elsewhere.example/" } as OutboundDetail;
    expect(redirectWords(detail)).toBe("302 to https://elsewhere.example/, not followed");
    expect(redirectWords({ ...detail, redirect: null })).toBeNull();
  });

  it("one line of it", () => {
    expect(resultWords(sent(), [])).toEqual({
      level: "info",
      text: "localhost:3000 answered 200 after 3\u00A0ms.",
      detail: null,
    });
    expect(resultWords(sent({ status: 500 }), [])).toMatchObject({
      level: "warning",
      text: "localhost:3000 answered 500 after 3\u00A0ms.",
    });
    expect(resultWords(sent({ status: null, problem: problem("connection_refused") }), [])).toEqual({
      level: "warning",
      text: "Replayed to localhost:3000: refused.",
      detail: "Nothing listens at localhost:3000.",
    });
  });
});

describe("a run", () => {
  it("in words", () => {
    expect(runWords(run({ state: "running", done: 3 }))).toBe("3 of 12 sent");
    expect(runWords(run({ state: "stopped", done: 3 }))).toBe("Stopped after 3 of 12");
    expect(runWords(run())).toBe("12 requests sent");
    expect(percentiles({ p50_us: 2000, p95_us: 9000 })).toBe("p50 2\u00A0ms · p95 9\u00A0ms");
    expect(percentiles({ p50_us: null, p95_us: null })).toBe("");
  });

  it("counts by status, and those that never answered", () => {
    const [target] = run().targets;
    if (!target) throw new Error("no target");
    const counts = tallyCounts({
      ...target,
      done: 12,
      failed: 4,
      statuses: [
        [200, 7],
        [500, 2],
      ],
    });
    expect(counts.map((one) => [one.word, one.count, one.mark.tone])).toEqual([
      ["200", 7, "ok"],
      ["500", 2, "no"],
      ["no answer", 3, "no"],
    ]);
  });

  it("counts over its addresses, and what only looks alike is told apart", () => {
    const tally = { url: "http://localhost:3000/", done: 5, failed: 1, p50_us: 1, p95_us: 1 };
    const counts = runCounts({
      done: 10,
      targets: [
        { ...tally, statuses: [[200, 4]] },
        {
          ...tally,
          url: "http://localhost:8080/",
          failed: 0,
          statuses: [
            [200, 3],
            [500, 2],
          ],
        },
      ],
    });
    expect(counts.map((one) => `${one.word} ×${one.count}`)).toEqual(["200 ×7", "500 ×2", "no answer ×1"]);
  });

  it("is well only where every answer is", () => {
    const [target] = run().targets;
    if (!target) throw new Error("no target");
    expect(allWell(run())).toBe(true);
    expect(
      allWell(
        run({
          targets: [
            {
              ...target,
              statuses: [
                [200, 11],
                [404, 1],
              ],
            },
          ],
        }),
      ),
    ).toBe(false);
    expect(allWell(run({ targets: [{ ...target, failed: 1 }] }))).toBe(false);
    expect(allWell(run({ problem: "stopped" }))).toBe(false);
  });

  it("is as many requests as it says", () => {
    const plan = { deliveries: { length: 3 }, targets: { length: 2 }, times: 5, changes: AS_RECEIVED };
    expect(requestsOf(plan)).toBe(30);
    expect(requestsOf({ ...plan, changes: { ...AS_RECEIVED, twist: "duplicate" } })).toBe(60);
  });
});

it("changes, keys and answers of Pollux itself in words", () => {
  expect(changesWords([])).toBe("as received");
  expect(changesWords(["new id", "stale"])).toBe("new id · stale");
  expect(sameSign({ kind: "secret", id: "a" }, { kind: "secret", id: "b" })).toBe(false);
  expect(sameSign({ kind: "sandbox_jwt" }, { kind: "sandbox_jwt" })).toBe(true);
  expect([
    answer(0, 1200, "rule"),
    answer(0, null, null),
    answer(0, null, null, 181_000),
    answer(503, 1200, "target"),
    answer(200, null),
  ]).toEqual(["dropped · 1\u00A0ms", "…", "none", "503 · 1\u00A0ms", "200"]);
});
