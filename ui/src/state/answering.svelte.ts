import type { CallAnswer, IpcError, JobDetail, PendingCall } from "../ipc/generated";
import type { JobsBackend } from "../ipc/jobs";
import { asIpcError } from "../lib/errors";
import { checkJson } from "../lib/json";
import { fieldsOf, initialValues, valuesOf, type SchemaField, type Values } from "../lib/tool-schema";
import { written } from "../lib/tool-result";

/** What it asks of the back end. */
export type AnswerCalls = Pick<JobsBackend, "jobAnswer">;

/** What was typed as the result of a call. */
export type Draft = {
  mode: "form" | "json";
  values: Values;
  json: string;
  /** The function failed: `message` says how. */
  error: boolean;
  message: string;
};
/** The result that a draft gives, as JSON, and what is wrong with it: by field, `json` or `message`. */
export type Result = { json: string; errors: ReadonlyMap<string, string> };

const NONE: ReadonlyMap<string, string> = new Map();

/** What is typed in answer to the calls of interactions. It stays until it was sent. */
export class Answering {
  #drafts = $state.raw<ReadonlyMap<string, Draft>>(new Map());
  /** Interactions whose answer was tried: what is wrong with it is then said. */
  #tried = $state.raw<ReadonlySet<string>>(new Set());
  #busy = $state.raw<ReadonlySet<string>>(new Set());
  #problems = $state.raw<ReadonlyMap<string, IpcError>>(new Map());
  readonly #backend: AnswerCalls;
  readonly #fields = new Map<string, SchemaField[] | null>();

  constructor(backend: AnswerCalls) {
    this.#backend = backend;
  }

  /** Null: only JSON can be given. */
  fieldsOf(call: PendingCall): SchemaField[] | null {
    const key = call.response_schema ?? "";
    let fields = this.#fields.get(key);
    if (fields === undefined) this.#fields.set(key, (fields = fieldsOf(call.response_schema)));
    return fields;
  }

  draft(detail: JobDetail, call: PendingCall): Draft {
    const fields = this.fieldsOf(call);
    return (
      this.#drafts.get(keyOf(detail, call)) ?? {
        mode: fields ? "form" : "json",
        values: fields ? initialValues(fields) : {},
        json: "{}",
        error: false,
        message: "",
      }
    );
  }

  change(detail: JobDetail, call: PendingCall, change: Partial<Draft>): void {
    this.#drafts = new Map(this.#drafts).set(keyOf(detail, call), { ...this.draft(detail, call), ...change });
  }

  /** Form and JSON hold the same; false where the form has no place for all of the JSON. */
  switch(detail: JobDetail, call: PendingCall, mode: Draft["mode"]): boolean {
    const draft = this.draft(detail, call);
    const fields = this.fieldsOf(call);
    if (mode === draft.mode || !fields) return true;
    if (mode === "json") {
      this.change(detail, call, { mode, json: written(fields, draft.values).json || "{}" });
      return true;
    }
    const values = valuesOf(fields, draft.json);
    if (values === null) return false;
    this.change(detail, call, { mode, values });
    return true;
  }

  result(detail: JobDetail, call: PendingCall): Result {
    const draft = this.draft(detail, call);
    if (draft.error) return failure(draft.message);
    const fields = this.fieldsOf(call);
    if (draft.mode === "form" && fields) return written(fields, draft.values);
    const { problem } = checkJson(draft.json);
    if (!problem) return { json: draft.json, errors: NONE };
    const where = `line ${problem.line}, column ${problem.column}`;
    return { json: draft.json, errors: new Map([["json", `Not JSON: ${problem.message} (${where})`]]) };
  }

  /** What is wrong with it: said once it was to be sent. */
  errors(detail: JobDetail, call: PendingCall): ReadonlyMap<string, string> {
    return this.#tried.has(keyOf(detail)) ? this.result(detail, call).errors : NONE;
  }

  busy(detail: JobDetail): boolean {
    return this.#busy.has(keyOf(detail));
  }

  /** Why it could not be sent. */
  problem(detail: JobDetail): IpcError | null {
    return this.#problems.get(keyOf(detail)) ?? null;
  }

  /** Sends the results of all pending calls; null where one is not right, or where it could not be sent. */
  async send(detail: JobDetail): Promise<JobDetail | null> {
    const key = keyOf(detail);
    const pending = detail.interaction?.pending ?? [];
    if (pending.length === 0 || this.#busy.has(key)) return null;
    const results = pending.map((call) => ({ call, ...this.result(detail, call) }));
    this.#tried = new Set(this.#tried).add(key);
    if (results.some(({ errors }) => errors.size > 0)) return null;
    const answers: CallAnswer[] = results.map(({ call, json }) => ({
      id: call.id,
      result: json,
      is_error: this.draft(detail, call).error,
    }));
    this.#busy = new Set(this.#busy).add(key);
    this.#problems = without(this.#problems, key);
    try {
      const next = await this.#backend.jobAnswer(detail.job.project, detail.job.name, answers);
      this.#forget(detail, pending);
      return next;
    } catch (thrown) {
      this.#problems = new Map(this.#problems).set(key, asIpcError(thrown));
      return null;
    } finally {
      this.#busy = new Set([...this.#busy].filter((one) => one !== key));
    }
  }

  #forget(detail: JobDetail, pending: readonly PendingCall[]): void {
    const gone = new Set(pending.map((call) => keyOf(detail, call)));
    this.#drafts = new Map([...this.#drafts].filter(([key]) => !gone.has(key)));
    this.#tried = new Set([...this.#tried].filter((one) => one !== keyOf(detail)));
  }
}

function failure(message: string): Result {
  const json = JSON.stringify({ error: message.trim() });
  return message.trim() === ""
    ? { json, errors: new Map([["message", "Say what went wrong."]]) }
    : { json, errors: NONE };
}

function without<V>(map: ReadonlyMap<string, V>, key: string): ReadonlyMap<string, V> {
  return new Map([...map].filter(([one]) => one !== key));
}

const keyOf = ({ job }: JobDetail, call?: PendingCall): string =>
  JSON.stringify([job.project, job.name, ...(call ? [call.id] : [])]);
