import type { CheckCause, CheckLine, CheckReport, Scheme } from "../ipc";

/** A case of the battery, before it was sent. `for`: the scheme that it needs. */
type Case = {
  line: Omit<CheckLine, "got" | "status" | "took_us" | "state" | "cause">;
  for: Scheme | null;
  status: number;
  open?: true;
  wrong: { status: number; got: string };
};

const TAKES = "Answers 2xx: the signature is right.";
const REFUSES = "Refuses it with 400 or 401, and does nothing.";

function group(
  name: string,
  scheme: Scheme | null,
  why: string,
  mend: string,
  cases: readonly (readonly [id: string, title: string, sent: string, good?: number, expected?: string])[],
): Case[] {
  return cases.map(([id, title, sent, good = 204, expected = good < 300 ? TAKES : REFUSES]) => ({
    line: { id, group: name, title, sent, expected, why, mend },
    for: scheme,
    status: good,
    wrong:
      good < 300
        ? { status: 500, got: "Answered 500 Internal Server Error: it refused what it should have taken." }
        : { status: 204, got: "Answered 204: it took what it should have refused." },
  }));
}

const FORGED_WHY = "Anybody who finds the address can send this. If it is taken, events can be made up.";
const FORGED_MEND =
  "Let a library verify the signature over the raw bytes of the body, and answer 401 where it throws.";
const GENUINE_WHY = "The service sends this. If it is refused, the event is tried again for a day and then lost.";
const GENUINE_MEND = "Verify the raw bytes, before any JSON parser or middleware has touched them.";
const TIME_WHY = "Without a look at the time, a delivery that was caught once can be sent again for ever.";
const TIME_MEND =
  "Compare webhook-timestamp with the clock, and refuse what is more than five minutes off; the standardwebhooks libraries do it by themselves.";
const PAYLOAD_WHY =
  "New types and fields come without a warning. A handler that answers 500 to them is sent them again and again, and in the end disabled.";
const PAYLOAD_MEND = "Answer 2xx to types that you do not know, and leave out fields that you do not need.";

const CASES: readonly Case[] = [
  ...group("Genuine deliveries", "v1", GENUINE_WHY, GENUINE_MEND, [
    ["v1_valid", "Signed with v1", "batch.succeeded, signed with the secret, now."],
    [
      "v1_two_signatures",
      "Two signatures, the right one first",
      "As during a rotation: the right signature and one by a newer secret.",
    ],
    [
      "v1_two_signatures_reversed",
      "Two signatures, the right one last",
      "As during a rotation: one by a newer secret and the right signature.",
    ],
    ["v1_unknown_version_beside", "A version that nobody knows beside it", "v9,… and the right v1 signature."],
  ]),
  ...group(
    "Genuine deliveries",
    "v1a",
    GENUINE_WHY,
    "Fetch the JWKS and verify Ed25519 signatures over id.timestamp.body.",
    [["v1a_valid", "Signed with v1a", "batch.succeeded, signed with the Sandbox's Ed25519 key."]],
  ),
  ...group("Genuine deliveries", "jwt", GENUINE_WHY, "Fetch the JWKS and verify RS256; kid tells which key.", [
    ["jwt_valid", "Signed as a JWT", "batch.succeeded with an RS256 token."],
  ]),
  ...group("Forged signatures", "v1", FORGED_WHY, FORGED_MEND, [
    ["v1_tampered_body", "Body tampered with", "The batch's id was changed after signing.", 401],
    ["v1_wrong_secret", "Wrong secret", "Signed with a secret that nobody has.", 401],
    ["v1_truncated_signature", "Signature cut short", "The first 8 characters of the right signature.", 401],
    ["v1_empty_signature", "Empty signature", "webhook-signature: v1,", 401],
    ["v1_missing_id", "webhook-id missing", "The signed header is left out.", 401],
    ["v1_missing_timestamp", "webhook-timestamp missing", "The signed header is left out.", 401],
    ["v1_missing_signature", "webhook-signature missing", "All else is right.", 401],
    ["v1_other_id", "Another webhook-id", "The id was changed after signing.", 401],
    [
      "v1_public_key_as_secret",
      "v1 with a public key as its secret",
      "HMAC with the bytes of the public key that the JWKS shows to everybody.",
      401,
    ],
    ["v1_undecoded_secret", "Secret not decoded", "HMAC with the base64 text of the secret.", 401],
  ]),
  ...group("Forged signatures", "v1a", FORGED_WHY, FORGED_MEND, [
    ["v1a_unknown_key", "v1a with an unknown key", "Signed with an Ed25519 key that is not in the JWKS.", 401],
  ]),
  ...group("Forged signatures", "jwt", FORGED_WHY, "Pin the algorithm to RS256: never take it from the token.", [
    ["jwt_alg_none", "Token without signature", "alg none, and no signature.", 401],
    ["jwt_hs256_confusion", "HS256 with the public key", "An HMAC over the public key's PEM.", 401],
    ["jwt_unknown_kid", "Unknown kid", "Signed with a key that is not in the JWKS.", 401],
  ]),
  ...group("Time", "v1", TIME_WHY, TIME_MEND, [
    ["v1_stale", "Six minutes old", "Signed correctly, six minutes in the past.", 401],
    ["v1_future", "Six minutes ahead", "Signed correctly, six minutes in the future.", 401],
    ["v1_milliseconds", "Timestamp in milliseconds", "A time in the year 58,000.", 401],
    ["v1_timestamp_text", "Timestamp that is no number", "webhook-timestamp: yesterday", 401],
    [
      "v1_within_tolerance",
      "Four minutes old",
      "Signed correctly, and still within five minutes.",
      204,
      "Answers 2xx: retries and slow networks are not attacks.",
    ],
  ]),
  ...group(
    "Repeats",
    "v1",
    "The service tries again whenever an answer comes late: the same event arrives twice, and must be acted on once.",
    "Keep the webhook-id of what was handled, under a unique constraint, in the transaction that handles it.",
    [
      [
        "duplicate_accepted",
        "The same webhook-id again",
        "v1_valid a second time.",
        204,
        "Answers 2xx again, so that the sender stops.",
      ],
      [
        "duplicate_handled_once",
        "Handled once",
        "v1_valid a second time.",
        204,
        "Acts once. That cannot be seen from outside: look into your handler's log or database.",
      ],
    ],
  ).map((one) => (one.line.id === "duplicate_handled_once" ? { ...one, open: true as const } : one)),
  ...group("Payloads", "v1", PAYLOAD_WHY, PAYLOAD_MEND, [
    [
      "unknown_type",
      "A type that nobody knows",
      "audio.generated, signed correctly.",
      204,
      "Answers 2xx, and does nothing.",
    ],
    ["unknown_field", "A field that nobody knows", "data.sample_rate beside the usual ones."],
    ["pointer_file", "Output in files/…", "batch.succeeded with output_file_uri files/…"],
    ["pointer_gs", "Output in gs://…", "batch.succeeded with output_file_uri gs://…"],
    ["pointer_video_guide", "Video by output_file_uri", "video.generated as the guide shows it."],
    ["pointer_video_launch", "Video by video_uri", "video.generated as it came on launch night."],
    ["pointer_interaction", "An interaction's id", "interaction.completed with its id."],
    ["json_escapes", "Escapes in strings", "\\u00e9 and \\/ where é and / would do."],
    ["json_key_order", "Another order of keys", "data before type."],
    ["json_big_number", "A big number", "123456789012345678901234567890, which no double holds."],
    ["large_body", "A body of 1 MiB", "user_metadata with a long text."],
  ]),
  ...group(
    "Under load",
    "v1",
    "Batches end together. The service waits a few seconds for an answer, then it counts as failed.",
    "Answer first, and work afterwards: put the event into a queue.",
    [
      [
        "slow_client",
        "A sender that is slow",
        "The body drips for 2 s.",
        204,
        "Waits for the whole body, and answers 2xx.",
      ],
      [
        "burst",
        "50 at once",
        "50 deliveries with ids of their own, all at once.",
        204,
        "Answers all of them 2xx within a few seconds.",
      ],
    ],
  ),
];

export function fakeLines(schemes: readonly Scheme[]): CheckLine[] {
  return CASES.map(({ line, for: scheme }) => ({
    ...line,
    got: null,
    status: null,
    took_us: null,
    cause: null,
    state: scheme === null || schemes.includes(scheme) ? "waiting" : "skipped",
  }));
}

/** How a line comes out, where the handler makes the given mistakes. */
export function fakeResult(line: CheckLine, mistakes: ReadonlySet<string>): CheckLine {
  const found = CASES.find((one) => one.line.id === line.id);
  if (line.state === "skipped" || !found) return line;
  const took_us =
    line.id === "slow_client" ? 2_004_000 : line.id === "large_body" ? 38_000 : 1800 + ((line.id.length * 977) % 9000);
  if (mistakes.has(line.id)) return { ...line, ...found.wrong, took_us, state: "failed" };
  if (found.open)
    return {
      ...line,
      status: found.status,
      took_us,
      got: "Answered 204. Whether it acted twice cannot be seen from outside.",
      state: "open",
    };
  return { ...line, status: found.status, took_us, got: `Answered ${found.status}.`, state: "passed" };
}

/** How a handler comes out that answers 500 to everything, or that ends at a token without a signature. */
export function fakeCause(report: CheckReport, which: "crashes" | "ends"): CheckReport {
  const id = which === "crashes" ? "v1_valid" : "jwt_alg_none";
  const at = report.lines.findIndex((line) => line.id === id);
  const said =
    which === "crashes"
      ? {
          what: "Your handler answers 500 to everything, also to a plain good delivery.",
          mend: "Look in your handler's log: it says what went wrong, with the line of code. Often the body was read before it (express.json() in front of a route that wants the raw bytes), a setting is not there where it runs, or a package is missing.",
        }
      : {
          what: "This delivery ended your handler: Token without signature.",
          mend: "Its log says what ended it: mostly an exception that nothing caught. Catch what the library raises, and answer 400 or 401.",
        };
  const after = (line: CheckLine, i: number): CheckLine => {
    if (line.id === id)
      return {
        ...line,
        state: "failed",
        status: which === "crashes" ? 500 : null,
        got:
          which === "crashes"
            ? `Crashed: answered 500. ${said.what}`
            : "This delivery ended your handler: it gave no answer, and nothing listened any more. It has not come back within 10 s.",
        mend: said.mend,
      };
    const follows = which === "crashes" ? line.state !== "skipped" : i > at && line.state !== "skipped";
    if (!follows) return line;
    return {
      ...line,
      state: "skipped",
      cause: id,
      ...(which === "crashes"
        ? { status: 500, got: `Answered 500, like the genuine one. The genuine v1 delivery is not taken: see ${id}.` }
        : { status: null, took_us: null, got: `Your handler is not running any more: see ${id}.` }),
    };
  };
  const lines = report.lines.map(after);
  const cause: CheckCause = { line: id, ...said, skipped: lines.filter((line) => line.cause === id).length };
  return { ...report, causes: [cause], lines, latency: null };
}
