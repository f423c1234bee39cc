import { describe, expect, it } from "vitest";
import { decodingBase64 } from "./base64";
import { decodedWords, jsonIn, kindOf, looking, mayDecode, type Decoded } from "./decode";
import { claimTimes } from "./jwt-times";
import { atOnce, type Work } from "./slices";

const seen = (text: string): Decoded | null => atOnce(looking(text));
const base64 = (text: string | Uint8Array) => Buffer.from(text).toString("base64");
const base64url = (text: string | Uint8Array) => Buffer.from(text).toString("base64url");
const words = (text: string) => {
  const decoded = seen(text);
  return decoded && decodedWords(decoded).replace(/\u00A0/g, " ");
};
const HEADER = base64url('{"alg":"RS256","kid":"k1"}');
const CLAIMS = base64url('{"aud":"pollux","exp":1795223824,"iat":1.795220224e9}');
const TOKEN = `${HEADER}.${CLAIMS}.${base64url(new Uint8Array(256).fill(7))}`;

describe("what a string is besides", () => {
  it.each([
    ['{"a":[1.0,12345678901234567890]}', "JSON in a string"],
    [" [1]\n", "JSON in a string"],
    ["[[]]", "JSON in a string"],
    [TOKEN, "JWT"],
    [`${base64url('{"alg":"none"}')}.${base64url("{}")}.`, "JWT"],
    [base64("The winter is over."), "base64: UTF-8 text, 19 B"],
    [base64("Grüße aus dem Norden"), "base64: UTF-8 text, 22 B"],
    [base64url("in the other alphabet?>>"), "base64: UTF-8 text, 24 B"],
    [base64('{"type":"batch.succeeded"}'), "base64: JSON, 26 B"],
    [base64url("The winter is over."), "base64: UTF-8 text, 19 B"],
    [base64(Buffer.from("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "latin1")), "base64: PNG image, 16 B"],
    [base64(Buffer.from("\xff\xd8\xff\xe0\0\x10JFIF\0\x01", "latin1")), "base64: JPEG image, 12 B"],
    [base64(Buffer.from("\0\0\0\x18ftypmp42\0\0\0\0", "latin1")), "base64: MP4 video, 16 B"],
    [base64(Uint8Array.from({ length: 32 }, (_, i) => i * 37)), "base64: bytes, 32 B"],
  ])("%s is %s", (text, expected) => expect(words(text)).toBe(expected));

  it.each([
    "",
    "plain",
    "interactions.completed",
    "interaction.requires_action",
    "nightly-eval",
    "2026-01-22T12:00:00Z",
    "batches/8x2k4q9v",
    "files/batch-8x2k4q9v",
    "models/veo-3.1-generate/operations/5hq2k9x0v7ab",
    "v1_Chd2bGFtZW50YXRpb24tMDQy",
    "msg_5f0c6f0e9d4b4b7a8c1d2e3f4a5be21a",
    "550e8400-e29b-41d4-a716-446655440000",
    "95fyabcdefghijklmnopqrstuvwxyz0bfhzz",
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "1234567890123456",
    "AAAAAAAAAAAAAAAAAAAAAAAA",
    "abcdabcdabcdabcd",
    "averyveryverylongwordofsixtyfourlettersthatmeansnothingatallhere",
    "gs://my-bucket/results.jsonl",
    "https://generativelanguage.googleapis.com/v1beta/files/abc:download?alt=media",
    "{}",
    "[]",
    "{a: 1}",
    '{"a":1',
    "[1,]",
    "{ braces } are text",
    "a.b.c",
    "www.example.com",
    `${HEADER}.${CLAIMS}`,
    `${HEADER}.${CLAIMS}.not+url`,
    `${CLAIMS}.${HEADER}.c2ln`,
    `${base64("The winter is over.")}=`,
    base64("The winter is over!").slice(0, -1),
  ])("%j is nothing besides", (text) => expect(words(text)).toBeNull());

  it("is told with its digits and its order, a token's parts as they are written", () => {
    const token = seen(TOKEN);
    expect(token && jsonIn(token)).toBe(
      '{"header":{"alg":"RS256","kid":"k1"},"claims":{"aud":"pollux","exp":1795223824,"iat":1.795220224e9}}',
    );
    const json = seen('{"n":1.0,"n":12345678901234567890}');
    expect(json && jsonIn(json)).toBe('{"n":1.0,"n":12345678901234567890}');
    const bytes = seen(base64(Uint8Array.from({ length: 32 }, (_, i) => i * 37)));
    expect(bytes && jsonIn(bytes)).toBeNull();
  });
});

/** Numbers that only seem to be by chance, the same at each run. */
function chance(seed: number): (n: number) => number {
  return (n) => (seed = (seed * 48_271) % 2_147_483_647) % n;
}

const ALPHABETS = [
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
  "abcdefghijklmnopqrstuvwxyz0123456789",
  "0123456789abcdef",
  '{}[]":,.=\\ \n\u0000\uD800éa1-_/+',
];
const SOURCES = [TOKEN, base64("The winter is over."), '{"a":[1,{"b":null}]}', base64('{"a":1}'), `${HEADER}.e30.`];

/** Whether what was offered is what the string holds, by other means than those that offered it. */
function holds(text: string, decoded: Decoded): boolean {
  const same = (bytes: Uint8Array) => {
    const plain = text.replace(/=+$/, "").replace(/-/g, "+").replace(/_/g, "/");
    return Buffer.from(bytes).toString("base64").replace(/=+$/, "") === plain;
  };
  switch (decoded.is) {
    case "json":
      return typeof JSON.parse(text) === "object";
    case "jwt":
      return [decoded.header, decoded.claims].every(
        (part, i) =>
          base64url(part) === text.split(".")[i] && typeof (JSON.parse(part) as { alg?: string } | null) === "object",
      );
    case "text":
      return same(decoded.bytes) && Buffer.from(decoded.bytes).equals(Buffer.from(decoded.text));
    case "bytes":
      return same(decoded.bytes);
  }
}

describe("whatever the string is", () => {
  it("nothing is thrown, and nothing is offered that it does not hold", () => {
    const random = chance(11);
    let offered = 0;
    for (let i = 0; i < 30_000; i++) {
      let text: string;
      if (i % 2) {
        const alphabet = ALPHABETS[random(ALPHABETS.length)] ?? "";
        text = Array.from({ length: random(90) }, () => alphabet[random(alphabet.length)]).join("");
      } else {
        const source = SOURCES[random(SOURCES.length)] ?? "";
        const at = random(source.length + 1);
        const alphabet = ALPHABETS[random(ALPHABETS.length)] ?? "";
        text =
          source.slice(0, at) +
          (random(2) ? (alphabet[random(alphabet.length)] ?? "") : "") +
          source.slice(at + random(2));
      }
      const decoded = seen(text);
      if (decoded === null) continue;
      offered++;
      expect(holds(text, decoded), JSON.stringify(text)).toBe(true);
      expect(mayDecode(JSON.stringify(text).slice(1, -1).slice(0, 199)), JSON.stringify(text)).toBe(true);
    }
    expect(offered).toBeGreaterThan(500);
  });

  it("few that are random letters and digits are taken for something", () => {
    const random = chance(5);
    let offered = 0;
    for (let i = 0; i < 20_000; i++) {
      const alphabet = ALPHABETS[2 + (i % 2)] ?? "";
      const text = Array.from({ length: 16 + 4 * random(8) }, () => alphabet[random(alphabet.length)]).join("");
      if (seen(text)) offered++;
    }
    expect(offered).toBe(0);
  });

  it("base64 of any text that is long enough is offered, in either alphabet", () => {
    const random = chance(3);
    for (let i = 0; i < 500; i++) {
      const text = Array.from({ length: 20 + random(60) }, () => "abc XYZ,.é中🙂\n"[random(14)] ?? "").join("");
      const plain = text.replace(/[\uD800-\uDFFF]/g, "");
      if (Buffer.byteLength(plain) < 19) continue;
      for (const encoded of [base64(plain), base64url(plain)])
        expect(seen(encoded), plain).toMatchObject({ is: "text", text: plain });
    }
  });
});

it("bytes of any length are decoded as others do it, and a long text in pieces", () => {
  for (let length = 1; length < 40; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 151 + length * 7) & 255);
    for (const encoded of [base64(bytes), base64url(bytes)])
      expect(atOnce(decodingBase64(encoded))?.bytes, encoded).toEqual(bytes);
  }
  const long = base64(new Uint8Array(4_000_000).fill(255));
  const pieces: number[] = [];
  const work: Work<unknown> = looking(long);
  for (let step = work.next(); !step.done; step = work.next()) pieces.push(step.value);
  expect(Math.max(...pieces)).toBeLessThanOrEqual(128 * 1024);
  expect(atOnce(decodingBase64(long))?.bytes.length).toBe(4_000_000);
});

it("files are told by how they begin", () => {
  const kind = (text: string) => kindOf(Buffer.from(text, "latin1"));
  expect(["%PDF-1.7", "RIFF1234WEBPVP8 ", "RIFF1234WAVEfmt ", "GIF89a", "PK\x03\x04", "OggS\0"].map(kind)).toEqual([
    "PDF document",
    "WebP image",
    "WAV audio",
    "GIF image",
    "ZIP archive",
    "Ogg audio or video",
  ]);
  expect([kind(""), kind("RIFF"), kind("plain text")]).toEqual([null, null, null]);
});

it("the times of claims are told, also those that are written twice or are none", () => {
  expect(claimTimes('{"iat":1795220224,"exp":1.5,"exp":1795223824,"nbf":"soon","sub":1,"toString":1}')).toEqual([
    { claim: "iat", says: "issued", ms: 1_795_220_224_000 },
    { claim: "exp", says: "expires", ms: 1500 },
    { claim: "exp", says: "expires", ms: 1_795_223_824_000 },
  ]);
  expect([claimTimes('{"exp":1e400}'), claimTimes("[1]"), claimTimes("no")]).toEqual([[], [], []]);
});
