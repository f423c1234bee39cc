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
