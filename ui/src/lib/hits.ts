import type { Hit } from "../ipc/generated";

/** Where a hit is, in a word: the header's name, or the part of the delivery; empty for a body. */
export function hitName(hit: Hit): string {
  switch (hit.place) {
    case "header":
    case "header_name":
      return hit.name ?? "header";
    case "id":
      return "id";
    case "path":
      return "path";
    case "query":
      return "query";
    case "note":
      return "note";
    case "body":
      return "";
  }
}

/** What is shown of a hit: where it is, and the text around it. */
export type Snippet = { name: string; before: string; text: string; after: string };

/** The key of a JSON member whose value is a string, as far as it begins. */
const MEMBER = /"((?:[^"\\]|\\.)*)"\s*:\s*"((?:[^"\\]|\\.)*)$/s;
const REST = /^((?:[^"\\]|\\.)*?)"/s;

/** In a JSON body the key stands for what is around it: `suite needle-128k` says more than `…": "needle-128k", …`. */
export function snippet(hit: Hit): Snippet {
  const plain = { name: hitName(hit), before: hit.before, text: hit.text, after: hit.after };
  const [, key, begun] = (hit.place === "body" && MEMBER.exec(hit.before)) || [];
  if (key === undefined || begun === undefined) return plain;
  return { name: key, before: begun, text: hit.text, after: REST.exec(hit.after)?.[1] ?? hit.after };
}
