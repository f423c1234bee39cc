import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { licenceWords, madeOf, partsFor, readLicences, textsOf, type Licences } from "./licences";

it("the list of what Pollux is made of is what the lock files say: else `make licences`", async () => {
  const said = execFileSync("node", ["scripts/licences.js", "--list"], { encoding: "utf8", maxBuffer: 16 << 20 });
  const { parts } = await readLicences();
  const [own, ...others] = parts;
  expect(own).toMatchObject({ kind: "own", name: "Pollux", licence: "Apache-2.0 OR MIT" });
  expect(others.map((part) => `${part.kind} ${part.name}@${part.version}`)).toEqual(said.trim().split("\n"));
}, 120_000);

it("every part names a licence or has a text, and every text is whole", async () => {
  const licences = await readLicences();
  const bare = licences.parts.filter((part) => part.licence === "" && part.texts.length === 0);
  expect(bare.map((part) => part.name)).toEqual([]);
  for (const part of licences.parts)
    for (const text of textsOf(licences, part)) expect(text.length).toBeGreaterThan(80);
  const inter = licences.parts.find((part) => part.name === "@fontsource-variable/inter");
  expect(inter?.licence).toBe("OFL-1.1");
  expect(inter && textsOf(licences, inter)[0]).toContain("SIL OPEN FONT LICENSE");
});

const made: Licences = {
  parts: [
    { kind: "own", name: "Pollux", version: "0.1.0", licence: "Apache-2.0 OR MIT", texts: [0] },
    { kind: "crate", name: "tauri", version: "2.12.5", licence: "Apache-2.0 OR MIT", texts: [0, 1] },
    { kind: "package", name: "svelte-toolbelt", version: "0.10.7", licence: "", texts: [1] },
  ],
  texts: [
    [0, 1],
    [0, 2],
  ],
  paragraphs: ["Permission is granted.", "By A.", "By B."],
};

it("parts are found by all the words, wherever they stand", () => {
  const names = (text: string) => partsFor(made.parts, text).map((part) => part.name);
  expect(names("")).toHaveLength(3);
  expect(names("  MIT tau ")).toEqual(["tauri"]);
  expect(names("npm")).toEqual(["svelte-toolbelt"]);
  expect(names("0.1")).toEqual(["Pollux", "svelte-toolbelt"]);
  expect(names("gpl")).toEqual([]);
});

it("texts are put together from what they share, and who names no licence is told by its text", () => {
  const [, tauri, belt] = made.parts;
  expect(tauri && textsOf(made, tauri)).toEqual(["Permission is granted.\n\nBy A.", "Permission is granted.\n\nBy B."]);
  expect(belt && licenceWords(belt)).toBe("see its text");
  expect(madeOf(made.parts)).toBe("1 crate and 1 package");
});
