import { describe, expect, it } from "vitest";
import {
  arrange,
  Index,
  inSight,
  MOST_FOUND,
  piecesAt,
  ROW_PX,
  TITLE_PX,
  topsOf,
  type Entry,
  type GroupId,
  type ListRow,
} from "./palette";

const entry = (label: string, more: Partial<Entry> = {}): Entry => ({
  key: `x:${label}`,
  group: "actions",
  label,
  sub: "",
  also: "",
  caps: [],
  end: "",
  off: null,
  run: { does: "nothing" },
  ...more,
});
const SOME = [
  entry("Replay", { sub: "to localhost:3000" }),
  entry("Edit and re-sign…"),
  entry("Refresh webhooks"),
  entry("Verify again"),
  entry("Secrets", { group: "go" }),
  entry("Keep at most: age", { group: "go", also: "retention limit" }),
  entry("nightly results", { group: "webhooks", sub: "eval-hooks.ngrok.app/nightly" }),
  entry("Rejected since Friday", { group: "searches", sub: "verdict:rejected since:fri" }),
];
const index = new Index(SOME);
const labels = (text: string) => index.search(text).found.map((one) => one.entry.label);
const listed = (rows: readonly ListRow[]) =>
  rows.map((row) => (row.is === "title" ? `# ${row.title}` : row.found.entry.label));
const list = (text: string, recent: string[] = [], only: GroupId | null = null, first: Entry[] = []) =>
  arrange(first, index.search(text), recent, only);

describe("what is found", () => {
  it("begins with it, has its initials, or is known by another word", () => {
    expect(labels("repl")[0]).toBe("Replay");
    expect(labels("ers")).toContain("Edit and re-sign…");
    expect(labels("retention")).toEqual(["Keep at most: age"]);
    expect(labels("webhooks refresh")).toEqual(["Refresh webhooks"]);
    expect(labels("qqq")).toEqual([]);
    expect(index.search("  ").total).toBe(SOME.length);
  });

  it("is marked where it stands in the name, and not beyond it", () => {
    const [found] = index.search("nightly").found;
    expect(piecesAt("nightly results", found?.marked ?? [])).toEqual([
      { text: "nightly", hit: true },
      { text: " results", hit: false },
    ]);
    expect(index.search("ngrok").found[0]?.marked).toEqual([]);
    expect(piecesAt("a😀b", [1])).toEqual([
      { text: "a", hit: false },
      { text: "😀", hit: true },
      { text: "b", hit: false },
    ]);
  });
});

describe("the list", () => {
  it("has its groups in a fixed order, and what was chosen lately first and once", () => {
    const rows = listed(list("re", ["x:Secrets", "x:gone", "x:Refresh webhooks"]).rows);
    expect(rows.slice(0, 4)).toEqual(["# Recent", "Secrets", "Refresh webhooks", "# Actions"]);
    expect(rows.filter((one) => one.startsWith("#"))).toEqual([
      "# Recent",
      "# Actions",
      "# Go to",
      "# Webhooks",
      "# Saved searches",
    ]);
    expect(rows.filter((one) => one === "Secrets")).toHaveLength(1);
  });

  it("shows five of the recent ones, the others where they belong", () => {
    const many = new Index(Array.from({ length: 9 }, (_, i) => entry(`row ${i}`)));
    const recent = Array.from({ length: 9 }, (_, i) => `x:row ${8 - i}`);
    const rows = listed(arrange([], many.search(""), recent, null).rows);
    expect(rows.slice(0, 7)).toEqual(["# Recent", "row 8", "row 7", "row 6", "row 5", "row 4", "# Actions"]);
    expect(rows.slice(7)).toEqual(["row 0", "row 1", "row 2", "row 3"]);
  });

  it("chooses what fits best, in whatever group it stands", () => {
    const secrets = list("secr");
    expect(secrets.entries[secrets.best]?.entry.label).toBe("Secrets");
    expect(list("").best).toBe(0);
  });

  it("puts what can be done before what cannot, where both fit alike", () => {
    const two = new Index([entry("one", { off: "not now" }), entry("two")]);
    expect(listed(arrange([], two.search(""), [], null).rows)).toEqual(["# Actions", "two", "one"]);
  });

  it("an id that leads somewhere wins over all that its letters fit", () => {
    const id = entry("Go to delivery", { group: "id" });
    const way = entry("Search deliveries", { group: "search" });
    const { entries, best, rows } = list("re", [], null, [way, id]);
    expect(entries[best]?.entry).toBe(id);
    expect(listed(rows)[0]).toBe("# This id");
    expect(listed(rows).at(-1)).toBe("Search deliveries");
    const none = list("re", [], null, [entry("Go to delivery", { group: "id", off: "not kept" })]);
    expect(none.entries[none.best]?.entry.label).toBe("Replay");
  });

  it("is of one group alone where that is asked for", () => {
    expect(listed(list("", [], "go").rows)).toEqual(["# Go to", "Secrets", "Keep at most: age"]);
    expect(list("qqq", [], "go").rows).toEqual([]);
  });
});

describe("10,000 entries", () => {
  /** Counts how often the words of entries are read. */
  function counted(count: number): { entries: Entry[]; reads: () => number } {
    let reads = 0;
    const entries = Array.from({ length: count }, (_, i) => {
      const one = entry(`nightly results ${i.toString(36)}`, { group: "webhooks" });
      return Object.defineProperty(one, "sub", {
        get() {
          reads++;
          return `hooks.example.com/${i}`;
        },
      });
    });
    return { entries, reads: () => reads };
  }

  it("are read once, and a key looks at none of them again", () => {
    const { entries, reads } = counted(10_000);
    const big = new Index(entries);
    big.prepare();
    expect(reads()).toBe(10_000);
    for (let typed = 1; typed <= "nightly res".length; typed++) {
      const search = big.search("nightly res".slice(0, typed));
      // All of them fit, and are counted; those that nobody would read are not made into rows.
      expect([search.total, search.found.length]).toEqual([10_000, MOST_FOUND]);
      arrange([], search, ["x:nightly results 1"], null);
    }
    expect(reads()).toBe(10_000);
  });

  it("the whole list is made once, and of it only what is in sight is drawn", () => {
    const big = new Index(counted(10_000).entries);
    expect(big.search("")).toBe(big.search(" "));
    const { rows } = arrange([], big.search(""), [], null);
    const tops = topsOf(rows);
    expect(tops.at(-1)).toBe(TITLE_PX + 10_000 * ROW_PX);
    for (const scrollTop of [0, 1000, 160_000, (tops.at(-1) ?? 0) - 500]) {
      const [first, last] = inSight(tops, scrollTop, 500);
      expect(last - first).toBeLessThan(500 / ROW_PX + 12);
      expect(tops[first] ?? 0).toBeLessThanOrEqual(scrollTop);
      expect(tops[last] ?? 0).toBeGreaterThanOrEqual(Math.min(scrollTop + 500, tops.at(-1) ?? 0));
    }
  });

  it("in sight of an empty list is nothing", () => {
    expect(inSight(topsOf([]), 0, 500)).toEqual([0, 0]);
  });
});
