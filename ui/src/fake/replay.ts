import type {
  AnswerDiff,
  Code,
  DiffLine,
  HeaderLine,
  Outbound,
  OutboundDetail,
  OutboundProblem,
  ReplayChanges,
  ReplayPreview,
  ReplaySigner,
  ReplayTwist,
  Row,
  SecretView,
} from "../ipc";
import { isLocal } from "../lib/targets";

const TAKES = "Answers 2xx.";
const REFUSES = "Refuses it with 400 or 401.";
const twist = (id: string, label: string, what: string, expected: string, signs = false): ReplayTwist => ({
  id,
  label,
  what,
  expected,
  signs,
});

export const TWISTS: ReplayTwist[] = [
  twist("duplicate", "Duplicate", "It is sent twice with the same webhook-id.", "Answers 2xx twice, and acts once."),
  twist("stale", "Stale", "It is signed correctly, six minutes in the past.", REFUSES, true),
  twist("future", "Future", "It is signed correctly, six minutes in the future.", REFUSES, true),
  twist("tampered", "Tampered body", "The body is changed after signing.", REFUSES),
  twist("wrong_secret", "Wrong secret", "It is signed, now, with a key that nobody has.", REFUSES),
  twist(
    "unknown_type",
    "Unknown type",
    "Its type is audio.generated, which nobody has announced; it is signed correctly.",
    TAKES,
    true,
  ),
  twist("missing_header", "Missing header", "The webhook-signature header is left out.", REFUSES),
  twist(
    "huge_body",
    "Huge body",
    "A note of 2 MiB is added to data; it is signed correctly.",
    "Answers 2xx, or 413 where it takes no such bodies.",
    true,
  ),
  twist(
    "reserialised",
    "Re-serialised body",
    "The same JSON with other white space, as after a parser and a printer on the way.",
    REFUSES,
  ),
];

export function signersOf(project: number, secrets: readonly SecretView[]): ReplaySigner[] {
  const stored = secrets
    .filter((one) => one.destroyed_ms === null)
    .map((one): ReplaySigner => ({
      sign: { kind: "secret", id: one.id },
      label: one.label ? `${one.hint}, ${one.label}` : one.hint,
      own: one.project === project,
    }));
  return [
    ...stored.filter((one) => one.own),
    ...stored.filter((one) => !one.own),
    { sign: { kind: "sandbox_v1a" }, label: "Sandbox's v1a key (Ed25519)", own: project === 3 },
    { sign: { kind: "sandbox_jwt" }, label: "Sandbox's JWT key (RS256)", own: project === 3 },
  ];
}

type Answered = {
  status: number | null;
  first: number | null;
  total: number | null;
  headers: HeaderLine[];
  text: string | null;
  base64?: string;
  problem?: OutboundProblem;
  redirect?: string;
};
const line = (name: string, value: string): HeaderLine => ({ name, value, base64: null });
const REFUSED_TWISTS = ["stale", "future", "tampered", "wrong_secret", "missing_header", "reserialised"];

/** How the addresses of this make-believe world answer. */
export function answerOf(
  url: string,
  row: Row,
  changes: ReplayChanges,
  number: number,
  anyCertificate: boolean,
): Answered {
  const { hostname, port, pathname, host } = new URL(url);
  const jitter = (row.id * 7919 + number * 104_729) % 1700;
  const json = (status: number, value: unknown, extra: HeaderLine[] = []): Answered => ({
    status,
    first: 1900 + jitter,
    total: 2300 + jitter,
    text: JSON.stringify(value, null, 2),
    headers: [line("content-type", "application/json"), line("date", new Date().toUTCString()), ...extra],
  });
  const failed = (code: Code, message: string): Answered => ({
    status: null,
    first: null,
    total: 400 + jitter,
    headers: [],
    text: null,
    problem: { code, message },
  });
  if (port === "3999" || hostname.startsWith("down"))
    return failed("connection_refused", `Nothing listens at ${host}. Start your handler, or correct the address.`);
  if (url.startsWith("https:") && isLocal(hostname) && !anyCertificate)
    return failed(
      "tls_untrusted",
      `The certificate of ${host} is self-signed, or signed by nobody whom this machine trusts. It can be accepted for this target: see its settings.`,
    );
  if (pathname.includes("redirect"))
    return {
      ...json(302, { moved: true }, [line("location", "https://elsewhere.example.com/login?next=%2Fhooks")]),
      redirect: "https://elsewhere.example.com/login?next=%2Fhooks",
    };
  if (pathname.includes("big"))
    return {
      ...json(200, {}),
      text: "x".repeat(4096),
      problem: { code: "body_too_long", message: "The answer's body is longer than 1048576 bytes. It was cut there." },
    };
  if (pathname.includes("hostile"))
    return {
      status: 200,
      first: 2000,
      total: 2600,
      headers: [line("content-type", "text/html"), line("x-file", "report\u202Efdp.exe")],
      text: `<img src=x onerror=alert(1)>\u202Edetcepxe${"\u0007"}`,
    };
  if (pathname.includes("binary"))
    return {
      status: 200,
      first: 2000,
      total: 2600,
      headers: [line("content-type", "application/octet-stream")],
      text: null,
      base64: "AAECA/79/Pv6",
    };
  const refuses =
    (row.outcome === "rejected" && changes.sign.kind === "leave") ||
    (changes.twist !== null && REFUSED_TWISTS.includes(changes.twist));
  if (port === "8080") {
    if (row.event_type === "audio.generated" || row.event_type === "video.generated")
      return json(
        500,
        {
          error: "TypeError: cannot read properties of undefined (reading 'output_file_uri')",
          handler: "orders-service",
          request: `req_${row.id}`,
        },
        [line("server", "orders/2.1")],
      );
    return json(
      refuses ? 400 : 200,
      refuses
        ? { ok: false, error: "bad signature", handler: "orders-service" }
        : { ok: true, type: row.event_type, handler: "orders-service", queued: true, attempt: number },
      [line("server", "orders/2.1")],
    );
  }
  return json(
    refuses ? 401 : 200,
    refuses
      ? { ok: false, error: "signature does not match" }
      : { ok: true, type: row.event_type, queued: true, attempt: number },
    [line("x-powered-by", "Express")],
  );
}

export function outboundDetail(outbound: Outbound, sent: ReplayPreview, answered: Answered): OutboundDetail {
  return {
    outbound,
    request_headers: sent.headers,
    request_len: sent.body_len,
    request_changed: outbound.changes.some((one) => /body|type|tampered|serialised/.test(one)),
    altered: sent.altered,
    answer_headers: answered.headers,
    answer_text: answered.text,
    answer_base64: answered.base64 ?? null,
    answer_kind: answered.base64 ? "binary" : answered.text?.startsWith("{") ? "json" : "text",
    answer_kept: answered.text?.length ?? (answered.base64 ? 9 : 0),
    answer_note: null,
    redirect: answered.redirect ?? null,
  };
}

/** The difference of two answers, line by line: common lines in order, then what is in one of them only. */
export function diffOf(first: OutboundDetail, other: OutboundDetail): AnswerDiff {
  const said = (detail: OutboundDetail) =>
    detail.answer_headers.filter((one) => one.name !== "date").map((one) => `${one.name}: ${one.value}`);
  const headers = lines(said(first), said(other)).filter((one) => one.side !== "both");
  const body =
    first.answer_text === other.answer_text
      ? []
      : lines((first.answer_text ?? "").split("\n"), (other.answer_text ?? "").split("\n"));
  const date = (detail: OutboundDetail) => detail.answer_headers.find((one) => one.name === "date")?.value;
  const [then, now] = [date(first), date(other)];
  const [a, b] = [first.outbound.status, other.outbound.status];
  const status: [number, number] | null = a !== null && b !== null && a !== b ? [a, b] : null;
  return {
    same: status === null && headers.length === 0 && body.length === 0,
    status,
    headers,
    left_out: then !== undefined && now !== undefined && then !== now ? ["date"] : [],
    body,
    body_note: null,
  };
}

function lines(first: readonly string[], other: readonly string[]): DiffLine[] {
  const out: DiffLine[] = [];
  let at = 0;
  for (const text of first) {
    const found = other.indexOf(text, at);
    if (found < 0) out.push({ side: "first", text });
    else {
      out.push(...other.slice(at, found).map((one): DiffLine => ({ side: "other", text: one })), {
        side: "both",
        text,
      });
      at = found + 1;
    }
  }
  return [...out, ...other.slice(at).map((one): DiffLine => ({ side: "other", text: one }))];
}
