import { cutBefore } from "./graphemes";
import type { Work } from "./slices";

/** Bytes as text and as hex. */
export type Decoded = { text: string; valid: boolean };

/** UTF-8, with what is not UTF-8 replaced; says so. A byte order mark is kept: it is part of what arrived. */
export function utf8(bytes: Uint8Array): Decoded {
  try {
    return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes), valid: true };
  } catch {
    return { text: new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes), valid: false };
  }
}

/** Bytes that are decoded without a stop. */
export const DECODED_AT_ONCE = 128 * 1024;

/** The same in pieces, for a body of any length. */
export function* decoding(bytes: Uint8Array): Work<Decoded> {
  let parts: string[] = [];
  const take = (part: string) => parts.push(part);
  const valid = yield* decodes(bytes, true, take);
  if (!valid) {
    parts = [];
    yield* decodes(bytes, false, take);
  }
  return { text: parts.join(""), valid };
}

/** Whether all of it is UTF-8, in pieces; nothing of the text is kept. */
export function* checkingUtf8(bytes: Uint8Array): Work<boolean> {
  return yield* decodes(bytes, true, () => undefined);
}

/** Decodes in pieces that need not end where a character does. False: it is not UTF-8, and `fatal`. */
function* decodes(bytes: Uint8Array, fatal: boolean, take: (part: string) => void): Work<boolean> {
  const decoder = new TextDecoder("utf-8", { fatal, ignoreBOM: true });
  try {
    for (let at = 0; at < bytes.length; at += DECODED_AT_ONCE) {
      const part = bytes.subarray(at, at + DECODED_AT_ONCE);
      take(decoder.decode(part, { stream: true }));
      yield part.length;
    }
    take(decoder.decode());
    return true;
  } catch {
    return false;
  }
}

/** A text as bytes, in pieces. */
export function* encoding(text: string): Work<Uint8Array> {
  const encoder = new TextEncoder();
  const parts: Uint8Array[] = [];
  for (let at = 0; at < text.length;) {
    let end = Math.min(text.length, at + DECODED_AT_ONCE);
    // Both halves of a surrogate pair are one character.
    if (end < text.length && (text.charCodeAt(end) & 0xfc00) === 0xdc00) end++;
    parts.push(encoder.encode(text.slice(at, end)));
    yield end - at;
    at = end;
  }
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** The first `most` bytes, cut before a character that would be halved. */
export function utf8Prefix(bytes: Uint8Array, most: number): Uint8Array {
  if (bytes.length <= most) return bytes;
  let end = most;
  while (end > most - 4 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end);
}

export const HEX_COLUMNS = 16;

export type HexRow = { offset: string; hex: string; text: string };

/** How each byte is written; made once, so that a row makes no text of its own for each of its bytes. */
const CELLS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const LETTERS = CELLS.map((_, byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·"));

/** `000001f0  7b 22 74 79 …  {"ty…`; bytes that are not printable ASCII show as a dot. */
export function hexRow(bytes: Uint8Array, row: number): HexRow {
  const start = row * HEX_COLUMNS;
  let [hex, text] = ["", ""];
  for (let at = 0; at < HEX_COLUMNS; at++) {
    const byte = bytes[start + at];
    if (at > 0) hex += at === HEX_COLUMNS / 2 ? "  " : " ";
    hex += byte === undefined ? "  " : CELLS[byte];
    text += byte === undefined ? "" : LETTERS[byte];
  }
  return { offset: start.toString(16).padStart(8, "0"), hex, text };
}

export function hexRows(length: number): number {
  return Math.ceil(length / HEX_COLUMNS);
}

/**
 * Splits a long text into pieces at line ends where there are any, so that the browser lays out only what is in sight.
 */
export function pieces(text: string, size: number): string[] {
  const parts: string[] = [];
  for (let at = 0; at < text.length;) {
    let end = Math.min(text.length, at + size);
    if (end < text.length) {
      const line = text.lastIndexOf("\n", end);
      if (line > at) end = line + 1;
      else end = Math.max(at + 1, cutBefore(text, end));
    }
    parts.push(text.slice(at, end));
    at = end;
  }
  return parts;
}

/** Where a byte of UTF-8 stands in the text that it is, in code units. */
export function utf16Offset(bytes: Uint8Array, offset: number): number {
  return new TextDecoder().decode(bytes.subarray(0, offset)).length;
}
