import { expect, it } from "vitest";
import { mayBeId } from "./id-text";

it.each([
  "msg_5f0c6f0e",
  "msg_abcdef",
  "batches/8x2k4q9v",
  "files/abc",
  "interactions/v1_Chd2bGFtZW50",
  "v1_Chd2bGFtZW50YXRpb24tMDQy",
  "models/veo-3.1/operations/5hq2",
  "webhooks/95fyabcdefghijklmnopqrstuvwxyz0bfhzz",
  "95fyabcdefghijklmnopqrstuvwxyz0bfhzz",
  "https://generativelanguage.googleapis.com/v1beta/files/abc:download?alt=media",
  "8x2k4q9v",
])("%s may be an id", (text) => expect(mayBeId(text)).toBe(true));

it.each([
  "",
  "v1",
  "high",
  "batch.succeeded",
  "nightly-eval",
  "2026-01-22T12:00:00Z",
  "12345678",
  "12.5e3",
  "The batches/8x2k4q9v are done",
  "gs://my-bucket/results.jsonl",
  "x".repeat(300),
])("%s is none", (text) => expect(mayBeId(text)).toBe(false));
