import type { Backend, HeaderLine, IpcError, ReplayDraft, ReplayPlan, ReplayPreview, ReplayTwist } from "../ipc";
import { asIpcError } from "../lib/errors";
import {
  fieldOfCode,
  fieldsOf,
  readFields,
  rewritten,
  touched,
  type BodyMode,
  type FieldErrors,
  type ReplayFields,
} from "../lib/replay-draft";
import { EditorSends, type Made } from "./editor-sends.svelte";
import type { Watch } from "./runs.svelte";

/** What it asks of the back end. */
export type EditorCalls = Pick<Backend, "replayDraft" | "replayPreview">;

const PREVIEW_MS = 200;
/** What became of a plan: it runs, it was not agreed to, or the back end refused it. */
export type Started = "started" | "cancelled" | IpcError;
export type EditorAround = {
  start: (plan: ReplayPlan, watch: Watch | null) => Promise<Started>;
  twists: () => readonly ReplayTwist[];
  failed: (thrown: unknown) => void;
};

/**
 * A replay that is being written: one delivery with its headers and body, which stays open and shows the answers; or
 * several, with what can be said of all of them.
 */
export class ReplayEditor {
  /** The deliveries; empty: the editor is closed. */
  ids = $state.raw<readonly number[]>([]);
  /** Of the first of them. */
  draft = $state.raw<ReplayDraft | null>(null);
  project = $state(0);
  fields = $state<ReplayFields | null>(null);
  preview = $state.raw<ReplayPreview | null>(null);
  /** Why there is no preview, or why it was not sent. */
  error = $state.raw<IpcError | null>(null);
  looking = $state(false);
  sending = $state(false);
  /** Asked whether the edits may go. */
  leaving = $state(false);
  /** Mistakes are told from the first try on; those of the body and headers at once. */
  tried = $state(false);
  /** What stood in the fields before a send was taken up again. */
  undone = $state.raw<ReplayFields | null>(null);
  /** What was sent from here, and came back. */
  readonly sends = new EditorSends();

  #before: ReplayFields | null = null;
  #nextKey = 0;
  #token = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;
  readonly #backend: EditorCalls;
  readonly #around: EditorAround;

  constructor(backend: EditorCalls, around: EditorAround) {
    this.#backend = backend;
    this.#around = around;
  }

  get many(): boolean {
    return this.ids.length > 1;
  }

  get read(): { plan: ReplayPlan } | { errors: FieldErrors } | null {
    return this.draft && this.fields ? readFields(this.fields, this.draft, this.ids, this.#around.twists()) : null;
  }

  /** What is wrong, by field: what the fields say themselves, then what the back end says. */
  get errors(): FieldErrors {
    const own = this.read && "errors" in this.read ? this.read.errors : {};
    const field = this.error && fieldOfCode(this.error.code);
    const shown: FieldErrors = this.tried
      ? own
      : {
          headers: own.headers,
          body: own.body,
          shift: own.shift,
          sign: own.sign,
          times: own.times,
          delay: own.delay,
          concurrency: own.concurrency,
        };
    return field && this.error ? { ...shown, [field]: this.error.message } : shown;
  }

  /** Something was written that was not sent: what was sent can be taken up again. */
  get dirty(): boolean {
    if (this.fields === null || this.#before === null) return false;
    const now = $state.snapshot(this.fields);
    return touched(now, this.#before) && !this.sends.list.some((send) => !touched(now, send.fields));
  }

  async open(ids: readonly number[], project: number, targets: readonly string[]): Promise<void> {
    const [first] = ids;
    if (first === undefined || this.sending) return;
    const token = ++this.#token;
    let draft: ReplayDraft;
    try {
      draft = await this.#backend.replayDraft(first);
    } catch (thrown) {
      this.#around.failed(thrown);
      return;
    }
    if (token !== this.#token) return;
    const fields = fieldsOf(draft, targets, ids.length === 1);
    this.#before = structuredClone(fields);
    this.#nextKey = fields.headers.length;
    this.draft = draft;
    this.project = project;
    this.fields = fields;
    this.preview = this.error = null;
    this.tried = this.leaving = false;
    this.undone = null;
    this.sends.open(ids.length === 1 ? first : null);
    this.ids = ids;
  }

  /** Asks first where edits would be lost. */
  leave(): void {
    if (this.sending) return;
    if (this.dirty) this.leaving = true;
    else this.close();
  }

  close(): void {
    this.#token++;
    if (this.#timer) clearTimeout(this.#timer);
    this.ids = [];
    this.draft = this.fields = this.#before = this.preview = this.error = this.undone = null;
    this.sends.open(null);
    this.leaving = this.looking = false;
  }

  /** Takes back what was edited of headers and body. */
  restore(what: "headers" | "body"): void {
    const before = this.#before;
    if (!this.fields || !before) return;
    if (what === "headers") this.fields.headers = structuredClone(before.headers);
    else {
      this.fields.body = before.body;
      this.fields.bodyMode = before.bodyMode;
    }
  }

  get headersEdited(): boolean {
    return (
      this.fields !== null &&
      this.#before !== null &&
      JSON.stringify(this.fields.headers) !== JSON.stringify(this.#before.headers)
    );
  }

  get bodyEdited(): boolean {
    return (
      this.fields !== null &&
      this.#before !== null &&
      (this.fields.bodyMode === this.#before.bodyMode
        ? this.fields.body !== this.#before.body
        : "plan" in (this.read ?? {}) && (this.read as { plan: ReplayPlan }).plan.changes.body.kind !== "received")
    );
  }

  set(change: Partial<ReplayFields>): void {
    if (this.fields) Object.assign(this.fields, change);
  }

  setHeader(key: number, change: Partial<HeaderLine>): void {
    const line = this.fields?.headers.find((one) => one.key === key);
    if (line) Object.assign(line, change);
  }

  addHeader(): number {
    const key = this.#nextKey++;
    this.fields?.headers.push({ key, name: "", value: "", base64: null });
    return key;
  }

  removeHeader(key: number): void {
    if (this.fields) this.fields.headers = this.fields.headers.filter((line) => line.key !== key);
  }

  /** The same bytes in another writing; false where what is written cannot be read. */
  writeAs(mode: BodyMode): boolean {
    if (!this.fields) return false;
    const body = rewritten(this.fields.body, this.fields.bodyMode, mode);
    if (body === null) return false;
    this.fields.body = body;
    this.fields.bodyMode = mode;
    return true;
  }

  /** Shows what would go out, once the hand is still. */
  lookSoon(plan: ReplayPlan | null): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    if (plan === null) return;
    this.looking = true;
    const token = this.#token;
    this.#timer = setTimeout(() => void this.#look(plan, token), this.preview === null ? 0 : PREVIEW_MS);
  }

  async #look(plan: ReplayPlan, token: number): Promise<void> {
    const timer = this.#timer;
    const current = () => token === this.#token && timer === this.#timer;
    try {
      const preview = await this.#backend.replayPreview({ ...plan, deliveries: plan.deliveries.slice(0, 1) });
      if (!current()) return;
      this.preview = preview;
      this.error = null;
    } catch (thrown) {
      if (current()) this.error = asIpcError(thrown);
    } finally {
      if (current()) this.looking = false;
    }
  }

  /** What was sent stands in the fields again; what stood there can be had back. */
  takeUp(number: number): void {
    const send = this.sends.list.find((one) => one.number === number);
    if (!send || !this.fields) return;
    this.undone = this.dirty ? $state.snapshot(this.fields) : null;
    this.#put(send.fields);
    this.sends.choose(number);
  }

  /** What stood there before that. */
  takeBack(): void {
    if (this.undone) this.#put(this.undone);
    this.undone = null;
  }

  #put(fields: ReplayFields): void {
    this.fields = structuredClone(fields);
    this.#nextKey = Math.max(this.#nextKey, ...fields.headers.map((line) => line.key + 1));
    this.error = null;
  }

  /** One delivery stays open and shows what comes back; several close, and go on in the card of their run. */
  async send(): Promise<void> {
    this.tried = true;
    const { read, fields, draft } = this;
    if (this.sending || !read || !("plan" in read) || !fields || !draft) return;
    this.sending = true;
    try {
      const made: Made = { draft, fields: $state.snapshot(fields), plan: read.plan };
      const watch: Watch = {
        told: (run) => this.sends.take(made, run),
        shown: () => this.ids.length === 1 && this.ids[0] === draft.delivery,
      };
      const started = await this.#around.start(read.plan, this.many ? null : watch);
      if (started === "started" && this.many) this.close();
      else if (started === "started") {
        this.error = this.undone = null;
        this.tried = false;
      } else if (started !== "cancelled") this.error = started;
    } finally {
      this.sending = false;
    }
  }
}
