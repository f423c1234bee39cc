import type { Comparison, Finding, Outbound, OutboundDetail, Row, Transport } from "../ipc";
import { bytesOf, hexWindow, meaning, transport, type CompareScene } from "./compare-planes";

function findingOf(scene: CompareScene, attempts: boolean, at: number, proxy: Transport["proxy"]): Finding {
  const plain = (text: string) => [{ text, code: false }];
  const code = (text: string) => ({ text, code: true });
  if (scene === "same")
    return {
      code: attempts ? "same_bytes" : "same_body",
      tone: attempts ? "good" : "plain",
      headline: attempts
        ? "Both attempts carry the same bytes."
        : "Two deliveries of different events with the same body.",
      text: attempts ? plain("Nothing differs but what is another for each delivery.") : [],
      proxy,
    };
  if (scene === "cut")
    return {
      code: "equal_as_kept",
      tone: "plain",
      headline: "As far as both bodies were kept, they are equal.",
      text: plain("The rest was not kept, so whether they differ there is not known."),
      proxy,
    };
  if (!attempts)
    return {
      code: "other_events",
      tone: "plain",
      headline: "Two deliveries of different events, each with its own body.",
      text: [],
      proxy,
    };
  const headline = `Two attempts of one event must carry the same bytes. These do not, from byte ${at} on.`;
  if (scene !== "written" && scene !== "hostile")
    return {
      code: "no_key",
      tone: "warning",
      headline,
      text: plain("No key that could have signed them is known here (any more): which bytes were sent is not known."),
      proxy,
    };
  const so =
    "B's signature fits A's body, so the sender sent the same bytes both times and something on the way to B wrote them again: ";
  return {
    code: "rewritten_b",
    tone: "warning",
    headline,
    text: [
      ...plain(so),
      code("1.0"),
      ...plain(" became "),
      code("1"),
      ...plain(", a null was dropped, keys moved, "),
      code("received_by"),
      ...plain(" was added. Pass the raw bytes on."),
    ],
    proxy,
  };
}

/** What there is around the two that are compared. */
export type Around = { attempts: Row[]; lastVerified: number | null; answers: Outbound[] };

/** A plausible comparison of two deliveries. */
export function fakeComparison(a: Row, b: Row, scene: CompareScene, around: Around): Comparison {
  const attempts = a.message_id !== null && a.message_id === b.message_id;
  const later = Math.round((b.received_ms - a.received_ms) / 1000);
  const bytes = bytesOf(scene, later, b.message_id, false);
  const way = transport(scene === "same" || scene === "cut");
  const side = (row: Row) => ({
    side: { delivery: row.id },
    delivery: row,
    key: row.outcome === "verified" ? "whsec_…a91f" : null,
    outbound: null,
  });
  return {
    a: side(a),
    b: side(b),
    relation: attempts ? "attempts" : "deliveries",
    differ: scene !== "same",
    finding: findingOf(scene, attempts, bytes.equal_start, way.proxy),
    trial:
      attempts && scene === "written" ? { a_over_a: "yes", a_over_b: "no", b_over_a: "yes", b_over_b: "no" } : null,
    bytes,
    meaning: meaning(scene),
    transport: way,
    attempts: around.attempts,
    last_verified: around.lastVerified,
    answers: around.answers,
  };
}

/** Two answers of a replay. */
export function fakeAnswers(a: OutboundDetail, b: OutboundDetail, around: Around): Comparison {
  const [one, two] = [a.answer_text ?? "", b.answer_text ?? ""];
  const same = one === two;
  const status = a.outbound.status !== b.outbound.status;
  const base = bytesOf(same ? "same" : "written", 0, null, true);
  const at = same ? one.length : [...one].findIndex((char, i) => char !== two[i]);
  const start = at < 0 ? Math.min(one.length, two.length) : at;
  const words = (of: Outbound) => String(of.status ?? "no answer");
  const side = (outbound: Outbound) => ({ side: { outbound: outbound.id }, delivery: null, key: null, outbound });
  return {
    a: side(a.outbound),
    b: side(b.outbound),
    relation: "answers",
    differ: !same || status,
    finding: {
      code: status || !same ? "answers_differ" : "answers_equal",
      tone: status ? "warning" : same ? "good" : "plain",
      headline: status
        ? `The answers differ: ${words(a.outbound)} and ${words(b.outbound)}.`
        : same
          ? "Both answers are the same."
          : "The answers have the same status and other bodies.",
      text: [],
      proxy: null,
    },
    trial: null,
    bytes: {
      ...base,
      body: same ? "equal" : "differ",
      len_a: one.length,
      kept_a: one.length,
      len_b: two.length,
      kept_b: two.length,
      equal_start: start,
      equal_end: 0,
      window_a: hexWindow(one, same ? 0 : start),
      window_b: hexWindow(two, same ? 0 : start),
    },
    meaning: {
      ...meaning("same"),
      ...(one === "" && two === "" ? { form: "empty" as const, equal: 0, same: [] } : {}),
    },
    transport: { ...transport(true), each: [], each_count: 0 },
    attempts: around.attempts,
    last_verified: around.lastVerified,
    answers: around.answers,
  };
}
