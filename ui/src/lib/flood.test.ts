import { expect, it } from "vitest";
import type { BodyView, HeaderView, Verdict } from "../ipc/generated";
import { partNote } from "./body-part";
import { room } from "./disk";

const LENGTH: HeaderView = {
  name: "Content-Length",
  value: "1048576",
  base64: null,
  known: true,
  meaning: null,
  decoded: null,
};

function note(reason: string, body: Partial<BodyView>, headers: HeaderView[] = [LENGTH]): string {
  const whole: BodyView = {
    len: 1_048_576,
    kept_len: 65_536,
    truncated: true,
    sha256: null,
    content_type: null,
    encoding: null,
    decoded_len: null,
    decode_problem: null,
    kind: "text",
  };
  return partNote({ body: { ...whole, ...body }, headers, verdict: { reason } as Verdict });
}

it("a part of a body: why, and how much, as far as that is known", () => {
  expect(note("no_matching_signature", { truncated: false })).toBe("");
  expect(note("no_matching_signature", { sha256: "00" })).toBe(
    "Only the beginning of a rejected body is kept. Pollux kept the first 65,536 of 1,048,576 bytes.",
  );
  expect(note("no_matching_signature", { sha256: "00" }, [])).not.toContain("at least");
  expect(note("body_too_large", {})).toBe(
    "The body is longer than the limit. Pollux kept the first 65,536 of 1,048,576 bytes.",
  );
  expect(note("body_too_large", {}, [])).toContain("of at least 1,048,576 bytes");
  expect(note("body_timed_out", { kept_len: 6, len: 10 })).toBe(
    "The body did not arrive in time. Pollux kept the first 6 of 10 bytes.",
  );
  expect(note("body_cut_short", { kept_len: 6, len: 6 }, [])).toBe(
    "The body was cut short on the way. Pollux kept the 6 bytes that arrived.",
  );
  expect(note("no_matching_signature", {})).toContain("This is not the whole body.");
});

it("the room of a disk, also where both look the same", () => {
  expect(room({ free: 843_055_104, reserve: 1_073_741_824 })).toBe("804\u00A0MiB free; Pollux needs 1\u00A0GiB");
  expect(room({ free: 1_073_741_823, reserve: 1_073_741_824 })).toBe("less than 1\u00A0GiB free");
});
