import { decodingBase64, type Base64 } from "./base64";
import { decoding, utf8 } from "./bytes";
import { bytes as size } from "./format";
import { reading } from "./json";
import { atOnce, type Work } from "./slices";

/**
 * What a string of a payload is besides a string. `json`: it is a JSON text; `jwt`: a compact token, its two parts as
 * they are written; `text` and `bytes`: it is base64 of a text, of which `json` says whether that is JSON, or of bytes,
 * of a kind that they begin like.
 */
export type Decoded =
  | { is: "json"; text: string }
  | { is: "jwt"; header: string; claims: string; signature: number }
  | { is: "text"; text: string; json: boolean; bytes: Uint8Array }
  | { is: "bytes"; bytes: Uint8Array; kind: string | null };

/** Shorter ones are words as often as they are base64. */
const SHORTEST = 16;
/** So long it has to be where what it holds says nothing of what it is. */
const SHORTEST_OPAQUE = 24;
/** The same without padding, which is half of what makes one sure. */
const SHORTEST_BARE = 64;
/** A text that is no longer may hold any character; a shorter one only those of ASCII. */
const SHORT_TEXT = 24;
/** Nobody's tokens are longer. */
const LONGEST_TOKEN = 64 * 1024;
/** So much of a long text is looked at before all of it is. */
const HEAD = 256;

const ALPHABET = /^[\w+/-]+={0,2}$/;
const TOKEN = /^[\w-]{8,}\.[\w-]{2,}\.[\w-]*$/;
// What is no text is told by these; a tab and ends of lines are text.
const CONTROL = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\uFFFE\uFFFF]/;
const ASCII = /^[\u0000-\u007F]*$/;

/** Whether a string that begins so, as it is written, may be something besides: most texts are told by it. */
export function mayDecode(head: string): boolean {
  return /^(\s|\\[nrt])*[[{]|^[\w+/.=\\-]*$/.test(head);
}

/** What a string is besides a string; null where that is not certain. It never throws, whatever the string is. */
export function* looking(text: string): Work<Decoded | null> {
  if (text.length < 4) return null;
  if (/^\s*[[{]/.test(text.slice(0, HEAD))) return (yield* isJson(text)) ? { is: "json", text } : null;
  if (!/^[\w+/.=-]+$/.test(text.slice(0, HEAD))) return null;
  if (text.length <= LONGEST_TOKEN && TOKEN.test(text)) return tokenOf(text);
  if (text.length < SHORTEST || !ALPHABET.test(text.length <= HEAD ? text : text.slice(0, HEAD))) return null;
  const decoded = yield* decodingBase64(text);
  return decoded && (yield* holding(text, decoded));
}

/** An object or array with something in it. */
function* isJson(text: string): Work<boolean> {
  if (!/[\]}]\s*$/.test(text.slice(-HEAD))) return false;
  const { root, shape } = yield* reading(text);
  if (root?.kind !== "object" && root?.kind !== "array") return false;
  const known = shape.at(root.start)?.count;
  return known === undefined ? /[^\s[\]{}]|[[{]\s*[[{]/.test(text.slice(root.start, root.end)) : known > 0;
}

/** RFC 7519 in its compact form: two objects, of which the first names how it is signed. */
function tokenOf(text: string): Decoded | null {
  const [first = "", second = "", third = ""] = text.split(".");
  const [header, claims] = [objectOf(first), objectOf(second)];
  const signature = third === "" ? 0 : (bytesOf(third)?.length ?? -1);
  if (header === null || claims === null || signature < 0) return null;
  return typeof header.value.alg === "string"
    ? { is: "jwt", header: header.text, claims: claims.text, signature }
    : null;
}

function bytesOf(text: string): Uint8Array | null {
  const decoded = atOnce(decodingBase64(text));
  // Words as a token has them: without padding, in the alphabet for URLs, which short ones may have nothing of.
  return decoded && !decoded.padded && !/[+/]/.test(text) ? decoded.bytes : null;
}

function objectOf(part: string): { text: string; value: Record<string, unknown> } | null {
  const bytes = bytesOf(part);
  if (bytes === null) return null;
  const { text, valid } = utf8(bytes);
  try {
    const value: unknown = valid ? JSON.parse(text) : null;
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? { text, value: value as Record<string, unknown> }
      : null;
  } catch {
    return null;
  }
}

/** What base64 holds, where that or its form leaves no doubt that it is base64. */
function* holding(text: string, { bytes, alphabet, padded }: Base64): Work<Decoded | null> {
  const kind = kindOf(bytes);
  if (kind !== null) return { is: "bytes", bytes, kind };
  const read = yield* decoding(bytes);
  if (read.valid && !CONTROL.test(read.text) && (text.length > SHORT_TEXT || ASCII.test(read.text))) {
    const json = /^\s*[[{]/.test(read.text.slice(0, HEAD)) && (yield* isJson(read.text));
    return { is: "text", text: read.text, json, bytes };
  }
  if (alphabet === "url") return null;
  const mixed = /[A-Z]/.test(text) && /[a-z]/.test(text) && /\d/.test(text);
  const sure = padded ? text.length >= SHORTEST_OPAQUE : text.length >= SHORTEST_BARE && /\+/.test(text);
  return mixed && sure && (padded || text.includes("/")) ? { is: "bytes", bytes, kind: null } : null;
}

/** How files begin; a dot stands for any byte. */
const BEGINNINGS: readonly [string, string][] = [
  ["PNG image", "\x89PNG\r\n\x1a\n"],
  ["JPEG image", "\xff\xd8\xff"],
  ["GIF image", "GIF87a"],
  ["GIF image", "GIF89a"],
  ["WebP image", "RIFF....WEBP"],
  ["WAV audio", "RIFF....WAVE"],
  ["MP4 video", "....ftyp"],
  ["Ogg audio or video", "OggS\0"],
  ["PDF document", "%PDF-"],
  ["gzip", "\x1f\x8b\x08"],
  ["ZIP archive", "PK\x03\x04"],
];

/** What bytes begin like. */
export function kindOf(bytes: Uint8Array): string | null {
  const begins = (like: string) =>
    bytes.length >= like.length && [...like].every((char, at) => char === "." || char.charCodeAt(0) === bytes[at]);
  return BEGINNINGS.find(([, like]) => begins(like))?.[0] ?? null;
}

/** What it is, for a button and for the head of what it is opened to. */
export function decodedWords(decoded: Decoded): string {
  switch (decoded.is) {
    case "json":
      return "JSON in a string";
    case "jwt":
      return "JWT";
    case "text":
      return `base64: ${decoded.json ? "JSON" : "UTF-8 text"}, ${size(decoded.bytes.length)}`;
    case "bytes":
      return `base64: ${decoded.kind ?? "bytes"}, ${size(decoded.bytes.length)}`;
  }
}

/** The JSON that it is opened to, as it is written; null where it is no JSON. */
export function jsonIn(decoded: Decoded): string | null {
  if (decoded.is === "jwt") return `{"header":${decoded.header},"claims":${decoded.claims}}`;
  if (decoded.is === "bytes") return null;
  return decoded.is === "json" || decoded.json ? decoded.text : null;
}
