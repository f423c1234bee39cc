import { plural } from "./format";

/**
 * What Pollux is made of: itself, a crate, or a package of the window. `elsewhere`: it is in no program for Linux.
 * `texts`: those that stand in its sources, its own first.
 */
export type Part = {
  kind: "own" | "crate" | "package";
  name: string;
  version: string;
  /** As SPDX writes it. Empty: it names none, and its text says it. */
  licence: string;
  texts: number[];
  elsewhere?: boolean;
};
/** The texts as lists of their paragraphs, which many of them share. */
export type Licences = { parts: Part[]; texts: number[][]; paragraphs: string[] };

/** Reads them, which nothing but this page needs. `scripts/licences.js` writes the file. */
export async function readLicences(): Promise<Licences> {
  return (await import("./licences.json")).default as Licences;
}

export const KIND_WORDS = { own: "", crate: "crate", package: "npm" } as const;

/** What it says of its licence, in a few words. */
export const licenceWords = ({ licence }: Part): string => licence || "see its text";

/** The parts that have all the words of `text` in their name, version, licence or kind. */
export function partsFor(parts: readonly Part[], text: string): Part[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return parts.filter((part) => {
    const said = `${part.name} ${part.version} ${part.licence} ${KIND_WORDS[part.kind]}`.toLowerCase();
    return words.every((word) => said.includes(word));
  });
}

/** The texts of a part, whole. */
export function textsOf({ texts, paragraphs }: Licences, part: Part): string[] {
  return part.texts.map((at) => (texts[at] ?? []).map((one) => paragraphs[one] ?? "").join("\n\n"));
}

/** `556 crates and 40 packages` */
export function madeOf(parts: readonly Part[]): string {
  const of = (kind: Part["kind"]) => parts.filter((part) => part.kind === kind).length;
  return `${plural(of("crate"), "crate")} and ${plural(of("package"), "package")}`;
}
