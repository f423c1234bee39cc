import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { composite, contrast, parseHex, type Rgb } from "../lib/contrast";

const css = readFileSync("src/styles/tokens.css", "utf8");
const tokens = new Map(
  [...css.matchAll(/--([\w-]+):\s*light-dark\((#\w+),\s*(#\w+)\)/g)].map((m) => [
    m[1] ?? "",
    [m[2] ?? "", m[3] ?? ""] as const,
  ]),
);

/** Text on a ground, perhaps with a tint between. */
const TEXT: [text: string, ground: string, tint?: string][] = [];
for (const ground of ["bg", "panel", "raised", "hover", "sel"]) {
  for (const text of ["text", "soft", "mute", "ok", "no", "warn"]) TEXT.push([text, ground]);
}
for (const text of ["key", "str", "num", "star", "text"])
  for (const ground of ["raised", "bg"]) TEXT.push([text, ground]);
TEXT.push(
  ["text", "panel", "star-bg"],
  ["star", "panel", "star-bg"],
  ["text", "bg", "no-bg"],
  ["text", "bg", "warn-bg"],
  ["warn", "panel", "warn-bg"],
  ["warn", "raised", "warn-bg"],
);
TEXT.push(
  ["mute", "panel", "star-bg"],
  ["ok", "panel", "star-bg"],
  ["no", "panel", "star-bg"],
  ["warn", "panel", "star-bg"],
  ["soft", "panel", "star-bg"],
);
for (const tint of ["ok-bg", "warn-bg", "no-bg"])
  for (const text of ["text", "soft", "mute"]) TEXT.push([text, "panel", tint]);
TEXT.push(["no", "panel", "no-bg"], ["ok", "panel", "ok-bg"], ["ok", "panel", "no-bg"], ["warn", "panel", "no-bg"]);
TEXT.push(["info", "raised"], ["info", "bg", "info-bg"], ["soft", "sel"], ["info", "sel"]);
for (const ground of ["panel", "raised", "bg", "sel", "hover"]) TEXT.push(["text", ground, "hit"]);
for (const side of ["a", "b"])
  TEXT.push(
    ["text", `side-${side}-bg`],
    ["text", `side-${side}-soft`],
    [`side-${side}`, "panel"],
    [`side-${side}`, "raised"],
    [`side-${side}`, "sel"],
  );
TEXT.push(["info", "panel"], ["on-star", "star"], ["on-star", "star-hover"]);
/** Borders and marks that carry meaning need 3:1. */
const MARKS: [string, string][] = [
  ["edge", "bg"],
  ["edge", "panel"],
  ["edge", "raised"],
  ["star", "bg"],
  ["star", "panel"],
  ["star", "sel"],
  ["star", "raised"],
];
/** Boxes and radios stand on every ground, also on one that is chosen. */
for (const ground of ["bg", "panel", "raised", "hover", "sel"])
  for (const mark of ["box", "star", "no"]) MARKS.push([mark, ground]);
const TINTED: [string, string][] = [
  ["box", "star-bg"],
  ["box", "no-bg"],
  ["box", "warn-bg"],
  ["star", "star-bg"],
  ["no", "no-bg"],
  ["star", "warn-bg"],
];

describe.each([
  ["light", 0],
  ["dark", 1],
] as const)("%s", (_theme, side) => {
  const colour = (name: string): Rgb & { a: number } => {
    const pair = tokens.get(name);
    if (!pair) throw new Error(`no token --${name}`);
    return parseHex(pair[side]);
  };
  const ground = (name: string, tint?: string) => (tint ? composite(colour(tint), colour(name)) : colour(name));

  it.each(TEXT)("%s on %s (tint: %s) is 4.5:1 or better", (text, on, tint) => {
    expect(contrast(colour(text), ground(on, tint))).toBeGreaterThanOrEqual(4.5);
  });
  it.each(TINTED)("%s on the panel tinted with %s is 3:1 or better", (mark, tint) => {
    expect(contrast(colour(mark), ground("panel", tint))).toBeGreaterThanOrEqual(3);
  });
  it("the sign in a box stands out from what fills it", () => {
    for (const fill of ["star", "no"]) expect(contrast(colour("on-star"), colour(fill))).toBeGreaterThanOrEqual(3);
  });
  it.each(MARKS)("%s on %s is 3:1 or better", (mark, on) => {
    expect(contrast(colour(mark), ground(on))).toBeGreaterThanOrEqual(3);
  });
});

it("reads all pairs", () => {
  expect(tokens.size).toBeGreaterThan(25);
});
