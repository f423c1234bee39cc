import { beforeEach, describe, expect, it, vi } from "vitest";
import { FakeBackend } from "../fake/backend";
import { fakeRow } from "../fake/rows";
import { Deliveries } from "./deliveries.svelte";
import { Histogram } from "./histogram.svelte";
import { Projects } from "./projects.svelte";
import { Search } from "./search.svelte";
import { Suggest } from "./suggest.svelte";
import { Toasts } from "./toasts.svelte";

const NOW = 1_800_000_000_000;
let fake: FakeBackend;
let list: Deliveries;
let search: Search;
let suggest: Suggest;
let toasts: Toasts;

const opened = () => fake.calls.filter((call) => call === "viewOpen").length;
const settle = () => vi.advanceTimersByTimeAsync(1);

beforeEach(async () => {
  vi.useFakeTimers();
  fake = new FakeBackend();
  fake.rows = Array.from({ length: 60 }, (_, i) => fakeRow(i + 1, NOW, NOW));
  toasts = new Toasts();
  list = new Deliveries(fake, (thrown) => toasts.failed(thrown));
  search = new Search(fake, toasts, list);
  suggest = new Suggest(fake, toasts, search);
  await fake.live((message) => list.apply(message));
  await list.open("");
});

describe("what is typed", () => {
  it("is read at once, and searched for once the hand is still", async () => {
    for (const text of ["v", "verdict:", "verdict:rejected"]) search.type(text);
    await settle();
    expect([search.read.parts[0]?.kind, opened(), search.pending]).toEqual(["chip", 1, true]);
    await vi.advanceTimersByTimeAsync(120);
    expect([list.query, opened(), search.pending]).toEqual(["verdict:rejected", 2, false]);
  });

  it("that is not understood is said, and leaves the list as it is", async () => {
    await search.set("verdict:rejected");
    search.type("verdict:rejected reson:x");
    await vi.advanceTimersByTimeAsync(200);
    expect([list.query, search.problems[0]?.nearest, search.pending]).toEqual(["verdict:rejected", "reason:", false]);
    search.type("verdict:rejected reson:xy");
    expect(search.problems).toEqual([]);
    await settle();
    search.fix();
    await settle();
    expect([search.text, list.query]).toEqual(["verdict:rejected reason:xy", "verdict:rejected reason:xy"]);
  });

  it("is left out where nothing is the nearest right form", async () => {
    search.type('verdict:rejected or "" needle');
    await settle();
    expect(search.problems[0]?.nearest).toBe("");
    search.fix();
    await settle();
    expect([search.text, list.query]).toEqual(["verdict:rejected or needle", "verdict:rejected or needle"]);
    search.type("needle or ()");
    await settle();
    search.fix();
    await settle();
    expect([search.text, list.query]).toEqual(["needle", "needle"]);
  });

  it("is not searched for when something else was asked for meanwhile", async () => {
    search.type("needle");
    search.clear();
    await vi.advanceTimersByTimeAsync(200);
    expect([search.text, list.query]).toEqual(["", ""]);
  });

  it("with white space alone is no other search", async () => {
    search.type("  ");
    await vi.advanceTimersByTimeAsync(200);
    expect([search.text, opened(), search.pending]).toEqual(["  ", 1, false]);
  });
});

describe("values, projects and ranges", () => {
  it("become parts of the text, and of the list at once", async () => {
    search.add("type", "batch.failed");
    await settle();
    search.add("header.x-eval", "two words", true);
    await settle();
    expect(list.query).toBe('type:batch.failed -header.x-eval:"two words"');
    expect(search.text).toBe(list.query);
    search.remove(0, 17);
    await settle();
    expect(list.query).toBe('-header.x-eval:"two words"');
  });

  it("that are chosen elsewhere are seen in the box", async () => {
    const projects = new Projects(list);
    projects.list = fake.state.projects;
    const [, second] = fake.state.projects;
    await search.set("needle");
    projects.choose(second?.id ?? null);
    await settle();
    expect([projects.chosenId, search.text]).toEqual([second?.id, list.query]);
    expect(search.text).toContain("project:");
    list.clear();
    await settle();
    expect(projects.chosenId).toBe(second?.id);
    projects.apply(fake.state.projects.map((one) => (one === second ? { ...one, name: "renamed it" } : one)));
    await settle();
    expect([search.text, projects.chosenId]).toEqual(['project:"renamed it"', second?.id]);
    projects.apply(fake.state.projects.filter((one) => one !== second));
    await settle();
    expect([search.text, projects.chosenId]).toEqual(["", null]);
  });

  it("of what is searched for are told to who marks it", async () => {
    await search.set("needle type:batch -x");
    await settle();
    expect(search.needles).toEqual([
      { text: "needle", field: null },
      { text: "batch", field: "type" },
    ]);
  });
});

describe("searches", () => {
  it("are recent once they were used, not at each key", async () => {
    search.type("need");
    await vi.advanceTimersByTimeAsync(500);
    search.type("needle");
    await vi.advanceTimersByTimeAsync(500);
    expect(fake.calls).not.toContain("searchUsed");
    await search.submit();
    await settle();
    expect(search.searches.recent[0]?.query).toBe("needle");
    search.type("needle type:batch");
    await vi.advanceTimersByTimeAsync(5000);
    expect(search.searches.recent[0]?.query).toBe("needle type:batch");
  });

  it("are saved with a name, and forgotten", async () => {
    await search.set(" verdict:rejected ");
    expect(search.savedAs).toBeNull();
    expect(await search.save(" Bad ones ")).toBeNull();
    expect(search.savedAs).toBe("Bad ones");
    fake.failures.set("searchForget", { code: "database_error", message: "The database is locked.", detail: null });
    expect((await search.forget("Bad ones"))?.message).toBe("The database is locked.");
    fake.failures.clear();
    await search.forget("Bad ones");
    expect(search.savedAs).toBeNull();
  });
});

describe("a part that removes everything", () => {
  it("is taken out as Pollux writes it", async () => {
    await search.set("verdict:rejected   nothing-has-this");
    await settle();
    expect(list.nothing).toEqual({
      part: "nothing-has-this",
      without: fake.rows.filter((row) => row.outcome === "rejected").length,
    });
    search.removePart("nothing-has-this");
    await settle();
    expect(list.query).toBe("verdict:rejected");
  });
});

describe("suggestions", () => {
  it("are gone through, with a stop at none, and taken", async () => {
    search.type("-rej");
    await suggest.ask("-rej", 4);
    const labels = suggest.items.map((one) => one.label);
    expect(labels).toContain("verdict:rejected");
    for (const label of labels) {
      suggest.move(1);
      expect(suggest.chosen?.label).toBe(label);
    }
    suggest.move(1);
    expect(suggest.chosen).toBeNull();
    suggest.move(-1);
    suggest.at = labels.indexOf("verdict:rejected");
    if (suggest.chosen) suggest.take(suggest.chosen);
    await settle();
    expect([search.text, suggest.caret, list.query]).toEqual(["-verdict:rejected ", { at: 18 }, "-verdict:rejected"]);
  });

  it("of a field wait for its value; a value can be excluded in the middle of a text", async () => {
    await suggest.ask("verd", 4);
    search.type("verd");
    const field = suggest.items.find((one) => one.label === "verdict:");
    if (field) suggest.take(field);
    expect([search.text, suggest.caret]).toEqual(["verdict:", { at: 8 }]);
    search.type("a failed b");
    await suggest.ask("a failed b", 8);
    const value = suggest.items.find((one) => one.label === "type:batch.failed");
    if (value) suggest.take(value, true);
    expect([search.text, suggest.caret]).toEqual(["a -type:batch.failed b", { at: 21 }]);
  });

  it("for a text that is no longer there are dropped", async () => {
    fake.delay = 20;
    const slow = suggest.ask("verd", 4);
    fake.delay = 5;
    const quick = suggest.ask("sche", 4);
    await vi.advanceTimersByTimeAsync(30);
    await Promise.all([slow, quick]);
    expect(suggest.items.some((one) => one.label === "verdict:")).toBe(false);
    const late = suggest.ask("verd", 4);
    suggest.close();
    await vi.advanceTimersByTimeAsync(30);
    await late;
    expect([suggest.open, suggest.items.length]).toEqual([false, 0]);
  });
});

describe("the histogram", () => {
  it("is of the open view, and is read again while deliveries come, not for each of them", async () => {
    const histogram = new Histogram(fake, toasts, list);
    await fake.live((message) => (list.apply(message), histogram.live(message)));
    await histogram.read();
    const sum = () =>
      histogram.shape?.buckets.reduce(
        (all, one) => all + one.verified + one.old_secret + one.rejected + one.unchecked + one.unbound,
        0,
      );
    expect(sum()).toBe(60);
    for (let id = 61; id < 100; id++) {
      fake.arrive(fakeRow(id, NOW + id, NOW));
      fake.flush();
    }
    await vi.advanceTimersByTimeAsync(1100);
    expect([sum(), fake.calls.filter((call) => call === "viewHistogram").length]).toEqual([99, 2]);
    fake.delay = 10;
    const reading = histogram.read();
    fake.delay = 0;
    await list.open("verdict:rejected");
    await vi.advanceTimersByTimeAsync(20);
    await reading;
    expect([sum(), toasts.list.length]).toEqual([99, 0]);
  });
});
