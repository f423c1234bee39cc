import { describe, expect, it } from "vitest";
import { row } from "../fake/rows";
import type { IdFound, JobView, Outbound } from "../ipc/generated";
import type { Entry } from "./palette";
import { idEntries, recentIdEntry, type IdKnown } from "./palette-found";
import { readId } from "./palette-id";

const NOW = 1_800_000_000_000;
const ID = "msg_5f0cb7d2-41e8-4c1e-9a07-c3d1f86ae21a";
const around = { now: NOW, nameOf: (id: number) => (id === 1 ? "nightly-eval" : null), keyed: "nightly-eval" };
const NOTHING: IdFound = { delivery: null, jobs: [], webhooks: [] };
const rejected = row(7, NOW - 16 * 60_000, {
  outcome: "rejected",
  cause: "412 s too old",
  message_id: ID,
  attempts: 3,
});
const job = {
  project: 1,
  kind: "batch",
  name: "batches/k3v9",
  title: "eval",
  metadata: [],
  phase: "succeeded",
  state: "",
  counts: null,
} as unknown as JobView;
const hook = { project: 1, id: "95fy2q8w", name: "nightly results", uri: "https://a.example/", state: "enabled" };

function known(text: string, found: IdFound | null, more: Partial<IdKnown> = {}): IdKnown {
  const read = readId(text);
  if (read === null) throw new Error(`${text} is no id`);
  return { read, found, sent: null, within: null, ...more };
}
const told = (entries: readonly Entry[]) => entries.map(({ label, sub, off }) => [label, off ?? sub]);

describe("what looks like an id", () => {
  it.each([
    [ID, "message", ID],
    [` "${ID}",\n`, "message", ID],
    [`webhook-id: ${ID}`, "message", ID],
    ["12", "number", "12"],
    ["#12", "number", "#12"],
    ["batches/k3v9", "job", "batches/k3v9"],
    ["v1_Chc9xQ", "job", "v1_Chc9xQ"],
    ["models/veo-3.1/operations/5hq2", "job", "models/veo-3.1/operations/5hq2"],
    ["https://x.example/v1beta/batches/k3v9?a=1", "job", "https://x.example/v1beta/batches/k3v9?a=1"],
    ["95fy2q8w7e1r0t4y6u3i5o9p8a7s6d5bfhzz", "any", "95fy2q8w7e1r0t4y6u3i5o9p8a7s6d5bfhzz"],
    ["files/batch-8x2k4q9v", "any", "files/batch-8x2k4q9v"],
  ])("%j", (text, kind, id) => {
    expect(readId(text)).toEqual({ id, kind });
  });

  it.each(["", "  ", "replay", "settings", "msg_", "two words 1", "verify 12", "port1", "re-sign…", "x".repeat(2000)])(
    "%j does not",
    (text) => {
      expect(readId(text)).toBeNull();
    },
  );
});

describe("an id", () => {
  it("of a kept event: its verdict, its attempts, and where else it is", () => {
    const sent = [{ status: 200, problem: null, total_us: 12_000 }, {}] as Outbound[];
    const entries = idEntries(known(ID, { ...NOTHING, delivery: rejected }, { sent, within: 1 }), around);
    expect(told(entries)).toEqual([
      ["Go to delivery", "batch.succeeded · Rejected, 412 s too old · 16\u00A0min ago"],
      ["All attempts of this event", "3 so far"],
      ["Copy the whole id", ID],
      ["Replays and forwards of it", "2, the last 200 in 12\u00A0ms"],
      ["Find it in headers and bodies", "only this delivery"],
      ["Look it up at the service", "an event has no address there; paste a job’s id"],
    ]);
    expect(entries[0]).toMatchObject({ key: `id:${ID}`, group: "id", mark: { glyph: "cross" } });
    expect(entries.map(({ group }) => group)).toEqual(["id", "id", "id", "elsewhere", "elsewhere", "service"]);
  });

  it("that was never sent on says so, and one whose counts are not known says nothing of them", () => {
    const entries = idEntries(known(ID, { ...NOTHING, delivery: rejected }, { sent: [] }), around);
    expect(told(entries).slice(3, 5)).toEqual([
      ["Replays and forwards of it", "it was not sent on"],
      ["Find it in headers and bodies", ""],
    ]);
  });

  it("that is looked for waits; one that may be a word does not stand in the way", () => {
    expect(idEntries(known(ID, null), around)).toMatchObject([{ off: "looking for it…", waits: true }]);
    expect(idEntries(known("evaluation-2", null), around)).toEqual([]);
    expect(idEntries(known("eval-2026", NOTHING, { within: 0 }), around)).toEqual([]);
  });

  it("that nothing here has says so, each kind in its words", () => {
    const first = (text: string) => told(idEntries(known(text, NOTHING, { within: 0 }), around))[0];
    expect(first(ID)).toEqual(["Go to delivery", "no delivery with this id is kept"]);
    expect(first("#12")).toEqual(["Go to delivery", "no delivery with this number is kept"]);
    expect(first("batches/k3v9")).toEqual(["Open the job", "no project here knows this job"]);
    const service = (keyed: string | null) =>
      told(idEntries(known("batches/k3v9", NOTHING, { within: 0 }), { ...around, keyed })).at(-1);
    expect(service("nightly-eval")).toEqual(["Look it up at the service", "as a job, with the key of nightly-eval"]);
    expect(service(null)).toEqual(["Look it up at the service", "there is no API key to ask with"]);
  });

  it("of a job, and of a webhook", () => {
    expect(told(idEntries(known("batches/k3v9", { ...NOTHING, jobs: [job] }), around))[0]).toEqual([
      "Open the batch",
      "eval · Succeeded · nightly-eval",
    ]);
    const [first, , , last] = idEntries(known("95fy2q8w7e", { ...NOTHING, webhooks: [hook] }), around);
    expect(first).toMatchObject({
      key: "webhook:1:95fy2q8w",
      label: "Go to webhook",
      sub: "nightly results · nightly-eval · enabled",
    });
    expect(last?.off).toBe("webhooks are listed as a whole: refresh them");
  });

  it("that was gone to lately leads there again, unless it is gone", () => {
    const again = recentIdEntry(ID, NOW - 240_000, { ...NOTHING, delivery: rejected }, around);
    expect(again).toMatchObject({ label: ID, end: "4\u00A0min ago", off: null, run: { does: "delivery", id: 7 } });
    expect(recentIdEntry(ID, NOW, NOTHING, around).off).toBe("it is no longer kept");
    expect(recentIdEntry(ID, NOW, null, around).off).toBe("looking for it…");
  });
});
