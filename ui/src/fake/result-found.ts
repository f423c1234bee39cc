import type { IpcError, ResultKind } from "../ipc";
import { refused } from "./refused";
import { DRAWN, type LinesShape } from "./result-lines";

const HOUR = 3_600_000;

/** What is found behind a pointer. */
export type FakeFound = {
  kind: ResultKind;
  bytes?: number;
  mime_type?: string;
  lines?: LinesShape;
  requests?: boolean;
  /** The service does not say how large it is. */
  sizeless?: boolean;
  error?: IpcError;
  expires?: number;
};

const GONE = refused("result_gone", "The service has no such file any more: it keeps results for two days.", "404");
export const FOUND: Record<string, FakeFound> = {
  rows: { kind: "rows", bytes: 4_404_019, lines: DRAWN, requests: true },
  "rows-unknown": {
    kind: "rows",
    bytes: 4_404_019,
    lines: { ...DRAWN, special: [31, 5, 2, 7, 6, 2, 1], named: false },
  },
  good: {
    kind: "rows",
    bytes: 81_920,
    lines: { ...DRAWN, asked: 62, special: [], missing: 0, repeats: 0 },
    requests: true,
  },
  million: {
    kind: "rows",
    bytes: 2_147_483_648,
    lines: { asked: 1_000_000, special: [800, 90, 20, 300, 60, 9, 1], missing: 40, named: true, repeats: 3 },
    requests: true,
  },
  embeddings: {
    kind: "rows",
    bytes: 61_000_000,
    lines: { asked: 18_000, special: [], missing: 0, named: true, repeats: 0, embeddings: true },
  },
  cut: {
    kind: "rows",
    bytes: 900_000,
    lines: { ...DRAWN, asked: 400, special: [2], missing: 0, repeats: 0, cut: true },
  },
  video: { kind: "video", bytes: 5_800_000, mime_type: "video/mp4" },
  "video-large": { kind: "video", bytes: 94_000_000, mime_type: "video/mp4" },
  image: { kind: "image", bytes: 172_854, mime_type: "image/bmp" },
  json: { kind: "json", bytes: 2_400, mime_type: "application/json" },
  text: { kind: "text", bytes: 3_300_000, mime_type: "text/plain" },
  binary: { kind: "binary", bytes: 120_000, mime_type: "application/octet-stream" },
  interaction: { kind: "interaction" },
  expired: { kind: "unknown", error: GONE, expires: -3 * HOUR - 60_000 },
  failed: {
    kind: "unknown",
    error: refused(
      "service_unreachable",
      "The service could not be reached; check the connection and try again.",
      "connection timed out",
    ),
  },
};
