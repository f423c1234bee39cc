import type { Detail, HeaderView, Pointer, Row, Step, Verdict } from "../ipc";

export { fakeAttempts, withTries } from "./attempts";

const step = (check: string, title: string, status: Step["status"], seen: string, expected = ""): Step => ({
  check,
  title,
  status,
  seen,
  expected,
});

/** A plausible detail for a row, so that every part of the window has something to show. */
export function fakeDetail(row: Row, attempts: Row[], body: Uint8Array, noted_ms = row.received_ms): Detail {
  const time = Math.floor(row.received_ms / 1000) - (row.reason === "timestamp_too_old" ? 412 : 2);
  const jwt = row.scheme === "jwt";
  const signature = jwt
    ? "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsxIn0.eyJhdWQiOiJ4In0.c2ln"
    : `${row.scheme ?? "v1"},9uXq1b0mZ3Zk0c2VtYXJrYWJsZS1zaWduYXR1cmU3Zk=`;
  const header = (name: string, value: string, known: boolean, decoded: string | null = null): HeaderView => ({
    name,
    value,
    base64: null,
    known,
    meaning: known ? "Standard Webhooks" : null,
    decoded,
  });
  const headers = [
    header("host", "127.0.0.1:4710", false),
    header("content-type", "application/json", false),
    header("content-length", String(body.length), false),
    header("user-agent", "Google-Gemini-Webhooks/1.0", false),
    header("webhook-id", row.message_id ?? "", true, "The id of the event; the same on every attempt"),
    header("webhook-timestamp", String(time), true),
    header("webhook-signature", signature, true),
    { ...header("x-note", "caf\\u{e9}", false), base64: "Y2Fm6Q==" },
  ];
  return {
    row,
    project: row.sandbox ? "Sandbox" : "Default",
    method: "POST",
    note: row.note,
    noted_ms: row.note === null ? null : noted_ms,
    path: "/",
    query: null,
    http_version: "HTTP/1.1",
    peer: "127.0.0.1:53124",
    received: new Date(row.received_ms).toISOString(),
    verdict: verdictOf(row),
    checkable: row.message_id !== null,
    event: {
      event_type: row.event_type,
      known: row.known_type,
      meaning: row.known_type ? "A batch finished." : null,
      subscribable: true,
      timestamp: "2026-11-21T01:12:04Z",
      version: "v1",
      unknown_fields: row.known_type ? [] : ["data.sample_rate"],
      problems: [],
      user_metadata: '{"job_group":"nightly-eval","priority":"high"}',
      extent: "whole",
    },
    pointers: pointersOf(row),
    headers,
    signature: {
      note: null,
      entries: jwt
        ? []
        : [
            {
              version: row.scheme ?? "v1",
              text: signature.split(",")[1] ?? "",
              well_formed: true,
              note: null,
              matched: row.outcome === "verified",
            },
          ],
      jwt: jwt
        ? {
            header: '{\n  "alg": "RS256",\n  "kid": "k1"\n}',
            claims: '{\n  "aud": "x",\n  "exp": 1795223824\n}',
            signature_bytes: 256,
            problem: null,
          }
        : null,
    },
    timestamp: {
      value: time,
      iso: new Date(time * 1000).toISOString(),
      skew_s: Math.floor(row.received_ms / 1000) - time,
    },
    body: {
      len: row.truncated ? row.body_len : body.length,
      kept_len: body.length,
      truncated: row.truncated,
      sha256: row.truncated ? "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" : null,
      content_type: "application/json",
      encoding: null,
      decoded_len: null,
      decode_problem: null,
      kind: "json",
    },
    answer: {
      status: row.status,
      by: row.answered_by,
      by_what:
        row.answered_by === "rule"
          ? "fail the first 2 attempts: 503"
          : row.answered_by === "target"
            ? "http://localhost:3000/"
            : null,
      reason_phrase: row.status === 0 ? "" : row.status === 200 ? "OK" : "Unauthorized",
      headers: [
        { name: "content-length", value: "0" },
        { name: "date", value: "Sat, 21 Nov 2026 01:12:06 GMT" },
      ],
      body: "",
      took_us: row.took_us,
    },
    attempts,
    bytes_differ_from: row.outcome === "rejected" && row.attempts > 1 ? 1 : null,
  };
}

function pointersOf(row: Row): Pointer[] {
  if (row.pointer === null) return [];
  const gs = row.pointer.startsWith("gs://");
  const file: Pointer = {
    path: "data.output_file_uri",
    field: "output_file_uri",
    value: row.pointer,
    kind: gs ? "gs" : "batch_output",
    label: gs ? "Cloud Storage" : "batch output",
    note: gs ? "A Gemini API key cannot read Cloud Storage; use your own Google Cloud credentials." : null,
    command: gs ? `gcloud storage cp '${row.pointer}' .` : null,
  };
  return [
    file,
    {
      path: "data.id",
      field: "id",
      value: "batches/8x2k4q9v",
      kind: "batch",
      label: "batch",
      note: null,
      command: null,
    },
  ];
}

function verdictOf(row: Row): Verdict {
  const headers = step("headers", "Headers", "passed", "webhook-id, webhook-timestamp, webhook-signature");
  const base = {
    outcome: row.outcome,
    scheme: row.scheme,
    reason: row.reason,
    key: row.outcome === "verified" ? { id: "s1", index: 0, hint: "whsec_…a91f", state: "current" as const } : null,
    diagnosis: null,
    cause: row.cause,
    warnings: row.truncated
      ? [
          {
            code: "body_kept_in_part",
            message:
              "Pollux kept the first 65,536 of 1,048,576 bytes of the body, because it was rejected. SHA-256 of the whole body: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08.",
          },
        ]
      : row.warnings
        ? [{ code: "payload_over_20kb", message: "The body is larger than 20 KB, which the service says it never is." }]
        : [],
  };
  if (row.outcome === "unbound") {
    return {
      ...base,
      sentence:
        "Token genuine, body not covered: the token matches google-1, but neither the event nor a hash of the body is " +
        "among its claims, so whoever had the token could have sent any body with it.",
      steps: [headers, step("body_binding", "Body", "warned", "no claim speaks of the body")],
    };
  }
  if (row.reason === "no_matching_signature") {
    return {
      ...base,
      sentence: "Rejected: the body was changed after it was signed.",
      diagnosis: {
        code: "body_minified",
        key: null,
        finding:
          "The signature matches the same JSON without spaces, so something between the service and here parsed it and wrote it again.",
        fix: "Likely cause: a proxy or middleware that decodes JSON. Pass the raw bytes on. Secret whsec_…a91f is right.",
      },
      steps: [
        headers,
        step("time", "Time", "passed", "2 s ago, within 300 s"),
        step("scheme", "Scheme", "passed", "v1, HMAC-SHA256, 1 signature"),
        step(
          "signature",
          "Signature",
          "failed",
          "no match with 2 secrets …a91f (current), …77c2 (3 h left)",
          "v1,9uXq…3Zk=",
        ),
        step("near_miss", "Near miss", "near", "matches …a91f over the minified body (214 instead of 231 bytes)"),
        step("duplicate", "Duplicate", "skipped", "no earlier delivery of this id was accepted"),
      ],
    };
  }
  if (row.outcome === "rejected") {
    return {
      ...base,
      sentence: `Rejected: ${row.cause}.`,
      diagnosis: {
        code: row.reason,
        key: null,
        finding: "The signature is right; only the time is not.",
        fix: "Likely cause: a delivery replayed by hand, held up on its way, or a clock that is ahead.",
      },
      steps: [
        headers,
        step("time", "Time", "failed", row.cause, "within 300 s"),
        step("signature", "Signature", "skipped", "not looked at"),
      ],
    };
  }
  if (row.outcome === "unchecked")
    return {
      ...base,
      sentence:
        row.message_id === null
          ? "Unchecked, and no key could verify it: webhook-id is missing; a signed delivery carries webhook-id, webhook-timestamp and webhook-signature."
          : "Unchecked: there is no secret for this project to check the signature with; add the webhook's whsec_ secret.",
      steps: [headers, step("signature", "Signature", "skipped", "no secret")],
    };
  return {
    ...base,
    sentence: row.grace_until
      ? "Verified with an old secret that is valid for 3 more hours."
      : `Verified with secret whsec_…a91f.`,
    steps: [
      headers,
      step("time", "Time", "passed", "2 s ago, within 300 s"),
      step("signature", "Signature", "passed", "matches …a91f (current)"),
      step(
        "duplicate",
        "Duplicate",
        row.duplicate ? "warned" : "passed",
        row.duplicate ? `attempt ${row.attempt}, accepted before` : "no earlier delivery of this id was accepted",
      ),
    ],
  };
}

/** Bodies: usually small; id 13 is hostile, id 14 is long, id 17 is not text. */
export function fakeBody(row: Row): Uint8Array {
  const encode = (text: string) => new TextEncoder().encode(text);
  if (row.id === 13)
    return encode(
      '{"type":"<img src=x onerror=alert(1)>","big":123456789012345678901234567890,"inf":1e400,"k":1,"k":2,"file":"report\u202Efdp.exe","zero":"a\u200Bb","deep":[[[[]]]],"empty":{}}',
    );
  if (row.truncated) return encode(`{"type":"batch.succeeded","padding":"${"x".repeat(65_499)}`);
  if (row.id === 17) return Uint8Array.from({ length: 400 }, (_, i) => (i * 37 + 129) % 256);
  if (row.id === 14)
    return encode(
      JSON.stringify(
        { type: row.event_type, rows: Array.from({ length: 60_000 }, (_, i) => ({ i, text: `row ${i}` })) },
        null,
        1,
      ),
    );
  return encode(
    `{\n  "type": ${JSON.stringify(row.event_type)},\n  "version": "v1",\n  "timestamp": "2026-11-21T01:12:04Z",\n  "data": {\n    "id": "batches/8x2k4q9v",\n    "output_file_uri": ${JSON.stringify(row.pointer)},\n    "user_metadata": { "job_group": "nightly-eval", "priority": "high" }\n  }\n}`,
  );
}
