import { describe, expect, it } from "vitest";
import { checkJson } from "./json";
import { changesAlone, hasKnown, standIn, valuesOf, variablesIn } from "./variables";

const names = (text: string) => variablesIn(text).map((one) => `${one.known ? "" : "?"}${one.name}`);

describe("variables", () => {
  it("are found as the back end finds them, and those that nobody knows are told apart", () => {
    expect(names('{"at":"{{now}}","s":{{ now_s\t}},"id":"{{{uuid}}}"}')).toEqual(["now", "now_s", "uuid"]);
    expect(names("{{nmae}} {{NOW}} {{a.b}} {{constructor}}")).toEqual(["?nmae", "?NOW", "?a.b", "?constructor"]);
    expect(names('{{}} {{now {now}} {{now\n}} {{now s}} {"a":{"b":{}}}')).toEqual([]);
    expect(hasKnown("{{nmae}}")).toBe(false);
    expect(hasKnown("{{now}}")).toBe(true);
  });

  it("leave JSON that can be read, with every place where it was", () => {
    const text = '{"s":{{now_s}},"id":"batches/{{uuid}}","bad":{{nmae}}}';
    const shown = standIn(text);
    expect(shown).toHaveLength(text.length);
    expect(checkJson(shown).problem?.offset).toBe(text.indexOf("{{nmae") + 1);
    expect(checkJson(standIn('{"s":{{now_s}}}')).problem).toBeNull();
    expect(standIn("{{now}}")).toBe("1111111");
  });

  it("are read from what was changed, and stand apart from it", () => {
    const changes = ["body edited", "{{now}} 2026-01-22T12:00:00Z", "{{uuid}} b1f0", "signed with whsec_…a91f"];
    expect([...valuesOf(changes)]).toEqual([
      ["now", "2026-01-22T12:00:00Z"],
      ["uuid", "b1f0"],
    ]);
    expect(changesAlone(changes)).toEqual(["body edited", "signed with whsec_…a91f"]);
  });

  it("a megabyte of braces takes no time to speak of", () => {
    expect(variablesIn("{".repeat(1024 * 1024))).toEqual([]);
    expect(variablesIn("{{ ".repeat(300_000))).toEqual([]);
  }, 2000);
});
