import { cutBefore } from "./graphemes";

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

/** The first `most` bytes, cut before a character that would be halved. */
export function utf8Prefix(bytes: Uint8Array, most: number): Uint8Array {
  if (bytes.length <= most) return bytes;
  let end = most;
  while (end > most - 4 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end);
}

export const HEX_COLUMNS = 16;

export type HexRow = { offset: string; hex: string; text: string };

/** `000001f0  7b 22 74 79 …  {"ty…`; bytes that are not printable ASCII show as a dot. */
export function hexRow(bytes: Uint8Array, row: number): HexRow {
  const start = row * HEX_COLUMNS;
  const part = bytes.subarray(start, start + HEX_COLUMNS);
  const cells = Array.from(part, (byte) => byte.toString(16).padStart(2, "0"));
  while (cells.length < HEX_COLUMNS) cells.push("  ");
  return {
    offset: start.toString(16).padStart(8, "0"),
    hex: `${cells.slice(0, 8).join(" ")}  ${cells.slice(8).join(" ")}`,
    text: Array.from(part, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·")).join(""),
  };
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
