import { describe, expect, it } from "vitest";
import type { Facts } from "./overview-facts";
import { problemsOf } from "./overview-problems";
import { saidOf, unknownsOf } from "./overview-say";
import { at, board, day, EDGES, EVAL, facts, hook, HOUR, NO_JOBS, NOW, states, VIDEO } from "./test-overview";
import { NO_TUNNEL } from "./tunnel";

const say = (change: Partial<Facts> = {}) => {
  const all = facts(change);
  const { tone, head, body } = saidOf(all, problemsOf(all));
  return [tone, head, body];
};
const plain = (text: string) => text.replaceAll("\u00A0", " ");

describe("the sentence", () => {
  it("says that all is right where all of it is known", () => {
    expect(say()).toEqual(["ok", "Everything is all right.", "All 150 deliveries of today were verified."]);
  });

  it("says what there was to refuse, and which jobs were told of", () => {
    const jobs = EDGES.slice(1).map((_, hour) => (hour === 3 ? { ...NO_JOBS, told: 12 } : NO_JOBS));
    const hours = day().hours.with(4, { verified: 3, old_secret: 0, unbound: 0, rejected: 9, unchecked: 4 });
    expect(say({ day: day({ hours }), states: states({ jobs }) })[2]).toBe(
      "9 deliveries were rejected and 4 could not be checked. All 12 jobs that are known to have ended were told of.",
    );
    const mixed = jobs.with(5, { ...NO_JOBS, open: 1, not_expected: 2 });
    expect(say({ states: states({ jobs: mixed }) })[2]).toContain(
      "Of 15 jobs known to have ended, 12 were told of, 1 still waits for the event and 2 had no event to expect.",
    );
    const quiet = day({ hours: day().hours.map((one) => ({ ...one, verified: 0 })), projects: [] });
    expect(say({ day: quiet })).toEqual(["ok", "Everything is all right.", "Nothing has arrived today."]);
  });

  it("does not say so while anything that it covers is not known, and names that", () => {
    const cases: [Partial<Facts>, string][] = [
      [{ boards: new Map() }, "the webhooks were not asked yet"],
      [{ boards: new Map([[1, board([], { refreshed_ms: null })]]) }, "the webhooks were not asked yet"],
      [
        { boards: new Map([[1, { ...board([hook()]), error: { code: "internal", message: "x", detail: null } }]]) },
        "the webhooks could not be asked, last 5 s ago",
      ],
      [
        { boards: new Map([[1, board([hook()], { refreshed_ms: NOW - HOUR })]]) },
        "the webhooks were last asked 1 h ago",
      ],
      [{ day: null }, "today’s deliveries are being counted"],
      [{ states: null }, "what ran today is being read"],
      [{ secrets: null }, "the secrets are being read"],
      [{ sizes: null }, "the size of the history is being read"],
      [
        { sizes: null, errors: { sizes: { code: "internal", message: "x", detail: null } } },
        "the size of the history could not be read",
      ],
      [{ listener: { state: "starting" } }, "the listener is starting"],
      [{ settings: { watch_jobs: false } }, "jobs are not watched, as it is set"],
      [
        { tunnel: { ...NO_TUNNEL, provider: "ngrok", state: { state: "online" } } },
        "the public address has not been tried yet",
      ],
      [{ health: { state: "checking", unclean: true, missing: null, damage: null } }, "the history is being checked"],
      [
        { projects: EVAL ? [{ ...EVAL, api_key: null }] : [] },
        "this project has no API key, so its webhooks and jobs are not known",
      ],
    ];
    for (const [change, words] of cases) {
      expect(unknownsOf(facts(change)).map(plain)).toEqual([words]);
      const [tone, head = "", body = ""] = say(change);
      expect([tone, head]).toEqual(["un", "All right, as far as is known."]);
      expect(plain(body).toLowerCase()).toContain(words.toLowerCase());
    }
    expect(say({ day: null, states: null })[1]).toBe("Looking at today…");
  });

  it("a place without a key and without deliveries is not spoken of", () => {
    const spare = EVAL && VIDEO ? [EVAL, { ...VIDEO, api_key: null }] : [];
    expect(say({ projects: spare, scope: null })[1]).toBe("Everything is all right.");
    const projects = [...day().projects, { project: 2, deliveries: 1, rejected: 0, rejected_in_a_row: 0 }];
    expect(say({ projects: spare, scope: null, day: day({ projects }) })[2]).toContain("Video-render has no API key");
  });

  it("tells of a first day since when it is known, and of the time when nothing listened", () => {
    const since = states({
      known_ms: at(14, 1),
      listener: [{ from_ms: at(14, 1), to_ms: NOW, up: true, guessed: false, words: null }],
    });
    expect(say({ states: since })[2]).toContain("Pollux first listened here at 14:01.");
    const closed = states({
      listener: [
        { from_ms: at(0), to_ms: at(9), up: true, guessed: false, words: null },
        { from_ms: at(9), to_ms: at(11, 30), up: false, guessed: false, words: null },
        { from_ms: at(11, 30), to_ms: NOW, up: true, guessed: false, words: null },
      ],
    });
    expect(say({ states: closed })[2]).toContain("Pollux was not listening from 09:00 to 11:30.");
  });

  it("counts what needs somebody, and says of the rest only what is known", () => {
    const off = new Map([[1, board([hook({ state: "disabled_due_to_failed_deliveries" })])]]);
    expect(say({ boards: off })).toEqual([
      "no",
      "One thing needs you.",
      "Webhook “video done” is sent nothing. The rest is all right.",
    ]);
    const [tone, head, body] = say({ boards: off, jobAlarms: [{ project: 1, missed: 3, waiting: 0 }], secrets: null });
    expect([tone, head]).toEqual(["no", "Two things need you."]);
    expect(body).toBe("Webhook “video done” is sent nothing and 3 jobs were missed. The secrets are being read.");
  });
});
