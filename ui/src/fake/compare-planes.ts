import type { BodyChange, CompareValue, HexWindow, Meaning, SignedBytes, Transport, TransportRow } from "../ipc";

/** What the bodies are: JSON that was written again, the same, and what else there may be. */
export type CompareScene = "written" | "same" | "text" | "binary" | "many" | "cut" | "hostile";

const SENT =
  '{"type":"batch.failed","data":{"id":"batches/2f91c07d","user_metadata":{"shard":"14","suite":"needle"},"counts":{"completed":1.0,"error":{"code":13,"details":null,"message":"shard 14: needle lost"}}}}';
const MADE =
  '{"type":"batch.failed","data":{"id":"batches/2f91c07d","user_metadata":{"shard":"14","suite":"needle"},"counts":{"completed":1,"error":{"code":13,"message":"shard 14: needle lost"}},"received_by":"edge-2"}}';

const value = (text: string, cut = 0): CompareValue => ({
  text,
  len: text.length + cut,
  cut: cut > 0,
  hex: text.includes("\ufffd") ? "636166e9" : null,
});
const hex = (text: string) =>
  [...new TextEncoder().encode(text)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

export function hexWindow(text: string, at: number): HexWindow {
  const start = Math.max(0, Math.floor(at / 16) - 1) * 16;
  return { start, hex: hex(text).slice(start * 2, (start + 256) * 2) };
}

function change(kind: BodyChange["kind"], path: string, a?: string, b?: string, note?: string): BodyChange {
  return {
    kind,
    path,
    path_b: null,
    a: a === undefined ? null : value(a),
    b: b === undefined ? null : value(b),
    note: note ?? null,
  };
}

const WRITTEN: BodyChange[] = [
  change("rewritten", "data.counts.completed", "1.0", "1", "same number, other text: other bytes"),
  change("removed", "data.counts.error.details", "null"),
  change("added", "data.received_by", undefined, '"edge-2"'),
];

const HOSTILE: BodyChange[] = [
  change("changed", `data["${"a".repeat(200)}…"].b`, `"${"long ".repeat(380)}`, '"\u202Egpj.exe\u200B<img src=x>"'),
  { ...change("changed", "data.blob"), a: value(`"${"QUJD".repeat(490)}`, 4_000_000), b: value('""') },
  change("rewritten", "data.name", '"\\u00e9"', '"é"', "same text, other escapes: other bytes"),
];

export function meaning(scene: CompareScene): Meaning {
  const none: Meaning = {
    form: "json",
    changes: [],
    counts: { changed: 0, added: 0, removed: 0, rewritten: 0 },
    equal: 9,
    same: ["type", "data.id", "data.user_metadata.shard", "data.user_metadata.suite", "data.counts.error.code"].map(
      (path, i) => ({
        path,
        value: value(['"batch.failed"', '"batches/2f91c07d"', '"14"', '"needle"', "13"][i] ?? ""),
      }),
    ),
    moved: [],
    moved_count: 0,
    spacing: false,
    repeated: [],
    lines: [],
    differing_lines: 0,
    notes: [],
  };
  const counted = (changes: BodyChange[], more = 0): Meaning => {
    const of = (kind: BodyChange["kind"]) => changes.filter((one) => one.kind === kind).length;
    const counts = {
      changed: of("changed") + more,
      added: of("added"),
      removed: of("removed"),
      rewritten: of("rewritten"),
    };
    return { ...none, changes, counts, moved: ["data.user_metadata", "data.user_metadata.shard"], moved_count: 2 };
  };
  switch (scene) {
    case "same":
      return none;
    case "binary":
      return {
        ...none,
        form: "bytes",
        equal: 0,
        same: [],
        notes: ["Neither body is text in UTF-8: only the bytes are compared."],
      };
    case "cut":
      return {
        ...none,
        form: "text",
        equal: 120,
        same: [],
        notes: ["Only 65536 of the 1048576 bytes of B's body were kept."],
      };
    case "text":
      return {
        ...none,
        form: "text",
        equal: 19,
        same: [],
        differing_lines: 3,
        lines: [
          { whose: "gap", number_a: null, number_b: null, text: "", more: 6 },
          { whose: "both", number_a: 7, number_b: 7, text: "  <job>nightly-eval</job>", more: 0 },
          { whose: "a", number_a: 8, number_b: null, text: "  <state>running</state>", more: 0 },
          { whose: "b", number_a: null, number_b: 8, text: "  <state>failed</state>", more: 0 },
          { whose: "b", number_a: null, number_b: 9, text: "  <reason>needle\u00a0lost</reason>", more: 0 },
          { whose: "both", number_a: 9, number_b: 10, text: "</event>", more: 0 },
          { whose: "gap", number_a: null, number_b: null, text: "", more: 12 },
        ],
        notes: ["B's body is not JSON."],
      };
    case "many": {
      const many = Array.from({ length: 1000 }, (_, i) =>
        change("changed", `rows[${i}].text`, `"row ${i}"`, `"Row ${i}"`),
      );
      return { ...counted(many, 59_000), notes: ["60000 differences; the first 1000 are listed."], equal: 60_004 };
    }
    case "hostile":
      return {
        ...counted(HOSTILE),
        repeated: ["data.k"],
        notes: ["1 member repeats a name in A: readers differ in which one they take."],
      };
    default:
      return counted(WRITTEN);
  }
}

export function bytesOf(scene: CompareScene, later: number, id: string | null, answers: boolean): SignedBytes {
  const same = scene === "same" || scene === "cut";
  const [one, two] = same ? [SENT, SENT] : [SENT, MADE];
  const at = same ? one.length : [...one].findIndex((char, i) => char !== two[i]);
  const part = (text: string) => ({ a: value(text), b: value(text), equal: true });
  return {
    body: scene === "same" ? "equal" : scene === "cut" ? "equal_as_kept" : "differ",
    len_a: one.length,
    kept_a: one.length,
    len_b: scene === "cut" ? 1_048_576 : two.length,
    kept_b: two.length,
    equal_start: at,
    equal_end: same ? 0 : 2,
    window_a: hexWindow(one, same ? 0 : at),
    window_b: hexWindow(two, same ? 0 : at),
    id: answers ? null : part(id ?? "msg_5f0c1b2a9d3e4f60e21a"),
    timestamp: answers ? null : { a: value("1795223526"), b: value(String(1_795_223_526 + later)), equal: later === 0 },
    later_s: answers ? null : later,
  };
}

export function transport(same: boolean): Transport {
  const row = (
    name: string,
    a: string | null,
    b: string | null,
    about: TransportRow["about"] = "header",
  ): TransportRow => ({
    about,
    name,
    kind: a === b ? null : a === null ? "added" : b === null ? "removed" : "changed",
    a: a === null ? [] : [value(a)],
    b: b === null ? [] : [value(b)],
    more: 0,
  });
  const changes = same ? [] : [row("content-length", "299", "305"), row("via", null, "1.1 edge-2")];
  return {
    changes,
    counts: { changed: same ? 0 : 1, added: same ? 0 : 1, removed: 0, rewritten: 0 },
    each: [
      row("webhook-timestamp", "1795223526", "1795223861"),
      row(
        "webhook-signature",
        "v1,9uXq1b0mZ3Zk0c2VtYXJrYWJsZS1zaWduYXR1cmU3Zk=",
        "v1,Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmE=",
      ),
      row(
        "traceparent",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-a3ce929d0e0e47364bf92f3577b34da6-00f067aa0ba902b8-01",
      ),
      row("x-request-id", "8x2k4q9v", "7k2m0q1a"),
    ],
    each_count: 4,
    same: [
      row("method", "POST", "POST", "fact"),
      row("path", "/nightly", "/nightly", "fact"),
      row("content-type", "application/json", "application/json"),
      row("user-agent", "Google-Gemini-Webhooks/1.0", "Google-Gemini-Webhooks/1.0"),
      row("x-note", "caf\ufffd", "caf\ufffd"),
    ],
    equal: 8,
    moved: [],
    moved_count: 0,
    proxy: same ? null : { in_b: true, name: "via", value: value("1.1 edge-2") },
  };
}
