import { describe, expect, it } from "vitest";
import {
  hasRange,
  narrows,
  parts,
  projectIn,
  quoted,
  term,
  timeText,
  unquoted,
  withProject,
  withRange,
  withTerm,
  without,
} from "./query-text";

describe("the parts of a query", () => {
  const told = (text: string) =>
    parts(text).map(({ negated, field, value, text: own }) =>
      [negated ? "-" : "", field ?? "", value || own].join("|"),
    );

  it.each([
    ["", []],
    ["  needle ", ["||needle"]],
    ["type:batch.failed -answer:200 needle", ["|type|batch.failed", "-|answer|200", "||needle"]],
    ['note:"two words" x', ['|note|"two words"', "||x"]],
    ['"a b" -"c d"', ['||"a b"', '-||"c d"']],
    ['header.x-y:"a\\" b" z', ['|header.x-y|"a\\" b"', "||z"]],
    ['body.data."a b".x[0]:1', ['|body.data."a b".x[0]|1']],
    ["(a or b) c", ["||(a or b)", "||c"]],
    ["-(type:a b)", ["-||(type:a b)"]],
    ["not(type:a b) c", ["||not(type:a b)", "||c"]],
    ['"not closed', ['||"not closed']],
    ["(not closed", ["||(not closed"]],
    ["a) b", ["||a)", "||b"]],
    ["-", ["||-"]],
  ])("%s", (text, expected) => expect(told(text)).toEqual(expected));

  it("say where they stand, and nothing but white space lies between", () => {
    const text = ' type:a  "b c"\t-x ';
    for (const part of parts(text))
      expect(text.slice(part.start, part.end)).toBe((part.negated ? "-" : "") + part.text);
  });
});

describe("a value", () => {
  it.each([
    ["batch.failed", "batch.failed"],
    ["two words", '"two words"'],
    ["a,b", '"a,b"'],
    ["(x)", '"(x)"'],
    ['say "hi"', '"say \\"hi\\""'],
    ["back\\slash", '"back\\\\slash"'],
    [">5", '">5"'],
    ["=x", '"=x"'],
    ["-x", '"-x"'],
    ["#1", '"#1"'],
    ["a*", '"a*"'],
    ["none", '"none"'],
    ["", '""'],
    ["gs://b", "gs://b"],
  ])("%s is written as %s, and read back", (value, written) => {
    expect(quoted(value)).toBe(written);
    expect(unquoted(written)).toBe(value);
    expect(parts(term("header.x", value))[0]?.value).toBe(written);
  });

  it("as text is in quotes where a colon would make it a field", () => {
    expect(term("", "gs://b")).toBe('"gs://b"');
    expect(term("", "needle", true)).toBe("-needle");
    expect(term("", "or")).toBe('"or"');
  });
});

describe("a value that is clicked", () => {
  it.each([
    ["", false, "type:x"],
    ["needle", false, "needle type:x"],
    ["needle ", true, "needle -type:x"],
    ["type:x", false, "type:x"],
    ["type:x", true, "-type:x"],
    ["a -type:x b", false, "a type:x b"],
    ["a or b", false, "(a or b) type:x"],
    ["type:x or b", false, "(type:x or b) type:x"],
  ])("in “%s”, excluded: %s", (text, negated, expected) => expect(withTerm(text, "type", "x", negated)).toBe(expected));
});

describe("a part that is taken out", () => {
  it.each([
    ["a b c", 2, 3, "a c"],
    ["a b c", 0, 1, "b c"],
    ["a b c", 4, 5, "a b"],
    ["a", 0, 1, ""],
    ["a or b", 5, 6, "a"],
    ["a or b", 0, 1, "b"],
    ["a or b or c", 5, 6, "a or c"],
    ["for b", 4, 5, "for"],
  ])("%s [%i, %i)", (text, start, end, expected) => expect(without(text, start, end)).toBe(expected));
});

describe("the range of time", () => {
  const from = new Date(2026, 10, 19).getTime();
  const to = new Date(2026, 10, 20, 8, 30, 5).getTime();

  it("is written as finely as needed", () => {
    expect(timeText(from)).toBe("2026-11-19T00:00");
    expect(timeText(to)).toBe("2026-11-20T08:30:05");
    expect(timeText(to + 7)).toBe("2026-11-20T08:30:05.007");
  });

  it.each([
    ["needle", "needle since:2026-11-19T00:00 until:2026-11-20T08:30:05"],
    ["since:1h needle until:today", "needle since:2026-11-19T00:00 until:2026-11-20T08:30:05"],
    ["at:yesterday -since:1h", "-since:1h since:2026-11-19T00:00 until:2026-11-20T08:30:05"],
    ["a or b", "(a or b) since:2026-11-19T00:00 until:2026-11-20T08:30:05"],
  ])("takes the place of the one in “%s”", (text, expected) => expect(withRange(text, from, to)).toBe(expected));

  it("may be open, or taken out", () => {
    expect(withRange("x", from, null)).toBe("x since:2026-11-19T00:00");
    expect(withRange("since:1h x", null, null)).toBe("x");
    expect([hasRange("x since:1h"), hasRange("-since:1h x"), hasRange("x")]).toEqual([true, false, false]);
  });
});

describe("the project", () => {
  it("is read from the query, and set in it", () => {
    expect(projectIn("needle project:nightly")).toBe("nightly");
    expect(projectIn('project:"My project" x')).toBe("My project");
    expect(projectIn("-project:nightly")).toBeNull();
    expect(projectIn("project:a project:b")).toBeNull();
    expect(projectIn("project:a or x")).toBeNull();
    expect(withProject("needle", "My project")).toBe('project:"My project" needle');
    expect(withProject("project:a needle", "b")).toBe("project:b needle");
    expect(withProject("project:a needle", null)).toBe("needle");
    expect(withProject("a or b", "c")).toBe("project:c (a or b)");
  });

  it("alone narrows nothing", () => {
    expect([narrows(""), narrows(" "), narrows("project:a"), narrows("project:a x"), narrows("x")]).toEqual([
      false,
      false,
      false,
      true,
      true,
    ]);
  });
});
