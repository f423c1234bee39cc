import type { Work } from "./slices";

/** What a text of base64 stands for, and in which alphabet of RFC 4648 it is written. */
export type Base64 = { bytes: Uint8Array; alphabet: "standard" | "url"; padded: boolean };

const STANDARD = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/** What each character is worth; 64: it is of neither alphabet. Both can be read by one table: no text has both. */
const WORTH = new Uint8Array(256).fill(64);
for (let at = 0; at < 64; at++) WORTH[STANDARD.charCodeAt(at)] = at;
WORTH["-".charCodeAt(0)] = 62;
WORTH["_".charCodeAt(0)] = 63;

/** Characters that are decoded without a stop; a multiple of four. */
const AT_ONCE = 64 * 1024;

/**
 * Decodes a text that is base64 in every respect: one alphabet, padding where the standard one needs it and nowhere
 * else, no bits left over that are not zero. Null for any other text.
 */
export function* decodingBase64(text: string): Work<Base64 | null> {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const length = text.length - padding;
  const rest = length % 4;
  if (length === 0 || rest === 1 || (padding > 0 && rest !== 4 - padding)) return null;
  const bytes = new Uint8Array(Math.floor((length * 3) / 4));
  let [of, standard, url] = [0, false, false];
  for (let from = 0; from < length; from += AT_ONCE) {
    const end = Math.min(length, from + AT_ONCE);
    for (let at = from; at < end; at += 4) {
      let group = 0;
      for (let i = 0; i < 4; i++) {
        const code = at + i < length ? text.charCodeAt(at + i) : 65;
        const worth = code < 256 ? (WORTH[code] ?? 64) : 64;
        if (worth === 64) return null;
        if (code === 43 || code === 47) standard = true;
        else if (code === 45 || code === 95) url = true;
        group = (group << 6) | worth;
      }
      if (of < bytes.length) bytes[of++] = group >> 16;
      if (of < bytes.length) bytes[of++] = (group >> 8) & 255;
      if (of < bytes.length) bytes[of++] = group & 255;
      const left = at + 4 > length ? (rest === 2 ? group & 0xffff : group & 0xff) : 0;
      if (left !== 0) return null;
    }
    if (standard && url) return null;
    yield end - from;
  }
  if (!url && rest !== 0 && padding === 0) {
    // Without padding it is of the alphabet for URLs, where it may be left out.
    if (standard) return null;
    url = true;
  }
  return { bytes, alphabet: url ? "url" : "standard", padded: padding > 0 };
}
