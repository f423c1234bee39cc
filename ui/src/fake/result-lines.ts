import type { ResultRow, ResultRowState, ResultStrip, RowFilter, RowsSummary, RowTokens } from "../ipc";

type Special = { state: ResultRowState; detail: string | null; text: string };

const QUOTA = "Quota exceeded for requests per minute of this model. Please retry in 27 s.";
const KINDS: readonly Special[] = [
  { state: "error", detail: "429 RESOURCE_EXHAUSTED", text: QUOTA },
  { state: "error", detail: "503 UNAVAILABLE", text: "The model is overloaded. Please try again later." },
  { state: "error", detail: "400 INVALID_ARGUMENT", text: "Request contains an invalid argument: contents is empty." },
  { state: "cut_off", detail: "MAX_TOKENS", text: '{"score": 3, "reason": "It begins well, and then it goes on and' },
  { state: "blocked", detail: "SAFETY", text: "No text. Category dangerous content, probability medium." },
  { state: "empty", detail: "STOP", text: "" },
  { state: "unparsable", detail: null, text: '{"key": "eval-2210", "response": {"candidates": [{"conte' },
];
const REASONS = [
  "The answer names both causes and gives the year.",
  "Date is off by one year, the rest is right.",
  "Complete, and says where it is not sure.",
  "Off topic: it answers another question.",
  "Good, though it repeats the question — 漢字 and a ligature: ﬁ.",
];
const NOTHING: RowTokens = { input: null, output: null, thinking: null, cached: null };

export type LinesShape = {
  /** How many were asked for; null: not known. */
  asked: number | null;
  /** Rows of each of the kinds above, in their order. */
  special: readonly number[];
  missing: number;
  named: boolean;
  repeats: number;
  embeddings?: boolean;
  cut?: boolean;
};

/** As in the drawing. */
export const DRAWN: LinesShape = { asked: 2400, special: [31, 5, 2, 7, 6, 2, 0], missing: 9, named: true, repeats: 3 };

/** The rows of a batch's output, made when they are asked for: there may be a million of them. */
export class FakeLines {
  readonly #special = new Map<number, Special>();
  /** First answers; repeats and missing ones come after them. */
  readonly #first: number;
  readonly shape: LinesShape;

  constructor(shape: LinesShape, firsts = (shape.asked ?? 0) - shape.missing) {
    this.shape = shape;
    this.#first = firsts;
    shape.special.forEach((n, kind) => {
      for (let i = 0; i < n; i++) this.#put(kind, i, n);
    });
  }

  /** Half of a kind stands together, as quota errors do; the rest is strewn. */
  #put(kind: number, i: number, of: number): void {
    const special = KINDS[kind];
    if (!special) return;
    let at =
      i < of / 2
        ? Math.floor(this.#first * 0.49) + kind * 3 + i
        : (i * 7919 + kind * 104_729 + 613) % Math.max(1, this.#first);
    while (this.#special.has(at)) at = (at + 1) % this.#first;
    this.#special.set(at, special);
  }

  /** Rows of the output, without those that are missing. */
  get lines(): number {
    return this.#first + this.shape.repeats;
  }

  get all(): number {
    return this.lines + (this.shape.named ? this.shape.missing : 0);
  }

  row(number: number): ResultRow {
    const { repeats, missing } = this.shape;
    const of = number < this.#first ? number : number < this.lines ? this.#doubled(number) : number - repeats;
    const key = `eval-${String(of).padStart(4, "0")}`;
    const bare = {
      number,
      line: number + 1,
      key,
      detail: null,
      answers: 1,
      repeat: false,
      tokens: NOTHING,
      cut: false,
    };
    if (number >= this.lines)
      return { ...bare, line: (this.shape.asked ?? 0) - missing + number - this.lines + 1, state: "missing", text: "" };
    const special = number < this.#first ? this.#special.get(number) : undefined;
    const repeat = number >= this.#first;
    const answers = repeat || (number < repeats * 3 && number % 3 === 1) ? 2 : 1;
    const tokens =
      special?.state === "error" || special?.state === "unparsable"
        ? NOTHING
        : {
            input: 760 + ((of * 37) % 90),
            output: this.shape.embeddings
              ? null
              : special?.state === "cut_off"
                ? 1024
                : special?.state === "blocked"
                  ? 0
                  : 150 + ((of * 13) % 60),
            thinking: this.shape.embeddings ? null : 90 + ((of * 29) % 430),
            cached: 512,
          };
    if (special) return { ...bare, ...special, tokens, key: special.state === "unparsable" ? null : key };
    const text = this.shape.embeddings
      ? "768 values"
      : JSON.stringify({ score: (of % 5) + 1, reason: REASONS[of % REASONS.length] }).replace(/([:,])"?/g, (m) =>
          m.length > 1 ? `${m[0]} "` : `${m} `,
        );
    return { ...bare, state: "good", answers, repeat, tokens, text };
  }

  #doubled(number: number): number {
    return (number - this.#first) * 3 + 1;
  }

  /** A row's line, as it was written. */
  line(number: number): string {
    const row = this.row(number);
    if (row.state === "unparsable") return row.text;
    if (row.state === "missing")
      return JSON.stringify({ key: row.key, request: { contents: [{ parts: [{ text: "Judge this answer." }] }] } });
    if (row.state === "error") {
      const [code = "", status = ""] = (row.detail ?? "").split(" ");
      return JSON.stringify({ key: row.key, error: { code: Number(code), status, message: row.text } });
    }
    const usage = { promptTokenCount: row.tokens.input, candidatesTokenCount: row.tokens.output };
    const content = { role: "model", parts: row.text ? [{ text: row.text }] : [] };
    return this.shape.embeddings
      ? JSON.stringify({ key: row.key, response: { embedding: { values: [0.0123, -0.456, 0.789] } } })
      : JSON.stringify({
          key: row.key,
          response: { candidates: [{ content, finishReason: row.detail ?? "STOP" }], usageMetadata: usage },
        });
  }

  /** Rows that count as failed or missing, in order. */
  bad(): number[] {
    const failed = [...this.#special.keys()].sort((a, b) => a - b);
    return [...failed, ...Array.from({ length: this.all - this.lines }, (_, i) => this.lines + i)];
  }

  matching(filter: RowFilter, text: string, read: number): number[] | number {
    const upTo = Math.min(this.all, read >= this.lines ? this.all : read);
    if (filter === "all" && text === "") return upTo;
    const sought = text.toLowerCase();
    const from =
      filter === "failed"
        ? this.bad().filter((n) => n < this.lines)
        : filter === "missing"
          ? this.bad().filter((n) => n >= this.lines)
          : Array.from({ length: upTo }, (_, i) => i);
    return from.filter((n) => {
      if (n >= upTo) return false;
      if (filter !== "doubled" && text === "") return true;
      const row = this.row(n);
      if (filter === "doubled" && row.answers < 2) return false;
      return `${row.key} ${row.text}`.toLowerCase().includes(sought);
    });
  }

  strip(parts: number): ResultStrip {
    const part = (n: number) => Math.floor((n / this.all) * parts);
    const of = (fits: (n: number) => boolean) => [...new Set(this.bad().filter(fits).map(part))];
    return { failed: of((n) => n < this.lines), missing: of((n) => n >= this.lines), parts };
  }

  /** What is known once so many lines were read. */
  summary(read = this.lines): RowsSummary {
    const { asked, missing, named, repeats, embeddings = false, cut = false } = this.shape;
    const done = read >= this.lines;
    const firsts = Math.min(read, this.#first);
    const special = [...this.#special].filter(([at]) => at < firsts).map(([, one]) => one);
    const n = (...states: ResultRowState[]) => special.filter((one) => states.includes(one.state)).length;
    const kinds = (list: readonly Special[]) =>
      [...new Set(list.map((one) => one.detail ?? ""))]
        .map((name) => ({ name, count: list.filter((one) => one.detail === name).length }))
        .sort((a, b) => b.count - a.count);
    const good = firsts - special.length;
    const stops = good + n("empty");
    return {
      asked,
      answered: Math.min(read, this.lines),
      good,
      failed: special.length,
      errors: n("error"),
      partial: n("cut_off", "blocked", "empty"),
      unparsable: n("unparsable"),
      missing: asked === null || !done ? null : missing,
      missing_named: named,
      doubled: done ? repeats : 0,
      repeats: done ? repeats : 0,
      strays: 0,
      error_kinds: kinds(special.filter((one) => one.state === "error")),
      finish_reasons: embeddings
        ? []
        : [{ name: "STOP", count: stops }, ...kinds(special.filter((one) => /cut_off|blocked/.test(one.state)))],
      empty_stops: n("empty"),
      embeddings: embeddings ? good : 0,
      keyless: 0,
      tokens: embeddings
        ? { ...NOTHING, input: firsts * 810 }
        : { input: firsts * 810, output: firsts * 172, thinking: firsts * 288, cached: firsts * 503 },
      cut_at_end: cut && done,
    };
  }
}
