import type { ResultKind, ResultSaved, ResultSource, ResultView } from "../ipc/generated";
import { ago, bytes, count, plural, span, tookFine } from "./format";

/** What is fetched at most to be shown in the window; more is for a file. */
export const SHOWN_MEDIA = 64 * 1024 * 1024;
/** What is read at most of a text. */
export const SHOWN_TEXT = 1024 * 1024;

/** What an opened result is called where its job has no title. */
export const KINDS: Record<ResultKind, string> = {
  unknown: "result",
  rows: "batch output",
  video: "video",
  image: "image",
  json: "JSON",
  text: "text",
  binary: "file",
  interaction: "interaction",
};

/** How far a download is, 0 to 1; null where the whole is not known. */
export function shareOf({ bytes, total }: Pick<ResultView, "bytes" | "total">): number | null {
  return total === null || total === 0 ? null : Math.min(1, bytes / total);
}

/** `1.4 MiB of 4.2 MiB, 33 %`, or what has come so far. */
export function progressWords(view: Pick<ResultView, "bytes" | "total">): string {
  const share = shareOf(view);
  if (share === null) return `${bytes(view.bytes)} so far`;
  return `${bytes(view.bytes)} of ${bytes(view.total ?? 0)}, ${Math.floor(share * 100)}\u00A0%`;
}

/** `4.2 MiB, read in 31 ms` */
export function readWords({ bytes: n, read_us }: Pick<ResultView, "bytes" | "read_us">): string {
  return read_us === null ? bytes(n) : `${bytes(n)}, read in ${tookFine(read_us)}`;
}

export type Expiry = { gone: boolean; text: string };

/** When the service deletes it, or that it did; null where that is not known. */
export function expiry(at: number | null, now: number): Expiry | null {
  if (at === null) return null;
  if (at <= now) return { gone: true, text: `The service deleted it ${ago(at, now)}` };
  return { gone: false, text: timeLeft(at - now) };
}

/** `47 h 38 min`, `12 min`, `8 s`. */
export function timeLeft(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return span(ms);
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  return rest === 0 ? `${count(hours)}\u00A0h` : `${count(hours)}\u00A0h ${rest}\u00A0min`;
}

/** The service has it no longer: it says so, or the time that it was kept is over. */
export function isExpired(view: Pick<ResultView, "state" | "bytes" | "expires_ms" | "error">, now: number): boolean {
  if (view.state !== "failed" || view.bytes > 0) return false;
  return view.error?.code === "result_gone" || (view.expires_ms !== null && view.expires_ms <= now);
}

/** What was saved. */
export function savedWords(saved: ResultSaved): string {
  const file = saved.path.split(/[/\\]/).at(-1) ?? saved.path;
  const what = saved.lines > 0 ? plural(saved.lines, saved.requests ? "request" : "row") : bytes(saved.bytes);
  const unknown =
    saved.unknown > 0
      ? ` ${plural(saved.unknown, "more has a request", "more have requests")} that Pollux does not know.`
      : "";
  return `Saved ${what} to ${file}.${unknown}`;
}

/** A name for the file: what the service calls it, with the end that fits. */
export function fileNameFor(view: Pick<ResultView, "name" | "mime_type" | "kind">, part = ""): string {
  const base = view.name.split(/[/\\]/).at(-1)?.split(":")[0] ?? "";
  const plain = base.replace(/[^\w.-]+/g, "-").replace(/^\.+/, "") || "result";
  const [stem, own] = plain.includes(".")
    ? [plain.slice(0, plain.lastIndexOf(".")), plain.slice(plain.lastIndexOf("."))]
    : [plain, ""];
  return `${stem}${part}${own || endOf(view)}`;
}

function endOf({ kind, mime_type }: Pick<ResultView, "mime_type" | "kind">): string {
  if (kind === "rows") return ".jsonl";
  const sub = mime_type?.split(/[;+]/)[0]?.split("/")[1] ?? "";
  if (sub === "jpeg") return ".jpg";
  if (/^[a-z0-9]{2,5}$/.test(sub)) return `.${sub}`;
  return { video: ".mp4", image: ".png", json: ".json", text: ".txt" }[kind as string] ?? ".bin";
}

/** The question before a pointer is followed that nobody vouches for. */
export function doubtful(project: string, service: string): string {
  return (
    "This delivery is not verified: its sender may have written this pointer. " +
    `Opening it sends a request with the key of ${project} to ${service}.`
  );
}

/** Two that lead to the same. */
export function sameSource(a: ResultSource, b: ResultSource): boolean {
  const plain = (source: ResultSource) =>
    JSON.stringify(source.of === "pointer" ? [source.of, source.delivery, source.path] : source);
  return plain(a) === plain(b);
}

/** Where requests to a project go: the host of its address. */
export function hostOf(address: string): string {
  return /^[a-z]+:\/\/([^/]+)/i.exec(address)?.[1] ?? address;
}

/** How long a video is: `8 s`, `1 min 04 s`. */
export function timeLength(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${seconds < 10 ? Math.round(seconds * 10) / 10 : whole}\u00A0s`;
  return `${Math.floor(whole / 60)}\u00A0min ${String(whole % 60).padStart(2, "0")}\u00A0s`;
}
