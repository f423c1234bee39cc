// Provisional copy of what `cargo test -p engine` will generate from the Rust types (one file, all types).
export type Outcome = "verified" | "rejected" | "unchecked";
export type Scheme = "v1" | "v1a" | "jwt";
export type KeyState = { state: "current" } | { state: "grace"; until: number } | { state: "expired"; at: number };
export type MatchedKey = { id: string; index: number; hint: string } & KeyState;
export type StepStatus = "passed" | "failed" | "skipped" | "near" | "warned";
export type Step = { check: string; title: string; status: StepStatus; expected: string; seen: string };
export type Warning = { code: string; message: string };
export type Diagnosis = { code: string; finding: string; fix: string; key: MatchedKey | null };
export type Verdict = { outcome: Outcome; scheme: Scheme | null; reason: string; key: MatchedKey | null; warnings: Warning[]; diagnosis: Diagnosis | null; steps: Step[]; cause: string; sentence: string };

/** One row of the list. `id` rises with time of arrival. Times: Unix milliseconds. */
export type Row = {
  id: number; project: number; sandbox: boolean; received_ms: number;
  outcome: Outcome; scheme: Scheme | null; reason: string; cause: string;
  /** The key that matched is in its grace until (Unix seconds). */
  grace_until: number | null;
  event_type: string | null; known_type: boolean; pointer: string | null; message_id: string | null;
  /** Which attempt of its event this is (1 = first), and how many there are now. */
  attempt: number; attempts: number; duplicate: boolean; warnings: number;
  /** HTTP status that Pollux answered, and how long that took (µs from the last byte of the head to the answer). */
  status: number; took_us: number | null; body_len: number; truncated: boolean;
};
export type Filter = { project: number | null; outcomes: Outcome[]; types: string[]; text: string };
/** `rows`: the newest up to 200, newest last. Ordinals: 0 = oldest of the matching ids, so they stay stable while rows arrive. */
export type ViewOpened = { view: number; matched: number; total: number; took_us: number; rows: Row[] };
export type Counts = { total: number; kept_bytes: number; refused: number; too_large: number; per_minute: number };
export type Live =
  | { kind: "rows"; view: number; added: Row[]; matched: number; total: number }   // added: those that match, oldest first
  | { kind: "changed"; rows: Row[] }                 // a diagnosis came in, an event got another attempt, an answer's time is known
  | { kind: "resync"; view: number }                 // too much happened: open the view again
  | { kind: "listener"; listener: ListenerState }
  | { kind: "counts"; counts: Counts }
  | { kind: "notice"; notice: Notice };
export type Notice = { level: "info" | "warning" | "error"; code: string; message: string };
export type ListenerState =
  | { state: "starting" }
  | { state: "listening"; address: string; port: number }          // http://127.0.0.1:4710/
  | { state: "failed"; code: string; message: string; port: number; next_free: number | null }
  | { state: "stopped" };
export type Project = { id: number; name: string; sandbox: boolean; path: string };
export type SecretStore = { kind: "keychain" | "file" | "memory"; note: string | null };
export type EventType = { name: string; meaning: string; subscribable: boolean };
export type SampleVariant = { id: string; label: string };
export type SampleType = { name: string; meaning: string; variants: SampleVariant[] };
export type BrokenKind = { id: string; label: string; what: string; reason: string; schemes: Scheme[] };
export type Theme = "system" | "light" | "dark";
/** `port` null: any free port. `split`: share of the list, 0.2 to 0.8. */
export type Settings = { port: number | null; max_body_mib: number; tolerance_s: number; audience: string | null; issuer: string | null; theme: Theme; split: number };
export type AppState = {
  version: string; projects: Project[]; listener: ListenerState; secret_store: SecretStore; counts: Counts; settings: Settings;
  database: { path: string }; event_types: EventType[]; sample_types: SampleType[]; broken_kinds: BrokenKind[];
};
export type SampleRequest = { event_type: string; variant: string | null; scheme: Scheme; broken: string | null };
export type SampleSent = { message_id: string; status: number; took_us: number };
export type SecretView = { id: string; project: number; label: string; hint: string; added_ms: number; stored_in: "keychain" | "file" | "memory"; builtin: boolean; warnings: Warning[]; key_state: KeyState; available: boolean };

export type PointerKind = "file" | "batch_output" | "batch" | "interaction" | "video" | "gs" | "https" | "other";
/** `path`: where in the payload, `data.output_file_uri`. `note`: what to know about it. `command`: what one can run, for gs://. */
export type Pointer = { path: string; field: string; value: string; kind: PointerKind; label: string; note: string | null; command: string | null };
export type EventView = { event_type: string | null; known: boolean; meaning: string | null; subscribable: boolean; timestamp: string | null; version: string | null; unknown_fields: string[]; problems: string[]; user_metadata: string | null };
/** `value`: printable text, control and bidi characters escaped; `base64` where the raw bytes are not UTF-8. */
export type HeaderView = { name: string; value: string; base64: string | null; known: boolean; meaning: string | null; decoded: string | null };
export type SignatureEntry = { version: string; text: string; well_formed: boolean; note: string | null; matched: boolean };
export type JwtView = { header: string; claims: string | null; signature_bytes: number | null; problem: string | null };
export type DecodedSignature = { entries: SignatureEntry[]; jwt: JwtView | null };
export type BodyView = { len: number; kept_len: number; truncated: boolean; content_type: string | null; encoding: string | null; decoded_len: number | null; decode_problem: string | null; kind: "json" | "text" | "binary" | "empty" };
export type Answer = { status: number; reason_phrase: string; headers: { name: string; value: string }[]; body: string; took_us: number | null };
export type Detail = {
  row: Row; method: string; path: string; query: string | null; http_version: string; peer: string; received: string;
  verdict: Verdict; event: EventView; pointers: Pointer[]; headers: HeaderView[];
  signature: DecodedSignature | null; timestamp: { value: number; iso: string; skew_s: number } | null;
  body: BodyView; answer: Answer; attempts: Row[]; curl: string;
};
/** Every command that fails rejects with this. */
export type IpcError = { code: string; message: string; detail: string | null };
