// Generated from the Rust types by `make types`. Do not edit.
// Numbers that name times, sizes and ids stay below 2^53.

export type Outcome = "verified" | "rejected" | "unchecked" | "unbound";

export type Scheme = "v1" | "v1a" | "jwt";

export type KeyState = { "state": "current" } | { "state": "grace", 
/**
 * Unix seconds.
 */
until: number, } | { "state": "expired", 
/**
 * Unix seconds.
 */
at: number, };

export type MatchedKey = { 
/**
 * The caller's id of the secret; for a JWKS key its `kid`, or `jwks[2]` if it has none.
 */
id: string, 
/**
 * Position among the keys of its kind, as given by the caller (secrets) or by the JWKS (`keys`).
 */
index: number, 
/**
 * What may be shown: `whsec_…a91f`, `whpk_…Oir4`, `Ed25519 …oQ`, `test-key-1`.
 */
hint: string, } & ({ "state": "current" } | { "state": "grace", 
/**
 * Unix seconds.
 */
until: number, } | { "state": "expired", 
/**
 * Unix seconds.
 */
at: number, });

export type StepStatus = "passed" | "failed" | "skipped" | "near" | "warned";

export type Step = { 
/**
 * The stable code of the check, in this order. Standard Webhooks: `headers`, `timestamp`, `scheme`, `signature`.
 * JWT: `headers`, `timestamp`, `scheme`, `jwt_header`, `jwt_key`, `jwt_signature`, `jwt_claims`, `body_binding`.
 * Both end with `near_miss`, `duplicate`; a secret that cannot be read puts `keys` first.
 */
check: string, 
/**
 * The title that is shown: `Headers`, `Time`, `Signature`…
 */
title: string, 
/**
 * Passed, failed, skipped, or a near miss.
 */
status: StepStatus, 
/**
 * What was expected, in words or as a value. Never key material.
 */
expected: string, 
/**
 * What was seen.
 */
seen: string, };

export type Warning = { 
/**
 * Stable code, such as `secret_too_short` or `duplicate_id`.
 */
code: string, 
/**
 * One plain sentence.
 */
message: string, };

export type Diagnosis = { 
/**
 * Stable code, such as `body_reserialized`.
 */
code: string, 
/**
 * What would have matched, in one sentence ("The signature matches the same JSON without spaces, …").
 */
finding: string, 
/**
 * The likely cause and what to do about it.
 */
fix: string, 
/**
 * The key with which it would have matched, if one is known.
 */
key: MatchedKey | null, };

export type Verdict = { 
/**
 * Verified, rejected, unchecked, or a genuine token that does not cover the body.
 */
outcome: Outcome, 
/**
 * The scheme that the header's shape indicates; `None` if it could not be determined.
 */
scheme: Scheme | null, 
/**
 * Stable code: `valid` when verified, otherwise the cause (`no_matching_signature`, `missing_header:webhook-id`,
 * `body_not_bound_to_token`, …).
 */
reason: string, 
/**
 * The key that matched.
 */
key: MatchedKey | null, 
/**
 * Things worth knowing.
 */
warnings: Array<Warning>, 
/**
 * Filled by [`crate::probe`] after the answer, for rejected deliveries.
 */
diagnosis: Diagnosis | null, 
/**
 * The proof ladder, in order.
 */
steps: Array<Step>, 
/**
 * The cause in two or three words, for a row of a list: `412 s old`, `no match`, `no secret`. Empty when plainly
 * verified.
 */
cause: string, 
/**
 * One plain English sentence for people.
 */
sentence: string, };

export type CompareValue = { 
/**
 * Its text; bytes that are not UTF-8 are replaced.
 */
text: string, 
/**
 * Length of the whole in bytes.
 */
len: number, 
/**
 * Whether `text` is only its beginning.
 */
cut: boolean, 
/**
 * The bytes in hexadecimal, as far as `text` goes, if they are not UTF-8.
 */
hex: string | null, };

export type Sameness = "equal" | "differ" | "equal_as_kept";

export type HexWindow = { 
/**
 * Where it begins in the body: a multiple of 16.
 */
start: number, 
/**
 * The bytes in hexadecimal, at most 256 of them.
 */
hex: string, };

export type SignedPart = { 
/**
 * Of A, if exactly one line of it came.
 */
a: CompareValue | null, 
/**
 * Of B.
 */
b: CompareValue | null, 
/**
 * Whether both have it and it is the same.
 */
equal: boolean, };

export type SignedBytes = { 
/**
 * Whether the bodies are the same bytes.
 */
body: Sameness, 
/**
 * Length of A's body as sent, in bytes.
 */
len_a: number, 
/**
 * How much of it is kept.
 */
kept_a: number, 
/**
 * Length of B's body as sent, in bytes.
 */
len_b: number, 
/**
 * How much of it is kept.
 */
kept_b: number, 
/**
 * Bytes that are equal at the beginning: the offset of the first difference, if there is one.
 */
equal_start: number, 
/**
 * Bytes that are equal at the end, where they differ before it and both are whole.
 */
equal_end: number, 
/**
 * Around the first difference in A, or the beginning.
 */
window_a: HexWindow, 
/**
 * Around the first difference in B, or the beginning.
 */
window_b: HexWindow, 
/**
 * `webhook-id`. `None` for answers, which are not signed.
 */
id: SignedPart | null, 
/**
 * `webhook-timestamp`.
 */
timestamp: SignedPart | null, 
/**
 * B's timestamp minus A's in seconds, where both are numbers.
 */
later_s: number | null, };

export type ChangeKind = "changed" | "added" | "removed" | "rewritten";

export type BodyChange = { 
/**
 * What happened to it.
 */
kind: ChangeKind, 
/**
 * Where: `data.items[2].id`. Empty for the whole body. In A, or in B if only B has it.
 */
path: string, 
/**
 * Where it is in B, if its items are counted otherwise there.
 */
path_b: string | null, 
/**
 * The value of A as it is written.
 */
a: CompareValue | null, 
/**
 * The value of B as it is written.
 */
b: CompareValue | null, 
/**
 * What to know of it: `same number, other text: other bytes`.
 */
note: string | null, };

export type ChangeCounts = { 
/**
 * [`Kind::Changed`].
 */
changed: number, 
/**
 * [`Kind::Added`].
 */
added: number, 
/**
 * [`Kind::Removed`].
 */
removed: number, 
/**
 * [`Kind::Rewritten`].
 */
rewritten: number, };

export type EqualValue = { 
/**
 * Where it is, in A.
 */
path: string, 
/**
 * The value as it is written.
 */
value: CompareValue, };

export type LineOf = "both" | "a" | "b" | "gap";

export type CompareLine = { 
/**
 * Whose it is.
 */
whose: LineOf, 
/**
 * Its number in A, from 1.
 */
number_a: number | null, 
/**
 * Its number in B.
 */
number_b: number | null, 
/**
 * Its text without the line end, or the beginning of it.
 */
text: string, 
/**
 * Bytes of the text that are not in `text`; for a gap the number of lines.
 */
more: number, };

export type MeaningForm = "json" | "text" | "bytes" | "empty";

export type Meaning = { 
/**
 * How they were compared.
 */
form: MeaningForm, 
/**
 * What differs, in the order of A; what only B has stands where it is there. At most 1,000.
 */
changes: Array<BodyChange>, 
/**
 * How much of that there is, listed or not.
 */
counts: ChangeCounts, 
/**
 * How many values are the same, those that hold others not counted; of texts, how many lines.
 */
equal: number, 
/**
 * The first of them.
 */
same: Array<EqualValue>, 
/**
 * Members that stand elsewhere in their object. That changes no meaning.
 */
moved: Array<string>, 
/**
 * How many they are, listed or not.
 */
moved_count: number, 
/**
 * Whether the white space between the values differs.
 */
spacing: boolean, 
/**
 * Names that occur more than once in an object, by their paths.
 */
repeated: Array<string>, 
/**
 * Lines of two texts.
 */
lines: Array<CompareLine>, 
/**
 * How many lines only one has, listed or not.
 */
differing_lines: number, 
/**
 * What could not be compared, and why; what else is odd.
 */
notes: Array<string>, };

export type TransportAbout = "header" | "fact";

export type TransportRow = { 
/**
 * Header or fact.
 */
about: TransportAbout, 
/**
 * Its name; a header's in lower case.
 */
name: string, 
/**
 * How it differs; `None`: it is the same.
 */
kind: ChangeKind | null, 
/**
 * The values of A, in order; none if it has no such header.
 */
a: Array<CompareValue>, 
/**
 * The values of B.
 */
b: Array<CompareValue>, 
/**
 * Values that are not listed, of both.
 */
more: number, };

export type ProxyHeader = { 
/**
 * Whether it is B that has it.
 */
in_b: boolean, 
/**
 * Its name.
 */
name: string, 
/**
 * Its value.
 */
value: CompareValue, };

export type Transport = { 
/**
 * What differs and need not.
 */
changes: Array<TransportRow>, 
/**
 * How much of that there is, listed or not.
 */
counts: ChangeCounts, 
/**
 * What differs for each delivery, as it should.
 */
each: Array<TransportRow>, 
/**
 * How many rows that is, listed or not.
 */
each_count: number, 
/**
 * What is the same.
 */
same: Array<TransportRow>, 
/**
 * How many rows that is, listed or not.
 */
equal: number, 
/**
 * Headers that both have and that stand elsewhere among the others.
 */
moved: Array<string>, 
/**
 * How many headers that is, listed or not.
 */
moved_count: number, 
/**
 * Of the headers that only one has, one by which a proxy shows itself.
 */
proxy: ProxyHeader | null, };

export type CompareRelation = "attempts" | "deliveries" | "answers";

export type FindingTone = "good" | "plain" | "warning";

export type FindingPiece = { 
/**
 * Its text. That of a value is as it came.
 */
text: string, 
/**
 * Whether it is a value.
 */
code: boolean, };

export type Finding = { 
/**
 * Stable code: `rewritten_b`, `rewritten_a`, `two_bodies_signed`, `fits_neither`…
 */
code: string, 
/**
 * How it is meant.
 */
tone: FindingTone, 
/**
 * One sentence.
 */
headline: string, 
/**
 * What is behind it; may be empty.
 */
text: Array<FindingPiece>, 
/**
 * A header by which a proxy shows itself, where only one side has it.
 */
proxy: ProxyHeader | null, };

export type SignatureFits = "yes" | "no" | "no_key" | "cut" | "not_signed";

export type SignatureTrial = { 
/**
 * A's signature over A's body.
 */
a_over_a: SignatureFits, 
/**
 * A's signature over B's body.
 */
a_over_b: SignatureFits, 
/**
 * B's signature over A's body.
 */
b_over_a: SignatureFits, 
/**
 * B's signature over B's body.
 */
b_over_b: SignatureFits, };

export type EventType = { 
/**
 * The value of the payload's `type`.
 */
name: string, 
/**
 * Its meaning, in one plain sentence.
 */
meaning: string, 
/**
 * Whether the service accepts it in `subscribed_events`.
 */
subscribable: boolean, };

export type Extent = "whole" | "fields" | "beginning" | "nothing";

export type EventView = { 
/**
 * The payload's `type`, with control characters escaped.
 */
event_type: string | null, 
/**
 * Whether the type is one of the nine that Google has named.
 */
known: boolean, 
/**
 * The meaning of a known type.
 */
meaning: string | null, 
/**
 * Whether the service accepts the type in `subscribed_events`.
 */
subscribable: boolean, 
/**
 * The payload's `timestamp` as it is written: when the event happened, not when it was sent.
 */
timestamp: string | null, 
/**
 * The payload's `version` as it is written.
 */
version: string | null, 
/**
 * Paths of fields that the service has not been seen to send, such as `data.colour`. Never an error.
 */
unknown_fields: Array<string>, 
/**
 * Plain sentences on what is odd about the payload.
 */
problems: Array<string>, 
/**
 * `user_metadata` as JSON text, from `data` or from the top level.
 */
user_metadata: string | null, 
/**
 * How much of the payload was read for this.
 */
extent: Extent, };

export type PointerKind = "file" | "batch_output" | "batch" | "interaction" | "video" | "gs" | "https" | "other";

export type Pointer = { 
/**
 * Where in the payload: `data.output_file_uri`.
 */
path: string, 
/**
 * The last part of the path.
 */
field: string, 
/**
 * The value, with control characters escaped, at most [`VALUE_LIMIT`] characters.
 */
value: string, 
/**
 * What it leads to.
 */
kind: PointerKind, 
/**
 * What people call it: `batch output`, `file`.
 */
label: string, 
/**
 * What to know about it, one plain sentence.
 */
note: string | null, 
/**
 * A command that fetches it, for `gs://` objects whose name is safe in every shell.
 */
command: string | null, };

export type SampleVariant = { 
/**
 * Its id within the event type.
 */
id: string, 
/**
 * Two to five words for a menu.
 */
label: string, };

export type SampleType = { 
/**
 * The event type.
 */
name: string, 
/**
 * Its meaning, in one plain sentence.
 */
meaning: string, 
/**
 * The forms of its payload, the default one first.
 */
variants: Array<SampleVariant>, };

export type BrokenKind = { 
/**
 * Stable id.
 */
id: string, 
/**
 * Two to four words.
 */
label: string, 
/**
 * What it does to the delivery, in one sentence.
 */
what: string, 
/**
 * The reason that a correct receiver gives, as in a verdict; `valid` for kinds that are odd but genuine.
 */
reason: string, 
/**
 * The schemes it is available for, the default one first.
 */
schemes: Array<Scheme>, };

export type SampleRequest = { 
/**
 * One of [`sample_types`].
 */
event_type: string, 
/**
 * One of the type's variants; `None` means the first one.
 */
variant: string | null, 
/**
 * How it is signed.
 */
scheme: Scheme, 
/**
 * One of [`crate::broken_kinds`]; `None` means a correct delivery.
 */
broken: string | null, };

export type SampleSent = { 
/**
 * The `webhook-id`, even if the sample was sent without that header.
 */
message_id: string, 
/**
 * The receiver's HTTP status; the last one if it was sent twice.
 */
status: number, 
/**
 * Microseconds until the head of that answer.
 */
took_us: number, };

export type DynamicScheme = "v1a" | "jwt";

export type TokenForm = { 
/**
 * `iss`; left out if empty.
 */
issuer: string, 
/**
 * `aud`; left out if empty.
 */
audience: string, 
/**
 * Whether the claims are the event: its members are among them, so the token vouches for the body. Otherwise it
 * says nothing about the body.
 */
holds_event: boolean, };

export type Retry = { 
/**
 * Milliseconds before the second attempt.
 */
first_ms: number, 
/**
 * How many times longer each wait is than the one before.
 */
factor: number, 
/**
 * The longest wait, in milliseconds.
 */
longest_ms: number, 
/**
 * The share by which a wait is longer or shorter, 0 to 1, drawn from the seed.
 */
jitter: number, 
/**
 * No attempt starts later than this after the event, in milliseconds: 24 hours in the guide.
 */
window_ms: number, };

export type Disabling = { 
/**
 * At once when the receiver answers 410 Gone (Standard Webhooks): that delivery is given up, even if it went to a
 * job's own address. Otherwise 410 is retried like any other answer.
 */
on_gone: boolean, 
/**
 * After this many deliveries in a row were given up; 0 means never.
 */
after_given_up: number, };

export type JobTimes = { 
/**
 * From creation to running.
 */
pending_ms: number, 
/**
 * From running to the end of a batch.
 */
batch_ms: number, 
/**
 * The same for an interaction in the background.
 */
interaction_ms: number, 
/**
 * The same for a video.
 */
video_ms: number, 
/**
 * How long until a batch that was chosen to expire does so: 48 h in the reference, 24 h in the guide.
 */
batch_expiry_ms: number, };

export type MetadataPlace = "data" | "top" | "nowhere";

export type VideoFields = "guide" | "launch" | "cookbook";

export type PayloadForm = { 
/**
 * Where `user_metadata` goes.
 */
user_metadata: MetadataPlace, 
/**
 * Which fields `video.generated` has.
 */
video: VideoFields, 
/**
 * `data.id` of a batch includes `batches/`.
 */
batch_prefix: boolean, 
/**
 * `error_code` is a number (`3`), not a string (`INVALID_ARGUMENT`).
 */
numeric_error_code: boolean, 
/**
 * The `type` of a ping. Its `data` is the `id` of the webhook.
 */
ping_type: string, 
/**
 * A ping reaches a disabled webhook. Otherwise nothing arrives there.
 */
ping_when_disabled: boolean, };

export type RestForm = { 
/**
 * `update_mask` in a PATCH decides what is changed; otherwise it is ignored, as observed.
 */
strict_update_mask: boolean, 
/**
 * `create_time` and `update_time` in a webhook: in the schema, but not returned in 2026-07.
 */
webhook_times: boolean, 
/**
 * Errors of the WebhookService as google.rpc.Status, not in the shape of the interactions family.
 */
status_errors: boolean, 
/**
 * Batches and their output files are visible only to the API key that made them, as observed.
 */
batches_by_key: boolean, 
/**
 * Rows of a batch that failed have HTTP's code and a status (429, `RESOURCE_EXHAUSTED`); otherwise the number of
 * google.rpc.Code (8), as the reference says.
 */
http_row_codes: boolean, 
/**
 * Downloads can be continued: `Range` is answered with 206. Otherwise the whole file comes.
 */
ranges: boolean, 
/**
 * Uploaded files can be downloaded, too; the service gives back only what a job wrote.
 */
download_uploads: boolean, 
/**
 * How many requests are taken within a minute on the emulator's clock; beyond that they are answered 429.
 */
requests_per_minute: number | null, };

export type Faults = { 
/**
 * Delays every answer of the REST side by this much, in milliseconds of wall time.
 */
latency_ms: number, 
/**
 * Share of REST requests answered 429.
 */
too_many_requests: number, 
/**
 * Share of REST requests answered 500 or 503.
 */
server_errors: number, 
/**
 * Share of changes to webhooks (POST, PATCH and DELETE under `/{version}/webhooks`) that are made and stored, but
 * never answered: the connection is cut before the first byte. A refused change is answered.
 */
lost_answers: number, 
/**
 * Share of REST requests that are done, but whose 200 is an HTML page, as a proxy would send, instead of the
 * answer.
 */
garbled_answers: number, 
/**
 * Share of jobs that end, but whose event is never sent: not even the log knows of one.
 */
never_called: number, 
/**
 * Share of deliveries that are never sent (cookbook issue 1297).
 */
lost: number, 
/**
 * Share of deliveries that are sent again after they were accepted, after a time drawn up to `hold_back_ms`.
 */
doubled: number, 
/**
 * Share of deliveries that are held back for a time drawn up to `hold_back_ms`, so that later ones overtake them.
 */
reordered: number, 
/**
 * The longest that `doubled` and `reordered` wait, in milliseconds on the emulator's clock.
 */
hold_back_ms: number, 
/**
 * `v1` is signed with the key derivation of the launch night: the undecoded text of the secret.
 */
launch_night_key: boolean, 
/**
 * Header names are sent in another case (`Webhook-Id`).
 */
recased_headers: boolean, 
/**
 * The body is parsed and serialised again after it was signed, as middleware does.
 */
reserialised_body: boolean, 
/**
 * The body drips: this many bytes a second; 0 sends it at once.
 */
drip_bytes_per_second: number, };

export type SandboxSettings = { 
/**
 * How deliveries of dynamic webhooks are signed. `v1a` as observed; `jwt` as the guide says.
 */
dynamic: DynamicScheme, 
/**
 * The claims in the token of a JWT delivery.
 */
token: TokenForm, 
/**
 * How long a receiver may take to answer, in milliseconds of wall time ("a few seconds" in the guide).
 */
attempt_timeout_ms: number, 
/**
 * When a delivery is tried again.
 */
retry: Retry, 
/**
 * When a webhook becomes `disabled_due_to_failed_deliveries`.
 */
disabling: Disabling, 
/**
 * How long jobs take.
 */
jobs: JobTimes, 
/**
 * The form of event payloads.
 */
payload: PayloadForm, 
/**
 * How the WebhookService answers.
 */
rest: RestForm, 
/**
 * How long a file is kept, in milliseconds: 48 hours at the Files API.
 */
file_lifetime_ms: number, 
/**
 * How long an old secret remains valid after a rotation with grace, in milliseconds.
 */
secret_grace_ms: number, 
/**
 * One signature per live secret; otherwise only the newest secret signs.
 */
sign_with_all_secrets: boolean, 
/**
 * How many ended deliveries stay in the log; beyond that, the oldest are removed.
 */
keep_deliveries: number, 
/**
 * Faults on purpose.
 */
faults: Faults, };

export type VaultKind = "keychain" | "file" | "memory";

export type Code = "internal" | "window" | "not_found" | "too_many" | "no_home" | "not_written" | "clipboard_failed" | "not_readable" | "not_text" | "reader_gone" | "invalid_format" | "invalid_setting" | "port_in_use" | "bind_refused" | "not_listening" | "database_too_new" | "not_a_history" | "history_unreachable" | "history_read_only" | "history_busy" | "history_damaged" | "history_closed" | "migration_failed" | "database_error" | "disk_full" | "disk_nearly_full" | "disk_error" | "too_large" | "no_thread" | "not_moved" | "not_stored" | "query_invalid" | "view_replaced" | "not_decodable" | "body_incomplete" | "not_comparable" | "no_jwks" | "invalid_note" | "invalid_limits" | "cannot_undo" | "rebuilding" | "not_rebuilt" | "verify_again_failed" | "invalid_keychain" | "vault_failed" | "empty_secret" | "invalid_secret_base64" | "wrong_secret_prefix" | "private_key_given" | "invalid_public_key" | "secret_known" | "secret_live" | "secret_gone" | "secret_unusable" | "secret_not_stored" | "no_current_secret" | "invalid_place" | "too_many_places" | "builtin_project" | "name_taken" | "path_taken" | "unknown_project" | "invalid_name" | "invalid_path" | "invalid_base_url" | "invalid_api_key" | "no_api_key" | "key_of_another_address" | "service_key_refused" | "service_refused" | "service_rate_limited" | "service_failed" | "service_unreachable" | "service_timed_out" | "service_unreadable" | "outcome_unknown" | "not_rotated" | "rotated_but_lost" | "no_address" | "no_sandbox" | "sandbox_failed" | "sandbox_refused" | "sandbox_unreachable" | "sample_failed" | "invalid_target" | "confirm_target" | "holds_secret" | "invalid_replay" | "invalid_job" | "not_verified" | "result_gone" | "invalid_forward" | "invalid_fault" | "invalid_check" | "check_running" | "no_report" | "no_key" | "no_secret" | "not_json" | "not_signed" | "not_forwarded" | "stopped" | "connection_refused" | "connect_timed_out" | "connection_reset" | "connection_cut" | "unreachable" | "name_not_found" | "not_http" | "head_too_long" | "no_answer" | "timed_out" | "body_too_long" | "body_too_slow" | "body_cut_short" | "not_sendable" | "ended_handler" | "handler_gone" | "tls_failed" | "tls_expired" | "tls_not_yet_valid" | "tls_other_name" | "tls_untrusted" | "tls_revoked" | "tls_unknown_name" | "tls_version" | "tls_client_certificate" | "tls_not_spoken" | "tunnel_none" | "tunnel_offline" | "invalid_authtoken" | "public_address_changed" | "own_address_missing" | "own_address_invalid" | "cloudflared_missing" | "cloudflared_not_executable" | "cloudflared_unknown_flag" | "cloudflared_not_started" | "cloudflared_rate_limited" | "cloudflared_no_network" | "cloudflared_unreachable" | "cloudflared_service_error" | "cloudflared_exited" | "cloudflared_crashed" | "cloudflared_stuck" | "cloudflared_expired" | "cloudflared_udp_blocked" | "cloudflared_no_connection" | "cloudflared_lost" | "ngrok_authtoken_wrong" | "ngrok_authtoken_missing" | "ngrok_authtoken_gone" | "ngrok_account_unverified" | "ngrok_account_suspended" | "ngrok_too_old" | "ngrok_protocol" | "ngrok_sessions" | "ngrok_endpoint_taken" | "ngrok_endpoints" | "ngrok_domain" | "ngrok_address" | "ngrok_quota" | "ngrok_rate" | "ngrok_offline" | "ngrok_upstream" | "ngrok_server" | "ngrok_ca_unreadable" | "ngrok_unreachable" | "ngrok_heartbeat" | "ngrok_slept" | "ngrok_command" | "ngrok_lost" | "ngrok_tls" | "ngrok_stopped" | "ngrok_refused";

export type Fix = "settings" | "secrets" | "projects" | "refresh" | "tunnel" | "targets";

export type IpcError = { 
/**
 * Stable code that programs branch on.
 */
code: Code, 
/**
 * What was wrong and what to do, in one or two sentences. Never a secret.
 */
message: string, 
/**
 * What the system or a library said, where that helps.
 */
detail: string | null, };

export type Row = { 
/**
 * Rises with the time of arrival.
 */
id: number, 
/**
 * The project that it came for.
 */
project: number, 
/**
 * Whether that is the Sandbox.
 */
sandbox: boolean, 
/**
 * When it came.
 */
received_ms: number, 
/**
 * Verified, rejected or unchecked.
 */
outcome: Outcome, 
/**
 * How it was signed.
 */
scheme: Scheme | null, 
/**
 * Stable code.
 */
reason: string, 
/**
 * Two or three words.
 */
cause: string, 
/**
 * The key that matched is in its grace period until then (Unix seconds).
 */
grace_until: number | null, 
/**
 * `type` of the payload.
 */
event_type: string | null, 
/**
 * Whether the type is in the catalog.
 */
known_type: boolean, 
/**
 * The first pointer of the payload.
 */
pointer: string | null, 
/**
 * The `webhook-id`.
 */
message_id: string | null, 
/**
 * Which attempt of its event this is; 1 is the first.
 */
attempt: number, 
/**
 * How many attempts of its event there are.
 */
attempts: number, 
/**
 * An earlier attempt was already accepted.
 */
duplicate: boolean, 
/**
 * How many warnings the verdict carries.
 */
warnings: number, 
/**
 * The HTTP status that Pollux answered; 0 if the connection was dropped on purpose.
 */
status: number, 
/**
 * Who made the answer, if it was not the usual one.
 */
answered_by: AnsweredBy | null, 
/**
 * How long the answer took, in µs.
 */
took_us: number | null, 
/**
 * Length of the body in bytes.
 */
body_len: number, 
/**
 * Only a part of the body was stored.
 */
truncated: boolean, 
/**
 * When it was judged again, with a result other than at its arrival: a key came later.
 */
judged_ms: number | null, 
/**
 * Why it is known to be a ping; `None` if it is not.
 */
ping: PingBy | null, 
/**
 * The user pinned it: no limit removes it.
 */
pinned: boolean, 
/**
 * The user's note, or its first 240 characters.
 */
note: string | null, 
/**
 * It came from a file.
 */
imported: boolean, 
/**
 * The first place that has the text which the view searches for.
 */
hit: Hit | null, 
/**
 * What tells it from others when the payload has no type; `None` if it has one.
 */
request: RequestLine | null, 
/**
 * The newest attempts of its event, 4 at most, oldest first. Empty where there is one only, and outside the list.
 */
tries: Array<Tried>, };

export type Selection = { "ids": Array<number> } | { "query": string } | "all";

export type KeepLimits = { 
/**
 * For all projects: bytes of the files of the history. For one: bytes of its headers and bodies.
 */
max_bytes: number | null, 
/**
 * Days since the arrival.
 */
max_days: number | null, 
/**
 * Deliveries.
 */
max_count: number | null, 
/**
 * Bytes of the disk that stay free; `None`: 1 GiB, or a twentieth of a small disk. Only for all projects.
 */
free_bytes: number | null, };

export type SizePartName = "headers" | "bodies" | "rows" | "answers" | "results" | "search" | "log" | "deleted" | "free";

export type SizePart = { 
/**
 * Which part.
 */
name: SizePartName, 
/**
 * Its size. All parts together are the size of the history; how the pages of deliveries divide into headers,
 * bodies and what was deleted is in proportion to their lengths.
 */
bytes: number, };

export type ProjectKeep = { 
/**
 * The project.
 */
project: number, 
/**
 * Its own limits, besides those for all.
 */
limits: KeepLimits | null, 
/**
 * Its deliveries.
 */
deliveries: number, 
/**
 * Bytes of their headers and bodies.
 */
bytes: number, };

export type Rebuild = { 
/**
 * Whether it has to be rebuilt for that.
 */
needed: boolean, 
/**
 * Bytes of the disk that this takes for a while.
 */
bytes: number, 
/**
 * Whether it can be done now.
 */
possible: boolean, 
/**
 * Why not.
 */
why: string | null, };

export type HistorySizes = { 
/**
 * The file.
 */
path: string, 
/**
 * The file and those beside it.
 */
total_bytes: number, 
/**
 * What is free on the disk.
 */
free_bytes: number | null, 
/**
 * Deliveries that are kept and shown.
 */
deliveries: number, 
/**
 * How many of them are pinned.
 */
pinned: number, 
/**
 * When the oldest of them arrived.
 */
oldest_ms: number | null, 
/**
 * What the size consists of, the largest part first.
 */
parts: Array<SizePart>, 
/**
 * The limits for all projects together.
 */
limits: KeepLimits, 
/**
 * What each project has.
 */
per_project: Array<ProjectKeep>, 
/**
 * Set for the file of an older version.
 */
rebuild: Rebuild | null, };

export type PreviewBucket = { 
/**
 * Where it begins.
 */
at_ms: number, 
/**
 * Deliveries that would go.
 */
going: number, 
/**
 * Deliveries that would stay.
 */
staying: number, };

export type KeepPreview = { 
/**
 * Deliveries that would go.
 */
deliveries: number, 
/**
 * Bytes of their headers and bodies.
 */
bytes: number, 
/**
 * When the newest of those arrived.
 */
until_ms: number | null, 
/**
 * Deliveries that are older and stay, because they are pinned.
 */
staying_pinned: number, 
/**
 * Deliveries that are older and stay, because they wait to be forwarded.
 */
staying_waiting: number, 
/**
 * The search that shows them, and those that stay between them.
 */
query: string, 
/**
 * All deliveries over time.
 */
buckets: Array<PreviewBucket>, };

export type Deletion = { 
/**
 * Names it.
 */
number: number, 
/**
 * What was selected: `3 deliveries`, the search, or `all`.
 */
what: string, 
/**
 * How many deliveries.
 */
deliveries: number, 
/**
 * Bytes of their headers and bodies.
 */
bytes: number, 
/**
 * When.
 */
at_ms: number, 
/**
 * Until when it can be taken back.
 */
until_ms: number, };

export type PingBy = "asked" | "type";

export type RequestLine = { 
/**
 * `POST`.
 */
method: string, 
/**
 * The path without the query; a long one is cut in the middle, with `…`.
 */
path: string, };

export type Tried = { 
/**
 * The delivery.
 */
id: number, 
/**
 * When it came.
 */
received_ms: number, 
/**
 * Verified, rejected or unchecked.
 */
outcome: Outcome, 
/**
 * The HTTP status that Pollux answered; 0 as in its own row.
 */
status: number, 
/**
 * Who made the answer, if it was not the usual one.
 */
answered_by: AnsweredBy | null, };

export type QueryRead = { 
/**
 * Its parts, in order. Only white space lies between them.
 */
parts: Array<QueryPart>, 
/**
 * What could not be understood; empty if all was.
 */
problems: Array<QueryProblem>, 
/**
 * The same query as Pollux writes it; empty where there are problems.
 */
canonical: string, };

export type QueryPart = { 
/**
 * Where it begins, in UTF-16 units.
 */
start: number, 
/**
 * Where it ends, in UTF-16 units.
 */
end: number, 
/**
 * What it is.
 */
kind: QueryPartKind, 
/**
 * It excludes what it says.
 */
negated: boolean, 
/**
 * The field before the colon, as it is written in canonical form.
 */
field: string | null, 
/**
 * What a chip says.
 */
label: string, };

export type QueryPartKind = "text" | "chip" | "or" | "open" | "close" | "bad";

export type QueryProblem = { 
/**
 * Where it begins, in UTF-16 units.
 */
start: number, 
/**
 * Where it ends, in UTF-16 units.
 */
end: number, 
/**
 * What is wrong, and what was expected.
 */
message: string, 
/**
 * What could stand in its place.
 */
nearest: string | null, };

export type Suggestions = { 
/**
 * In the order in which they are shown.
 */
groups: Array<SuggestionGroup>, 
/**
 * How long it took, in µs.
 */
took_us: number, };

export type SuggestionGroup = { 
/**
 * Their kind.
 */
name: SuggestionKind, 
/**
 * The best first.
 */
items: Array<Suggestion>, };

export type SuggestionKind = "text" | "values" | "fields" | "recent" | "saved";

export type Suggestion = { 
/**
 * What is shown.
 */
label: string, 
/**
 * What is put into the query.
 */
insert: string, 
/**
 * What it replaces begins here, in UTF-16 units.
 */
start: number, 
/**
 * What it replaces ends here, in UTF-16 units.
 */
end: number, 
/**
 * What it means.
 */
detail: string | null, 
/**
 * How many of the present hits have it.
 */
count: number | null, 
/**
 * Their share of the present hits, 0 to 1.
 */
share: number | null, 
/**
 * When it was last used, Unix milliseconds.
 */
at_ms: number | null, };

export type Nothing = { 
/**
 * The part, as Pollux writes it.
 */
part: string, 
/**
 * How many deliveries match without it.
 */
without: number, };

export type Explained = { 
/**
 * Blocks of 64 deliveries whose text was read.
 */
blocks_read: number, 
/**
 * Blocks that there are.
 */
blocks: number, };

export type Histogram = { 
/**
 * When the first bucket begins, Unix milliseconds.
 */
from_ms: number, 
/**
 * When the last bucket ends, Unix milliseconds.
 */
to_ms: number, 
/**
 * How long a bucket is, in milliseconds.
 */
step_ms: number, 
/**
 * Oldest first; empty if the view is.
 */
buckets: Array<HistogramBucket>, 
/**
 * False while older matches are still being looked for.
 */
exact: boolean, };

export type HistogramBucket = { 
/**
 * Verified, but not with an old secret.
 */
verified: number, 
/**
 * Verified with a secret in its grace period.
 */
old_secret: number, 
/**
 * A genuine token that does not cover the body.
 */
unbound: number, 
/**
 * Rejected.
 */
rejected: number, 
/**
 * Not checked.
 */
unchecked: number, };

export type ValueCounts = { 
/**
 * The most frequent first.
 */
values: Array<ValueCount>, 
/**
 * How many matches were counted: all, or the newest that were read.
 */
counted: number, 
/**
 * False if not all matches were counted.
 */
exact: boolean, };

export type ValueCount = { 
/**
 * The value, as it is written after the colon.
 */
value: string, 
/**
 * How many deliveries have it.
 */
count: number, };

export type Hit = { 
/**
 * The part of the delivery.
 */
place: HitPlace, 
/**
 * The name of the header.
 */
name: string | null, 
/**
 * What comes before the hit; bytes that are not UTF-8 are U+FFFD.
 */
before: string, 
/**
 * The hit.
 */
text: string, 
/**
 * What comes after it.
 */
after: string, 
/**
 * Where the hit begins in that part, in bytes.
 */
offset: number, };

export type HitPlace = "path" | "query" | "id" | "header_name" | "header" | "body" | "note";

export type GrammarField = { 
/**
 * As it is written, without the colon.
 */
name: string, 
/**
 * A sentence for the user.
 */
help: string, 
/**
 * Whole terms, each of which can be searched for.
 */
examples: Array<string>, };

export type PaletteUsed = { 
/**
 * The window's name for it: `action:replay`, `id:msg_1`.
 */
entry: string, 
/**
 * When it was last chosen, Unix milliseconds.
 */
at_ms: number, };

export type NamedWebhook = { 
/**
 * The project.
 */
project: number, 
/**
 * The service's id.
 */
id: string, 
/**
 * What its owner calls it.
 */
name: string | null, 
/**
 * Where events go.
 */
uri: string, 
/**
 * As the service gave it.
 */
state: string, };

export type IdFound = { 
/**
 * The newest delivery with this `webhook-id`, or the one with this number.
 */
delivery: Row | null, 
/**
 * Jobs with this id or name, of any project.
 */
jobs: Array<JobView>, 
/**
 * Webhooks with this id, of any project.
 */
webhooks: Array<NamedWebhook>, };

export type KnownId = { 
/**
 * As it was asked for.
 */
id: string, 
/**
 * What it leads to.
 */
thing: KnownThing, };

export type KnownThing = { "is": "delivery", 
/**
 * The delivery.
 */
delivery: number, 
/**
 * `batch.succeeded`, if it says so.
 */
event_type: string | null, 
/**
 * The verdict on it.
 */
outcome: Outcome, } | { "is": "job", 
/**
 * Its name: `batches/…`.
 */
name: string, 
/**
 * What it is.
 */
kind: JobKind, 
/**
 * What its owner calls it.
 */
title: string | null, 
/**
 * The id names the file with its requests.
 */
requests: boolean, } | { "is": "result", 
/**
 * The name of the job.
 */
name: string, 
/**
 * What it is.
 */
kind: JobKind, 
/**
 * What its owner calls it.
 */
title: string | null, } | { "is": "webhook", 
/**
 * The service's id.
 */
webhook: string, 
/**
 * What its owner calls it.
 */
name: string | null, };

export type Searches = { 
/**
 * The last one first.
 */
recent: Array<RecentSearch>, 
/**
 * By name.
 */
saved: Array<SavedSearch>, };

export type RecentSearch = { 
/**
 * The query.
 */
query: string, 
/**
 * When it was last used, Unix milliseconds.
 */
at_ms: number, };

export type SavedSearch = { 
/**
 * Its name.
 */
name: string, 
/**
 * The query.
 */
query: string, };

export type ViewOpened = { 
/**
 * Names the view in `view_rows` and in live messages.
 */
view: number, 
/**
 * The ordinal of the oldest match that was found.
 */
first: number, 
/**
 * How many matches were found.
 */
matched: number, 
/**
 * These are all. Otherwise older ones are being looked for, and `counted` follows.
 */
exact: boolean, 
/**
 * How many deliveries there are.
 */
total: number, 
/**
 * How long the search took, in µs.
 */
took_us: number, 
/**
 * The newest, up to 200, oldest first.
 */
rows: Array<Row>, 
/**
 * The query as it was read.
 */
query: QueryRead, 
/**
 * If nothing matches: the part that removes everything.
 */
nothing: Nothing | null, 
/**
 * How it was done.
 */
explained: Explained, };

export type Counts = { 
/**
 * Deliveries stored.
 */
total: number, 
/**
 * Bytes of their bodies and headers.
 */
kept_bytes: number, 
/**
 * Answered 503 since the start.
 */
refused: number, 
/**
 * Answered 413 since the start.
 */
too_large: number, 
/**
 * Turned away since the start, for any reason; those answered 503 and 413 are among them.
 */
turned_away: number, 
/**
 * Deliveries in the last 60 s.
 */
per_minute: number, };

export type VerifiedAgain = { 
/**
 * How many were looked at: those not verified until now.
 */
looked: number, 
/**
 * How many are verified now.
 */
verified: number, 
/**
 * How many are rejected, now or still, by what is known now.
 */
rejected: number, 
/**
 * How many of those looked at have only a part of their body stored, so there is nothing to check a signature
 * over.
 */
partial: number, 
/**
 * How many were not looked at: verified already, or no longer there.
 */
skipped: number, };

export type VerifyRun = { 
/**
 * The project.
 */
project: number, 
/**
 * How many are to be looked at.
 */
of: number, 
/**
 * Whether it has ended.
 */
done: boolean, 
/**
 * Whether the user gave the secret, and so hears of any result.
 */
given: boolean, 
/**
 * The result so far.
 */
sum: VerifiedAgain, };

export type Refusal = "not_stored" | "no_room" | "too_many_connections" | "too_large" | "body_too_slow" | "body_cut_short" | "head_too_large" | "target_too_long" | "head_too_slow" | "not_http" | "cross_site" | "no_token" | "too_many_public" | "too_many_local" | "other_method";

export type TurnedAway = { 
/**
 * The total of all kinds.
 */
total: number, 
/**
 * The kinds that occurred.
 */
kinds: Array<TurnedAwayKind>, 
/**
 * The newest, latest first.
 */
newest: Array<TurnedAwayRequest>, 
/**
 * How many are remembered, and so can be asked for.
 */
remembered: number, };

export type TurnedAwayKind = { 
/**
 * The kind.
 */
refusal: Refusal, 
/**
 * The status of the answer.
 */
status: number, 
/**
 * How many, since the start.
 */
count: number, };

export type TurnedAwayRequest = { 
/**
 * Counts the requests, from 1.
 */
number: number, 
/**
 * When it came.
 */
at_ms: number, 
/**
 * Why.
 */
refusal: Refusal, 
/**
 * The status of the answer.
 */
status: number, 
/**
 * `GET`; `None` if its head was not read that far.
 */
method: string | null, 
/**
 * Its path, with `…` in place of a path token and without a query.
 */
path: string | null, 
/**
 * The address that it came from: `192.0.2.7:4711`.
 */
peer: string, 
/**
 * What was wrong with this one, in a sentence.
 */
reason: string, };

export type JobPhase = "running" | "waiting" | "succeeded" | "failed" | "cancelled" | "expired" | "not_found" | "unknown";

export type JobKnownBy = "listed" | "told" | "dispatched" | "opened";

export type JobCounts = { 
/**
 * All of them.
 */
requests: number, 
/**
 * Answered.
 */
succeeded: number, 
/**
 * Answered with an error.
 */
failed: number, 
/**
 * Not answered yet.
 */
pending: number, };

export type JobReceivers = { 
/**
 * The addresses.
 */
uris: Array<string>, 
/**
 * Whether one of them is the listener's, now or earlier.
 */
ours: boolean, };

export type JobTold = { 
/**
 * The delivery: of those that were verified the first that was accepted, or else the first, or the newest.
 */
delivery: number, 
/**
 * Its `webhook-id`.
 */
message_id: string | null, 
/**
 * `batch.succeeded`.
 */
event_type: string, 
/**
 * When it came.
 */
received_ms: number, 
/**
 * Our verdict on it.
 */
outcome: Outcome, 
/**
 * How it was signed.
 */
scheme: Scheme | null, 
/**
 * What Pollux answered; 0: nothing.
 */
status: number, 
/**
 * Pollux answered 2xx, or it came from a file.
 */
accepted: boolean, 
/**
 * How many deliveries of this job's events arrived.
 */
attempts: number, 
/**
 * What became of the forward; `None` if there was none.
 */
forward: JobForward | null, 
/**
 * What the event says and the service does not: "The event says succeeded, the service says failed."
 */
contradiction: string | null, };

export type JobForward = { 
/**
 * When it was sent.
 */
sent_ms: number, 
/**
 * The target's answer; `None` if there was none.
 */
status: number | null, 
/**
 * How long that took, in µs.
 */
took_us: number, };

export type JobMetadata = { 
/**
 * Its name.
 */
key: string, 
/**
 * Its value; other JSON than a text is written as JSON.
 */
value: string, };

export type JobView = { 
/**
 * The project.
 */
project: number, 
/**
 * What it is.
 */
kind: JobKind, 
/**
 * `batches/…`, `interactions/…`, `models/…/operations/…`.
 */
name: string, 
/**
 * What its owner calls it.
 */
title: string | null, 
/**
 * Without `models/`; of an interaction that runs an agent, the agent.
 */
model: string | null, 
/**
 * Its `user_metadata`.
 */
metadata: Array<JobMetadata>, 
/**
 * Where it stands.
 */
phase: JobPhase, 
/**
 * The service's own word for that: `JOB_STATE_RUNNING`, `requires_action`. Empty if it was never asked.
 */
state: string, 
/**
 * A word on the state: the function that waits, the error's code, `62 of 62 rows`.
 */
note: string | null, 
/**
 * The service's counts, if it gives any.
 */
counts: JobCounts | null, 
/**
 * When the service created it; of one that it does not say, when Pollux first heard of it.
 */
created_ms: number | null, 
/**
 * When it ended, or stopped to wait.
 */
ended_ms: number | null, 
/**
 * When its result is deleted.
 */
expires_ms: number | null, 
/**
 * How Pollux knows it.
 */
known_by: JobKnownBy, 
/**
 * When it was sent from here.
 */
dispatched_ms: number | null, 
/**
 * When the service was last asked about it.
 */
asked_ms: number | null, 
/**
 * When it is asked next; `None` once nothing more is expected of it.
 */
next_ms: number | null, 
/**
 * Its own receivers.
 */
receivers: JobReceivers | null, 
/**
 * The event that told of it.
 */
told: JobTold | null, 
/**
 * Until when an event that has not come may still be on its way.
 */
grace_until_ms: number | null, 
/**
 * No event is expected: no webhook asks for it, or the service has none for how it ended.
 */
untold: boolean, 
/**
 * What the watchdog found.
 */
finding: FindingBrief | null, 
/**
 * Rows of its output that are not usable, once they were counted here.
 */
unusable: number | null, 
/**
 * A small picture of its video, as a data URL (JPEG), once it was shown here.
 */
picture: string | null, };

export type JobFilter = { 
/**
 * In name, id, model, metadata or state.
 */
text: string, 
/**
 * Only this kind.
 */
kind: JobKind | null, 
/**
 * Only those that ended and never called.
 */
missed: boolean, };

export type JobPage = { 
/**
 * The rows asked for.
 */
jobs: Array<JobView>, 
/**
 * How many match, of those that Pollux knows.
 */
matched: number, 
/**
 * How many of them have not ended; they come first.
 */
running: number, 
/**
 * How many jobs of the project Pollux knows.
 */
known: number, 
/**
 * How many of them ended and never called.
 */
missed: number, 
/**
 * What is known of the service's list.
 */
listed: JobsListed, };

export type JobsListed = { 
/**
 * When its first page was last read.
 */
asked_ms: number | null, 
/**
 * When it is read next.
 */
next_ms: number | null, 
/**
 * There are pages that were not read.
 */
more: boolean, 
/**
 * A page is being read.
 */
reading: boolean, 
/**
 * Why it could not be read.
 */
error: IpcError | null, 
/**
 * The service had too many requests: nothing is asked until then.
 */
paused_until_ms: number | null, };

export type JobDetail = { 
/**
 * The row.
 */
job: JobView, 
/**
 * Why it failed, in the service's words.
 */
failure: JobFailure | null, 
/**
 * Why the service could not be asked.
 */
problem: IpcError | null, 
/**
 * Other projects of the same service whose keys may know it; only after a 404.
 */
other_keys: Array<JobOtherKey>, 
/**
 * Every delivery of its events, oldest first, 50 at most.
 */
deliveries: Array<JobTold>, 
/**
 * `files/…` with a batch's results.
 */
output_file: string | null, 
/**
 * Whether a batch's results are in the service's answer itself, as those of requests that were sent inline.
 */
inlined: boolean, 
/**
 * `files/…` with its requests.
 */
input_file: string | null, 
/**
 * Whether its requests are kept here, because it was sent from here or their file was opened.
 */
has_requests: boolean, 
/**
 * An interaction's steps, as of `asked_ms`.
 */
interaction: InteractionView | null, 
/**
 * A video's files.
 */
videos: Array<string>, 
/**
 * The service's whole answer, as JSON.
 */
raw: string | null, };

export type JobFailure = { 
/**
 * `INVALID_ARGUMENT`, or a number.
 */
code: string, 
/**
 * What the service says.
 */
message: string, };

export type JobOtherKey = { 
/**
 * The project.
 */
project: number, 
/**
 * Its name.
 */
name: string, 
/**
 * `…a91f`.
 */
hint: string, };

export type InteractionView = { 
/**
 * In order.
 */
steps: Array<InteractionStep>, 
/**
 * Function calls that have no result.
 */
pending: Array<PendingCall>, 
/**
 * Tokens, as far as the service says.
 */
usage: InteractionUsage | null, 
/**
 * The interaction that it continues: `interactions/…`.
 */
previous: string | null, 
/**
 * Those that continue it, as far as Pollux knows.
 */
next: Array<string>, };

export type InteractionStep = { 
/**
 * `user_input`, `model_output`, `thought`, `function_call`, `google_search_call`…: the service's word.
 */
kind: string, 
/**
 * The function, where there is one.
 */
name: string | null, 
/**
 * Its text, arguments or result, 4,000 characters at most.
 */
text: string, 
/**
 * What the text was cut to.
 */
cut: boolean, 
/**
 * `text/plain`, `image/png`…, of an output that is not text.
 */
mime_type: string | null, 
/**
 * When it began, if the service says so.
 */
at_ms: number | null, 
/**
 * A call: the id that its result names.
 */
call: string | null, 
/**
 * A call without a result yet.
 */
waits: boolean, };

export type PendingCall = { 
/**
 * Its id.
 */
id: string, 
/**
 * The function.
 */
name: string, 
/**
 * Its arguments, as JSON.
 */
arguments: string, 
/**
 * JSON Schema of the result, as JSON, if the tool declares one.
 */
response_schema: string | null, 
/**
 * What the tool says of itself.
 */
description: string | null, };

export type InteractionUsage = { 
/**
 * Of the input.
 */
input: number | null, 
/**
 * Of the output.
 */
output: number | null, 
/**
 * Of thoughts.
 */
thought: number | null, 
/**
 * Of the input, from a cache.
 */
cached: number | null, 
/**
 * All.
 */
total: number | null, };

export type CallAnswer = { 
/**
 * The call's id.
 */
id: string, 
/**
 * The result, as JSON.
 */
result: string, 
/**
 * It is an error of the function.
 */
is_error: boolean, };

export type NewJob = { 
/**
 * What it is, and what it does.
 */
work: NewWork, 
/**
 * `gemini-2.5-flash`; of a Deep Research interaction, the agent.
 */
model: string, 
/**
 * Addresses of its own; `None`: the registered webhooks. The listener's own address is `receiver` of the board.
 */
receivers: Array<string> | null, 
/**
 * Returned in each event. Only with receivers of its own.
 */
metadata: Array<JobMetadata>, };

export type NewWork = { "kind": "batch", 
/**
 * Its display name.
 */
title: string, 
/**
 * Its requests.
 */
requests: BatchRequests, } | { "kind": "interaction", 
/**
 * What to do.
 */
input: string, 
/**
 * The model is an agent, such as Deep Research.
 */
agent: boolean, 
/**
 * Functions that it may call, as JSON: a list of tools.
 */
tools: string | null, } | { "kind": "video", 
/**
 * What it shows.
 */
prompt: string, };

export type BatchRequests = { "from": "file", 
/**
 * The file.
 */
path: string, } | { "from": "lines", 
/**
 * The lines.
 */
text: string, };

export type BatchPreview = { 
/**
 * How many requests.
 */
requests: number, 
/**
 * Their size in bytes.
 */
bytes: number, 
/**
 * The first keys, five at most.
 */
keys: Array<string>, 
/**
 * The first request, as JSON, 4,000 characters at most.
 */
first: string | null, 
/**
 * What is wrong: `line 3: …`, ten at most. With any, nothing can be sent.
 */
problems: Array<string>, 
/**
 * The public address of the listener for this project, if it has one that the service can reach.
 */
receiver: string | null, };

export type JobAlarms = { 
/**
 * The project.
 */
project: number, 
/**
 * Ended and never called; those that were set aside are left out.
 */
missed: number, 
/**
 * They wait for an answer.
 */
waiting: number, };

export type DeliveryJob = { 
/**
 * The job that its event names, where it is known.
 */
job: JobView | null, 
/**
 * What the event says and the service does not.
 */
contradiction: string | null, 
/**
 * When the sender should try again; `None` where an attempt was accepted, or none is expected any more.
 */
next: NextAttempt | null, 
/**
 * Whether an attempt was verified and answered 2xx.
 */
accepted: boolean, 
/**
 * When no attempt could have been seen, from the first one until one was accepted or none is expected any more;
 * oldest first, at most the 100 longest.
 */
blind: Array<Blind>, 
/**
 * Attempts that the sender should have made at such a time. Guesses, as `next` is.
 */
unseen: Array<NextAttempt>, };

export type MissedCause = "not_subscribed" | "webhook_disabled" | "points_elsewhere" | "not_running" | "tunnel_down" | "rejected" | "refused" | "retrying" | "forward_failed" | "unexplained";

export type FindingBrief = { 
/**
 * Why.
 */
cause: MissedCause, 
/**
 * `tunnel was down 13:58–14:09`, without the time of the end.
 */
words: string, 
/**
 * When it was found.
 */
found_ms: number, 
/**
 * The user set it aside: no alarm.
 */
set_aside: boolean, };

export type EvidenceMark = "fine" | "explains" | "unknown";

export type EvidenceKind = "subscribed" | "enabled" | "address" | "running" | "tunnel" | "attempts" | "others" | "forward";

export type EvidenceSource = "service" | "own_log" | "history";

export type Evidence = { 
/**
 * What was checked.
 */
kind: EvidenceKind, 
/**
 * What came of it.
 */
mark: EvidenceMark, 
/**
 * One sentence, without its last full stop.
 */
words: string, 
/**
 * Where it comes from.
 */
source: EvidenceSource, 
/**
 * When the service was asked; `None` for the other sources.
 */
at_ms: number | null, };

export type Span = { 
/**
 * From when.
 */
from_ms: number, 
/**
 * Until when.
 */
to_ms: number, 
/**
 * Up: good. Otherwise down.
 */
up: boolean, 
/**
 * Nobody looked: what is shown is a guess.
 */
guessed: boolean, 
/**
 * `network unreachable`, `disabled`.
 */
words: string | null, };

export type FindingTick = { 
/**
 * The delivery.
 */
delivery: number, 
/**
 * When it came.
 */
at_ms: number, 
/**
 * Whether it was verified.
 */
verified: boolean, 
/**
 * Whether it is of this job.
 */
ours: boolean, };

export type DayDeliveries = { 
/**
 * Between each two of the edges that were asked for.
 */
hours: Array<HistogramBucket>, 
/**
 * How many of them came from a file.
 */
imported: number, 
/**
 * Why they were not verified, the most frequent first.
 */
causes: Array<DayCause>, 
/**
 * By project, the one with the most first.
 */
projects: Array<DayProject>, 
/**
 * The median time of the answer of the newest, in µs; `None` where none is known.
 */
took_us: number | null, };

export type DayCause = { 
/**
 * Their verdict: rejected, unchecked or unbound.
 */
outcome: Outcome, 
/**
 * The reason's code; empty where there are too many different ones.
 */
reason: string, 
/**
 * How the list calls it for the last of them: two or three words.
 */
cause: string, 
/**
 * How many.
 */
deliveries: number, 
/**
 * When the last of them arrived.
 */
last_ms: number, 
/**
 * The last of them.
 */
last: number, };

export type DayProject = { 
/**
 * The project.
 */
project: number, 
/**
 * How many.
 */
deliveries: number, 
/**
 * How many of them were rejected.
 */
rejected: number, 
/**
 * How many of the newest were rejected, without one in between that was not.
 */
rejected_in_a_row: number, };

export type DayStates = { 
/**
 * Since when it is known whether the listener was open; `None` if it never was.
 */
known_ms: number | null, 
/**
 * When the listener was open, from then on.
 */
listener: Array<Span>, 
/**
 * When the tunnel was up, from its first state on; empty where none was used. Switched off is not up either: its
 * words are `off`.
 */
tunnel: Array<Span>, 
/**
 * When a webhook was not enabled, as the service said.
 */
webhooks: Array<DayWebhook>, 
/**
 * The jobs that ended, between each two of the edges that were asked for.
 */
jobs: Array<DayJobs>, 
/**
 * Jobs that were missed, on whatever day, the newest first; those that were set aside are left out. At most 20 of
 * a project.
 */
missed: Array<DayJob>, 
/**
 * Jobs that wait for the user, at most 20 of a project.
 */
waiting: Array<DayJob>, };

export type DayWebhook = { 
/**
 * The project.
 */
project: number, 
/**
 * The service's id.
 */
webhook: string, 
/**
 * What its owner calls it, or where it points.
 */
name: string, 
/**
 * First seen so.
 */
from_ms: number, 
/**
 * Seen otherwise, or until now.
 */
to_ms: number, 
/**
 * The service disabled it after failed deliveries.
 */
failed: boolean, };

export type DayJobs = { 
/**
 * An event that counts told of them.
 */
told: number, 
/**
 * They were missed.
 */
missed: number, 
/**
 * Missed as well, and set aside by the user.
 */
aside: number, 
/**
 * Not looked at yet, or within their grace.
 */
open: number, 
/**
 * No event is expected.
 */
not_expected: number, };

export type DayJob = { 
/**
 * The project.
 */
project: number, 
/**
 * Its name at the service.
 */
name: string, 
/**
 * What to call it.
 */
title: string, 
/**
 * What it is.
 */
kind: JobKind, 
/**
 * When it ended, or began to wait.
 */
ended_ms: number | null, 
/**
 * Why it was missed.
 */
cause: MissedCause | null, 
/**
 * The same, as the list of jobs says it.
 */
words: string | null, };

export type NextAttempt = { 
/**
 * When, as a guess.
 */
at_ms: number, 
/**
 * How far off it may be, either way.
 */
spread_ms: number, 
/**
 * How many retried events the guess is from; 0: from none, the usual schedule of Standard Webhooks.
 */
from_events: number, 
/**
 * When the sender gives up: 24 h after the first attempt, as the guide says.
 */
gives_up_ms: number, };

export type BlindCause = "not_listening" | "tunnel_down";

export type Blind = { 
/**
 * From when.
 */
from_ms: number, 
/**
 * Until when.
 */
to_ms: number, 
/**
 * Why.
 */
cause: BlindCause, 
/**
 * Why the tunnel was down, where that is known: `network unreachable`.
 */
words: string | null, };

export type JobFinding = { 
/**
 * The project.
 */
project: number, 
/**
 * What ended.
 */
kind: JobKind, 
/**
 * The job.
 */
name: string, 
/**
 * What its owner calls it.
 */
title: string | null, 
/**
 * When it ended.
 */
ended_ms: number, 
/**
 * The event that was expected: `batch.succeeded`.
 */
event_type: string, 
/**
 * The rest.
 */
brief: FindingBrief, 
/**
 * One sentence: "The tunnel was down 13:58:04–14:09:37, so the call could not reach us."
 */
sentence: string, 
/**
 * The cause is likely, not certain.
 */
guess: boolean, 
/**
 * What was checked.
 */
evidence: Array<Evidence>, 
/**
 * The axis: from when, until when.
 */
from_ms: number, 
/**
 * Until when.
 */
to_ms: number, 
/**
 * Whether the webhook was enabled.
 */
webhook: Array<Span>, 
/**
 * Whether the tunnel was up. Empty where none was used.
 */
tunnel: Array<Span>, 
/**
 * Whether Pollux was listening.
 */
running: Array<Span>, 
/**
 * Deliveries of the project, 400 at most.
 */
deliveries: Array<FindingTick>, 
/**
 * When it may still come.
 */
next: NextAttempt | null, };

export type MadeEvent = { 
/**
 * The saved target to send it to.
 */
target: number, 
/**
 * The secret to sign it with; `None`: the Sandbox's.
 */
secret: string | null, };

export type ResultSource = { "of": "job", 
/**
 * The project, whose key is used.
 */
project: number, 
/**
 * The job.
 */
name: string, } | { "of": "pointer", 
/**
 * The delivery.
 */
delivery: number, 
/**
 * Where in its payload: `data.output_file_uri`.
 */
path: string, 
/**
 * The delivery is not verified, and the user was told that the sender may have written this pointer.
 */
confirmed: boolean, } | { "of": "name", 
/**
 * The project, whose key is used.
 */
project: number, 
/**
 * `files/…`, `batches/…`, an address of the service.
 */
text: string, } | { "of": "file", 
/**
 * The file.
 */
path: string, };

export type ResultKind = "unknown" | "rows" | "video" | "image" | "json" | "text" | "binary" | "interaction";

export type ResultState = "resolving" | "downloading" | "reading" | "ready" | "stopped" | "failed";

export type ResultView = { 
/**
 * Names it in the other calls and in live messages.
 */
id: number, 
/**
 * The project.
 */
project: number | null, 
/**
 * The job, where it is known.
 */
job: string | null, 
/**
 * `files/…`, or the file on this machine.
 */
name: string, 
/**
 * What it is.
 */
kind: ResultKind, 
/**
 * How far it is.
 */
state: ResultState, 
/**
 * Why it failed.
 */
error: IpcError | null, 
/**
 * `application/jsonl`.
 */
mime_type: string | null, 
/**
 * Bytes here.
 */
bytes: number, 
/**
 * Bytes of the whole, if the service says so.
 */
total: number | null, 
/**
 * How long reading took, in µs; `None` while it is read.
 */
read_us: number | null, 
/**
 * When the service deletes it.
 */
expires_ms: number | null, 
/**
 * The delivery whose pointer it is, where it was opened from one.
 */
delivery: number | null, 
/**
 * Kept with this delivery, and counted in the history's size.
 */
kept_with: number | null, 
/**
 * A batch's rows, so far.
 */
summary: RowsSummary | null, 
/**
 * Whether the requests are known, so that missing keys can be named and failed rows sent again.
 */
has_requests: boolean, };

export type ResultRowState = "good" | "error" | "blocked" | "cut_off" | "empty" | "unparsable" | "missing";

export type RowTokens = { 
/**
 * Of the prompt.
 */
input: number | null, 
/**
 * Of the answer.
 */
output: number | null, 
/**
 * Of thoughts.
 */
thinking: number | null, 
/**
 * Of the prompt, from a cache.
 */
cached: number | null, };

export type RowKind = { 
/**
 * `429 RESOURCE_EXHAUSTED`, `MAX_TOKENS`.
 */
name: string, 
/**
 * How many.
 */
count: number, };

export type RowsSummary = { 
/**
 * How many were asked for, as far as that is known: from the requests, or else from the service's count.
 */
asked: number | null, 
/**
 * Lines of the output that are rows.
 */
answered: number, 
/**
 * Rows with an answer that can be used.
 */
good: number, 
/**
 * Errors, blocked, cut off, empty and unparsable ones.
 */
failed: number, 
/**
 * Of the failed ones, those with an error.
 */
errors: number, 
/**
 * Of the failed ones, those that were blocked, cut off or are empty.
 */
partial: number, 
/**
 * Of the failed ones, those that cannot be read.
 */
unparsable: number, 
/**
 * Asked for and not answered; `None` while that is not known.
 */
missing: number | null, 
/**
 * Whether the missing keys can be named: only where the requests are known.
 */
missing_named: boolean, 
/**
 * Keys with more than one answer. The first counts.
 */
doubled: number, 
/**
 * Further answers to such keys.
 */
repeats: number, 
/**
 * Rows that answer nothing that was asked for.
 */
strays: number, 
/**
 * Error codes, the most frequent first, 50 at most.
 */
error_kinds: Array<RowKind>, 
/**
 * Finish reasons, likewise.
 */
finish_reasons: Array<RowKind>, 
/**
 * Rows that finished with STOP and are empty.
 */
empty_stops: number, 
/**
 * Rows that are embeddings.
 */
embeddings: number, 
/**
 * Rows without a key.
 */
keyless: number, 
/**
 * Tokens, summed.
 */
tokens: RowTokens, 
/**
 * The file ends in the middle of a line.
 */
cut_at_end: boolean, };

export type ResultRow = { 
/**
 * Its number among all rows, from 0; missing ones come after those of the output.
 */
number: number, 
/**
 * Its line in the output, or of a missing one in the requests, from 1.
 */
line: number, 
/**
 * Its key.
 */
key: string | null, 
/**
 * What is known of it.
 */
state: ResultRowState, 
/**
 * `429 RESOURCE_EXHAUSTED`, `MAX_TOKENS`, `SAFETY`.
 */
detail: string | null, 
/**
 * How many answers its key has; 1 of most.
 */
answers: number, 
/**
 * A further answer to a key that was answered before.
 */
repeat: boolean, 
/**
 * Tokens.
 */
tokens: RowTokens, 
/**
 * Its text, the error's message, or the start of the line; 2,000 characters at most.
 */
text: string, 
/**
 * What the text was cut to.
 */
cut: boolean, };

export type RowFilter = "all" | "failed" | "missing" | "doubled";

export type ResultRows = { 
/**
 * The place of the first in what matches.
 */
first: number, 
/**
 * How many match, so far.
 */
matched: number, 
/**
 * No more will be found.
 */
exact: boolean, 
/**
 * The rows.
 */
rows: Array<ResultRow>, };

export type ResultStrip = { 
/**
 * Parts with failed rows.
 */
failed: Array<number>, 
/**
 * Parts with missing rows.
 */
missing: Array<number>, 
/**
 * How many parts there are.
 */
parts: number, };

export type ResultSave = "all" | "failed";

export type ResultSaved = { 
/**
 * The file.
 */
path: string, 
/**
 * Lines, or 0 of a file that is not JSONL.
 */
lines: number, 
/**
 * In bytes.
 */
bytes: number, 
/**
 * Whether the lines are requests, which can be sent again.
 */
requests: boolean, 
/**
 * Failed rows whose requests are not known.
 */
unknown: number, };

export type Live = { "kind": "rows", 
/**
 * The view they belong to.
 */
view: number, 
/**
 * The rows.
 */
added: Array<Row>, 
/**
 * The ordinal of the oldest match that was found.
 */
first: number, 
/**
 * How many matches were found.
 */
matched: number, 
/**
 * How many there are now.
 */
total: number, } | { "kind": "changed", 
/**
 * The rows.
 */
rows: Array<Row>, } | { "kind": "counted", 
/**
 * The view.
 */
view: number, 
/**
 * The ordinal of the oldest.
 */
first: number, 
/**
 * How many there are.
 */
matched: number, 
/**
 * No more will be found.
 */
exact: boolean, 
/**
 * Since the view was opened, in µs.
 */
took_us: number, 
/**
 * How it was done.
 */
explained: Explained, 
/**
 * If nothing matches: the part that removes everything.
 */
nothing: Nothing | null, } | { "kind": "removed", 
/**
 * The view.
 */
view: number, 
/**
 * The ordinal of the oldest.
 */
first: number, 
/**
 * How many there are.
 */
matched: number, } | { "kind": "resync", 
/**
 * The view.
 */
view: number, } | { "kind": "listener", 
/**
 * The new state.
 */
listener: ListenerState, } | { "kind": "counts", 
/**
 * The counts.
 */
counts: Counts, } | { "kind": "disk", 
/**
 * The free space.
 */
disk: DiskShortage | null, } | { "kind": "health", 
/**
 * What is known of it now.
 */
health: HistoryHealth, } | { "kind": "tunnel", 
/**
 * The new one.
 */
tunnel: TunnelView, } | { "kind": "sandbox" } | { "kind": "projects", 
/**
 * All of them, the Sandbox first.
 */
projects: Array<Project>, } | { "kind": "webhooks", 
/**
 * The project, with how many of its webhooks need attention.
 */
alarms: WebhookAlarms, } | { "kind": "replay", 
/**
 * Its progress.
 */
run: ReplayRun, } | { "kind": "forward", 
/**
 * The project's forwarding.
 */
forward: ForwardView, } | { "kind": "fault_lab", 
/**
 * The whole fault lab.
 */
lab: FaultLab, } | { "kind": "check", 
/**
 * Its progress.
 */
report: CheckReport, } | { "kind": "verify_again", 
/**
 * Their progress.
 */
run: VerifyRun, } | { "kind": "transfer", 
/**
 * Its progress.
 */
transfer: Transfer, } | { "kind": "jobs", 
/**
 * The project, with how many of its jobs need attention.
 */
alarms: JobAlarms, } | { "kind": "desktop", 
/**
 * What it is.
 */
news: DesktopNews, } | { "kind": "result", 
/**
 * It, as it is now.
 */
result: ResultView, } | { "kind": "rebuild", 
/**
 * How much is done.
 */
done: number, 
/**
 * Of how much.
 */
total: number, } | { "kind": "notice", 
/**
 * The notice.
 */
notice: Notice, };

export type DiskShortage = { 
/**
 * Bytes that are free.
 */
free: number, 
/**
 * Bytes that Pollux reserves.
 */
reserve: number, 
/**
 * The folder of the history.
 */
folder: string, };

export type HistoryHealth = { 
/**
 * The result of the latest check.
 */
state: HealthState, 
/**
 * The run before this one did not close the history: it was killed, crashed, or lost its power.
 */
unclean: boolean, 
/**
 * Deliveries that were stored and that the file does not have.
 */
missing: MissingDeliveries | null, 
/**
 * What is wrong, where the latest check found something.
 */
damage: HistoryDamage | null, };

export type HealthState = "not_checked" | "checking" | "sound" | "damaged";

export type MissingDeliveries = { 
/**
 * The number of the last delivery that was stored.
 */
stored: number, 
/**
 * When that was noted, Unix milliseconds.
 */
noted_ms: number, 
/**
 * The number of the last delivery that the file knows.
 */
found: number, 
/**
 * Whether the log beside the file (`-wal`) is missing as well.
 */
log_gone: boolean, };

export type HistoryDamage = { 
/**
 * What SQLite says, at most 20 lines.
 */
says: Array<string>, 
/**
 * Deliveries that the history counts; `None` if its count cannot be read.
 */
deliveries: number | null, 
/**
 * Deliveries that can be read back whole.
 */
readable: number, 
/**
 * Numbers (from, to; both included) of deliveries that cannot, the first 100 stretches. Some of them may never have
 * been stored, or have left before.
 */
unreadable: Array<[number, number]>, };

export type Recovery = { 
/**
 * The new history.
 */
path: string, 
/**
 * Where the damaged one is.
 */
kept: string, 
/**
 * Deliveries in the new history.
 */
deliveries: number, 
/**
 * Deliveries that the damaged one counted; `None` if its count cannot be read.
 */
of: number | null, 
/**
 * Of those in the new history: found only page by page.
 */
found_by_page: number, 
/**
 * Of those in the new history: the details of the verdict are lost.
 */
without_verdict: number, 
/**
 * Tables, other than those of deliveries, of which something could not be read.
 */
others: Array<string>, };

export type Notice = { 
/**
 * How bad it is.
 */
level: Level, 
/**
 * Stable code.
 */
code: Code, 
/**
 * One sentence.
 */
message: string, };

export type NotificationKind = "rejected" | "webhook_disabled" | "tunnel_down" | "missed" | "forward_down" | "secret_ending";

export type NotificationPlace = { "view": "deliveries", 
/**
 * Its project.
 */
project: number, 
/**
 * Its id.
 */
delivery: number, } | { "view": "webhooks", 
/**
 * Its project.
 */
project: number, 
/**
 * Its id.
 */
webhook: string, } | { "view": "tunnel" } | { "view": "operations", 
/**
 * Its project.
 */
project: number, 
/**
 * Its name.
 */
job: string, } | { "view": "handler", 
/**
 * The project.
 */
project: number, };

export type Notification = { 
/**
 * What it is about.
 */
kind: NotificationKind, 
/**
 * What happened. Desktops show it as plain text.
 */
title: string, 
/**
 * One sentence more. Some desktops read it as markup, so no name is in it.
 */
text: string, 
/**
 * What a click leads to: the first thing that it tells of.
 */
place: NotificationPlace, };

export type Looking = { 
/**
 * Things of these kinds are on the screen; none while the window is without the focus.
 */
kinds: Array<NotificationKind>, 
/**
 * Those of this project only; `None`: of all projects.
 */
project: number | null, };

export type Unseen = { 
/**
 * How many are known of.
 */
rejected: number, 
/**
 * There may be more.
 */
more: boolean, };

export type DesktopNews = { "news": "shown", 
/**
 * The notification.
 */
notification: Notification, } | { "news": "offered", 
/**
 * That one.
 */
notification: Notification, } | { "news": "opened", 
/**
 * What it tells of.
 */
place: NotificationPlace, } | { "news": "unseen", 
/**
 * How many there are now.
 */
unseen: Unseen, };

export type TrayState = { "state": "off" } | { "state": "given" } | { "state": "missing", 
/**
 * The name of its file.
 */
library: string, } | { "state": "failed", 
/**
 * Why.
 */
message: string, };

export type Level = "info" | "warning" | "error";

export type ListenerState = { "state": "starting" } | { "state": "listening", 
/**
 * `http://127.0.0.1:4710/`.
 */
address: string, 
/**
 * Its port.
 */
port: number, } | { "state": "failed", 
/**
 * Stable code.
 */
code: Code, 
/**
 * What was wrong.
 */
message: string, 
/**
 * The port asked for.
 */
port: number, 
/**
 * The next free port.
 */
next_free: number | null, } | { "state": "stopped" };

export type ApiVersion = "v1" | "v1beta";

export type ApiKey = { 
/**
 * `…a91f`: its last four characters.
 */
hint: string, 
/**
 * Keychain, file or memory.
 */
stored_in: VaultKind, 
/**
 * Whether it could be read at the start; otherwise it has to be entered again.
 */
available: boolean, };

export type Project = { 
/**
 * Its row in the store.
 */
id: number, 
/**
 * What the user calls it.
 */
name: string, 
/**
 * It is the built-in one, which talks to the emulator and cannot be changed.
 */
sandbox: boolean, 
/**
 * First path segment of its deliveries; empty for the default project, which takes what belongs to no other
 * project and cannot be removed.
 */
path: string, 
/**
 * Where its service is: `https://generativelanguage.googleapis.com`.
 */
base_url: string, 
/**
 * The version segment of the service's paths.
 */
api_version: ApiVersion, 
/**
 * Its API key, masked; `None` if it has none: then its webhooks cannot be managed.
 */
api_key: ApiKey | null, };

export type ApiKeyDraft = { "from": "kept" } | { "from": "typed", 
/**
 * The key.
 */
text: string, } | { "from": "environment", 
/**
 * `GEMINI_API_KEY` or `GOOGLE_API_KEY`.
 */
name: string, } | { "from": "nowhere" };

export type ProjectDraft = { 
/**
 * What the user calls it; unique.
 */
name: string, 
/**
 * First path segment of its deliveries: `a-z`, `0-9` and `-`; `None`: made from the name, or left as it is.
 */
path: string | null, 
/**
 * `None`: Google's.
 */
base_url: string | null, 
/**
 * The version segment of the service's paths.
 */
api_version: ApiVersion, 
/**
 * Where the API key comes from.
 */
api_key: ApiKeyDraft, };

export type EnvironmentKey = { 
/**
 * `GEMINI_API_KEY` or `GOOGLE_API_KEY`.
 */
name: string, 
/**
 * `…a91f`.
 */
hint: string, };

export type ProjectCheck = { 
/**
 * How many webhooks it has, up to 1000.
 */
webhooks: number, 
/**
 * How long the call took.
 */
took_ms: number, };

export type UriPlace = "ours" | "earlier" | "elsewhere";

export type SecretLife = "current" | "grace" | "expired";

export type SeenDelivery = { 
/**
 * Its id.
 */
id: number, 
/**
 * When it came.
 */
received_ms: number, 
/**
 * Its verdict.
 */
outcome: Outcome, 
/**
 * Two or three words.
 */
cause: string, };

export type WebhookEvent = { 
/**
 * `batch.succeeded`.
 */
name: string, 
/**
 * Whether it is in the catalog.
 */
known: boolean, };

export type WebhookSecret = { 
/**
 * The id of Pollux's copy; `None` if it has none, because it was made elsewhere.
 */
key: string | null, 
/**
 * `whsec_…a91f`.
 */
hint: string, 
/**
 * Its stage of life.
 */
state: SecretLife, 
/**
 * When it was made, if Pollux knows.
 */
created_ms: number | null, 
/**
 * When it ends, or ended.
 */
expires_ms: number | null, 
/**
 * Whether Pollux can verify with it, because it has its text.
 */
available: boolean, };

export type WebhookView = { 
/**
 * The service's id.
 */
id: string, 
/**
 * What its owner calls it.
 */
name: string | null, 
/**
 * Where events go.
 */
uri: string, 
/**
 * The subscribed events, including any that are not known here.
 */
events: Array<WebhookEvent>, 
/**
 * As the service gave it: `enabled`, `disabled`, `disabled_due_to_failed_deliveries`, or something newer.
 */
state: string, 
/**
 * Its secrets: the current one first, then the newest. Includes ended ones, while Pollux knows them.
 */
secrets: Array<WebhookSecret>, 
/**
 * Whose address `uri` is.
 */
place: UriPlace, 
/**
 * Where it should point instead, if `place` is `earlier`; `None` also while there is no address to point to.
 */
repaired_uri: string | null, 
/**
 * The latest delivery that one of its secrets signed, or that came to its path and no key verified.
 */
last: SeenDelivery | null, 
/**
 * Deliveries like that in the last hour.
 */
last_hour: number, 
/**
 * Whether Pollux registered it in the Sandbox for its own listener.
 */
builtin: boolean, };

export type WebhookBoard = { 
/**
 * The project.
 */
project: number, 
/**
 * The webhooks as the service listed them last, in its order.
 */
webhooks: Array<WebhookView>, 
/**
 * When that was; `None` if it has not been asked yet, or has never answered.
 */
refreshed_ms: number | null, 
/**
 * Why the latest reading failed; the list is then older.
 */
error: IpcError | null, 
/**
 * Where a new webhook should point: the public address (or else the listener's own) with the project's path.
 * `None` while nothing listens.
 */
receiver: string | null, 
/**
 * Whether the service can reach `receiver` from outside; otherwise only an emulator on this machine can.
 */
receiver_public: boolean, };

export type WebhookDraft = { 
/**
 * What its owner calls it.
 */
name: string | null, 
/**
 * Where events go.
 */
uri: string, 
/**
 * Which events.
 */
events: Array<string>, };

export type WebhookEdit = { 
/**
 * What its owner calls it.
 */
name: string | null, 
/**
 * Where events go.
 */
uri: string | null, 
/**
 * Which events.
 */
events: Array<string> | null, 
/**
 * `enabled`, `disabled`.
 */
state: string | null, };

export type NewSecret = { 
/**
 * The id of Pollux's copy.
 */
id: string, 
/**
 * `whsec_…`, whole.
 */
text: string, 
/**
 * `whsec_…a91f`.
 */
hint: string, 
/**
 * Where it is stored; `None` if it could not be: then it is only in this process's memory.
 */
stored_in: VaultKind | null, 
/**
 * Why it could not be stored.
 */
problem: IpcError | null, };

export type WebhookCreation = { "result": "created", 
/**
 * The webhook.
 */
webhook: WebhookView, 
/**
 * Its secret.
 */
secret: NewSecret, } | { "result": "found", 
/**
 * Those webhooks.
 */
webhooks: Array<WebhookView>, };

export type PingResult = { "result": "arrived", 
/**
 * From asking for it to its arrival.
 */
after_ms: number, 
/**
 * The delivery that came.
 */
delivery: SeenDelivery, } | { "result": "missing", 
/**
 * How long Pollux waited.
 */
waited_ms: number, 
/**
 * Stable code of the likely cause: `webhook_disabled`, `not_ours`, `not_listening`, `tunnel_down`,
 * `refused_by_us`, `address_unreachable`, `unknown`.
 */
cause: string, 
/**
 * The likely cause and what to do, in a sentence or two.
 */
message: string, };

export type WebhookRepair = { 
/**
 * The webhook.
 */
id: string, 
/**
 * Where it points now.
 */
uri: string, 
/**
 * Why it could not be repaired.
 */
error: IpcError | null, };

export type WebhookAlarms = { 
/**
 * The project.
 */
project: number, 
/**
 * How many are `disabled_due_to_failed_deliveries`.
 */
disabled: number, 
/**
 * How many point to an earlier address of ours.
 */
earlier: number, };

export type RotationTick = { 
/**
 * When.
 */
at_ms: number, 
/**
 * How many.
 */
count: number, 
/**
 * The latest of them.
 */
delivery: number, };

export type RotationLane = { 
/**
 * The secret.
 */
secret: WebhookSecret, 
/**
 * Deliveries of the last 24 hours that it verified and no newer one did.
 */
verified: number, 
/**
 * These as ticks, oldest first.
 */
ticks: Array<RotationTick>, 
/**
 * The latest of them.
 */
last: SeenDelivery | null, };

export type RotationCounts = { 
/**
 * Verified with the current secret (even if an older one would have verified it, too).
 */
by_current: number, 
/**
 * Verified with an older secret only.
 */
only_older: number, 
/**
 * The latest of those.
 */
last_only_older: SeenDelivery | null, };

export type Place = { 
/**
 * Its id.
 */
id: number, 
/**
 * The note.
 */
text: string, 
/**
 * The user ticked that it holds the current secret. A rotation takes the tick away.
 */
done: boolean, 
/**
 * When the user ticked it.
 */
done_ms: number | null, };

export type Rotation = { 
/**
 * The webhook.
 */
webhook: WebhookView, 
/**
 * The time that this shows.
 */
now_ms: number, 
/**
 * 24 hours earlier; the axis ends 24 hours later.
 */
from_ms: number, 
/**
 * Deliveries closer together than this share a tick.
 */
tick_ms: number, 
/**
 * One lane per secret, the current one first, then the newest. Those that ended before `from_ms` are left out.
 */
lanes: Array<RotationLane>, 
/**
 * Deliveries to the webhook's path that no key verified.
 */
rejected: Array<RotationTick>, 
/**
 * When the current secret took over; `None` if Pollux knows of no rotation.
 */
rotated_ms: number | null, 
/**
 * What the data says about the earlier secrets since then (at most the last 24 hours).
 */
since: RotationCounts, 
/**
 * Events whose latest attempt in the last 24 hours was not answered 2xx, so the service tries again; the newest,
 * at most 20.
 */
pending: Array<Row>, 
/**
 * Where secrets of this webhook are in use, as noted by the user.
 */
places: Array<Place>, };

export type Rotated = { 
/**
 * The webhook as it is now.
 */
webhook: WebhookView, 
/**
 * The new secret.
 */
secret: NewSecret, };

export type Action = { 
/**
 * Rises with time.
 */
id: number, 
/**
 * When it ended, Unix milliseconds.
 */
at_ms: number, 
/**
 * The user of the system and how they acted: `ada, window`; `ada, command line`; `Pollux` for what it did on its
 * own.
 */
who: string, 
/**
 * The project's name at that time.
 */
project: string | null, 
/**
 * `project.add`, `project.update`, `project.remove`, `project.restore`, `webhook.create`, `webhook.update`,
 * `webhook.enable`, `webhook.disable`, `webhook.delete`, `webhook.ping`, `webhook.repair`, `webhook.rotate`,
 * `webhook.rotate_now`, `secret.add`, `secret.remove`, `secret.restore`, `secret.destroy`, `secret.reveal`.
 */
what: string, 
/**
 * What it was done to, in words: `nightly results (95fy…bfhzz)`.
 */
target: string, 
/**
 * `done`, `refused`, `failed` or `unknown` (the request may have had its effect).
 */
result: string, 
/**
 * What changed, or what the service said. One sentence.
 */
detail: string, };

export type ActionPage = { 
/**
 * The actions.
 */
actions: Array<Action>, 
/**
 * For the next page; `None` on the last.
 */
next_before: number | null, };

export type SecretStore = { 
/**
 * Keychain, file or memory.
 */
kind: VaultKind, 
/**
 * What the user should know about it.
 */
note: string | null, };

export type Theme = "system" | "light" | "dark";

export type TunnelProvider = "none" | "ngrok" | "cloudflared" | "own";

export type TunnelSettings = { 
/**
 * The chosen one.
 */
provider: TunnelProvider, 
/**
 * Start it with Pollux.
 */
on_launch: boolean, 
/**
 * ngrok: a reserved domain, `hooks.example.com`.
 */
ngrok_domain: string | null, 
/**
 * ngrok: a traffic policy, YAML or JSON.
 */
ngrok_policy: string | null, 
/**
 * ngrok: metadata of the session, shown in ngrok's own dashboard.
 */
ngrok_metadata: string | null, 
/**
 * cloudflared: the program, if it is not on the PATH.
 */
cloudflared_path: string | null, 
/**
 * cloudflared: over TCP (HTTP/2), for networks that block UDP.
 */
cloudflared_http2: boolean, 
/**
 * A first path segment that public requests must have: those without are answered 404 and not stored.
 */
path_token: string | null, 
/**
 * Public requests a second; more are answered 429 and not stored. 0: no limit.
 */
per_second: number, 
/**
 * MiB of public requests a second, heads and bodies; more is answered 429 and not stored. 0: no limit.
 */
mib_per_second: number, };

export type TunnelState = { "state": "off" } | { "state": "starting" } | { "state": "online" } | { "state": "reconnecting", 
/**
 * What was lost.
 */
why: string, 
/**
 * When the next try is; `None` while it is under way.
 */
next_ms: number | null, 
/**
 * Which try it is, from 1.
 */
attempt: number, } | { "state": "failed", 
/**
 * Stable code.
 */
code: Code, 
/**
 * What was wrong and what to do.
 */
message: string, 
/**
 * What the provider said.
 */
detail: string | null, };

export type ProbeView = { 
/**
 * When it was sent.
 */
at_ms: number, 
/**
 * `ok`, `body_changed`, `headers_changed` (one that verification needs), `path_changed` (the path token was lost
 * on the way), `foreign_answer` (the provider answered with a page of its own), `tls_failed`, `unreachable`,
 * `timed_out`.
 */
result: string, 
/**
 * The result in a sentence, and what to do.
 */
message: string, 
/**
 * The round trip.
 */
took_ms: number | null, 
/**
 * Headers that came but were not sent.
 */
added: Array<string>, 
/**
 * Headers that were sent but did not come.
 */
dropped: Array<string>, 
/**
 * Headers whose value changed.
 */
changed: Array<string>, 
/**
 * The HTTP status, if there was an answer.
 */
status: number | null, };

export type AuthtokenFrom = "kept" | "environment";

export type Authtoken = { 
/**
 * Its end: `…a91f`.
 */
hint: string, 
/**
 * Where it comes from.
 */
from: AuthtokenFrom, 
/**
 * The end of another one, in `NGROK_AUTHTOKEN`, which gives way to the stored one.
 */
passed_over: string | null, };

export type TunnelView = { 
/**
 * Which one runs, or ran last.
 */
provider: TunnelProvider, 
/**
 * Its state.
 */
state: TunnelState, 
/**
 * The public address with the path token, with a slash at its end; kept while it reconnects.
 */
public: string | null, 
/**
 * When it entered this state.
 */
since_ms: number, 
/**
 * The round trip to the provider.
 */
latency_ms: number | null, 
/**
 * The latest probe.
 */
probe: ProbeView | null, 
/**
 * Public requests answered 404 since the start because they lacked the path token.
 */
stray: number, 
/**
 * Public requests answered 429, since the start.
 */
too_many: number, 
/**
 * The authtoken that ngrok is used with; `None`: there is none.
 */
ngrok_authtoken: Authtoken | null, };

export type Tour = "shown" | "put_away" | "done";

export type DesktopSettings = { 
/**
 * Whether the user has answered the question, or set something here.
 */
answered: boolean, 
/**
 * Notifications of [`NotificationKind::Rejected`].
 */
rejected: boolean, 
/**
 * Notifications of [`NotificationKind::WebhookDisabled`].
 */
webhook_disabled: boolean, 
/**
 * Notifications of [`NotificationKind::TunnelDown`].
 */
tunnel_down: boolean, 
/**
 * Notifications of [`NotificationKind::Missed`].
 */
missed: boolean, 
/**
 * Notifications of [`NotificationKind::ForwardDown`].
 */
forward_down: boolean, 
/**
 * Notifications of [`NotificationKind::SecretEnding`].
 */
secret_ending: boolean, 
/**
 * How many things need attention, at Pollux's icon in the taskbar.
 */
count: boolean, 
/**
 * An icon in the tray.
 */
tray: boolean, };

export type Settings = { 
/**
 * Port of the listener; `None`: any free one.
 */
port: number | null, 
/**
 * Longest body, in MiB.
 */
max_body_mib: number, 
/**
 * How much of the body of a rejected delivery is kept, in KiB.
 */
rejected_body_kib: number, 
/**
 * Requests a second that are accepted from this machine; more are answered 429 and not stored. 0: no limit.
 */
local_per_second: number, 
/**
 * How far `webhook-timestamp` may be off, in seconds.
 */
tolerance_s: number, 
/**
 * `aud` that a JWT must hold.
 */
audience: string | null, 
/**
 * `iss` that a JWT must hold.
 */
issuer: string | null, 
/**
 * Light or dark.
 */
theme: Theme, 
/**
 * Share of the width that the list takes, 0.2 to 0.8.
 */
split: number, 
/**
 * The https address at which the listener is reached from outside: `https://hooks.example.com/`.
 */
public_address: string | null, 
/**
 * The tunnel.
 */
tunnel: TunnelSettings, 
/**
 * Whether the projects' jobs are watched for events that never come.
 */
watch_jobs: boolean, 
/**
 * How long an event may take to come after a job's end, in minutes.
 */
grace_minutes: number, 
/**
 * What is shown of Pollux on the desktop.
 */
desktop: DesktopSettings, 
/**
 * Whether the first steps are shown.
 */
first_steps: Tour, };

export type Target = { 
/**
 * Its id.
 */
id: number, 
/**
 * The project it was named for; `None`: all projects.
 */
project: number | null, 
/**
 * What the user calls it; `None` if it is only remembered from use.
 */
name: string | null, 
/**
 * `http://localhost:3000/webhooks/gemini`.
 */
url: string, 
/**
 * Whether it is on this machine.
 */
local: boolean, 
/**
 * Whether the user agreed to deliveries leaving this machine for it. Always true for a local one.
 */
confirmed: boolean, 
/**
 * Whether any certificate is accepted, even one that nobody vouches for (https).
 */
any_certificate: boolean, 
/**
 * When it was last used, in Unix milliseconds.
 */
used_ms: number | null, };

export type TargetDraft = { 
/**
 * The target to change; `None`: a new one.
 */
id: number | null, 
/**
 * The project it is for; `None`: all projects.
 */
project: number | null, 
/**
 * What the user calls it.
 */
name: string | null, 
/**
 * Its address.
 */
url: string, 
/**
 * Whether any certificate is accepted, even one that nobody vouches for.
 */
any_certificate: boolean, };

export type HeaderLine = { 
/**
 * Its name.
 */
name: string, 
/**
 * Its value; bytes that are not UTF-8 are replaced.
 */
value: string, 
/**
 * The raw bytes, if they are not UTF-8; then they count, and `value` does not.
 */
base64: string | null, };

export type ReplayBody = { "kind": "received" } | { "kind": "text", 
/**
 * The text.
 */
text: string, } | { "kind": "base64", 
/**
 * The bytes, in base64.
 */
base64: string, };

export type ReplayId = "keep" | "renew";

export type ReplayTime = { "kind": "received" } | { "kind": "now" } | { "kind": "shifted", 
/**
 * Seconds; negative for the past.
 */
seconds: number, };

export type ReplaySign = { "kind": "leave" } | { "kind": "secret", 
/**
 * The secret's id.
 */
id: string, } | { "kind": "sandbox_v1a" } | { "kind": "sandbox_jwt" };

export type ReplayChanges = { 
/**
 * Header lines in place of those received.
 */
headers: Array<HeaderLine> | null, 
/**
 * The body.
 */
body: ReplayBody, 
/**
 * Whether `{{now}}`, `{{now_s}}` and `{{uuid}}` are filled in for each request, before it is signed: in the values
 * of `headers`, and in `body` if it is text. What was received is never filled in.
 */
fill: boolean, 
/**
 * The id.
 */
id: ReplayId, 
/**
 * The time.
 */
time: ReplayTime, 
/**
 * The signature.
 */
sign: ReplaySign, 
/**
 * The id of a [`ReplayTwist`], applied last.
 */
twist: string | null, };

export type ReplayTwist = { 
/**
 * Stable id.
 */
id: string, 
/**
 * Two or three words.
 */
label: string, 
/**
 * What is done, in one sentence.
 */
what: string, 
/**
 * What a correct receiver does with it.
 */
expected: string, 
/**
 * Whether it signs anew: then `sign` must name a key.
 */
signs: boolean, };

export type ReplayPlan = { 
/**
 * The deliveries, in the order in which they are sent.
 */
deliveries: Array<number>, 
/**
 * The addresses; each delivery goes to each of them.
 */
targets: Array<string>, 
/**
 * What is changed. Header lines and body can be changed only for a single delivery.
 */
changes: ReplayChanges, 
/**
 * How often each is sent, 1 to 10,000.
 */
times: number, 
/**
 * Milliseconds from the start of one request to the start of the next.
 */
delay_ms: number, 
/**
 * How many requests may be under way at a time, 1 to 64. 1: in order, each after the answer to the previous one.
 */
concurrency: number, };

export type ReplayDraft = { 
/**
 * The delivery.
 */
delivery: number, 
/**
 * Its project.
 */
project: number, 
/**
 * Its verdict: a rejected one is replayed with a mark.
 */
outcome: Outcome, 
/**
 * Header lines that a replay sends, in order.
 */
headers: Array<HeaderLine>, 
/**
 * The body, if it is text and not too long to edit.
 */
text: string | null, 
/**
 * The body in base64, if it is not text, and not too long.
 */
base64: string | null, 
/**
 * Length of the body in bytes.
 */
body_len: number, 
/**
 * Only a part of the body was stored, and that part is what is sent.
 */
truncated: boolean, 
/**
 * The keys that can sign it.
 */
signers: Array<ReplaySigner>, };

export type ReplaySigner = { 
/**
 * The value that chooses it.
 */
sign: ReplaySign, 
/**
 * `whsec_…a91f, nightly results`.
 */
label: string, 
/**
 * Whether it belongs to the delivery's own project.
 */
own: boolean, };

export type Altered = { 
/**
 * A header's name, or `path`.
 */
name: string, 
/**
 * `left out: it belongs to one connection`.
 */
what: string, };

export type ReplayPreview = { 
/**
 * Header lines in order.
 */
headers: Array<HeaderLine>, 
/**
 * Length of the body in bytes.
 */
body_len: number, 
/**
 * What is not sent as received.
 */
altered: Array<Altered>, 
/**
 * What was asked for, in a few words each: `new id`, `signed with whsec_…a91f`; and what variables were filled in
 * with, as they would be now: `{{now}} 2026-01-22T12:00:00Z`.
 */
changes: Array<string>, };

export type OutboundKind = "replay" | "forward";

export type OutboundProblem = { 
/**
 * Stable code.
 */
code: Code, 
/**
 * What was wrong and what to do.
 */
message: string, };

export type Outbound = { 
/**
 * Its id.
 */
id: number, 
/**
 * The delivery that it came from.
 */
delivery: number, 
/**
 * By hand or by itself.
 */
kind: OutboundKind, 
/**
 * The run of replays that it belongs to, counted since the start of the app.
 */
run: number | null, 
/**
 * Which request of its delivery to this target in the run, or which try of a forward; from 1.
 */
number: number, 
/**
 * Where it was sent.
 */
url: string, 
/**
 * When, in Unix milliseconds.
 */
at_ms: number, 
/**
 * What was changed, in a few words each, and what variables were filled in with (`{{uuid}} 7c1e90aa-…`). Empty: as
 * received.
 */
changes: Array<string>, 
/**
 * The delivery had been rejected.
 */
rejected: boolean, 
/**
 * HTTP status of the answer.
 */
status: number | null, 
/**
 * µs until the head of the answer.
 */
first_us: number | null, 
/**
 * µs until its end.
 */
total_us: number | null, 
/**
 * Bytes of the answer's body, as far as they were read.
 */
answer_len: number | null, 
/**
 * Why there is no complete answer.
 */
problem: OutboundProblem | null, };

export type OutboundDetail = { 
/**
 * The line of the list.
 */
outbound: Outbound, 
/**
 * Header lines as they went out.
 */
request_headers: Array<HeaderLine>, 
/**
 * Length of the body that went out.
 */
request_len: number, 
/**
 * The body that went out differs from the one received.
 */
request_changed: boolean, 
/**
 * What was not sent as received.
 */
altered: Array<Altered>, 
/**
 * Header lines of the answer.
 */
answer_headers: Array<HeaderLine>, 
/**
 * The stored part of the answer's body, if it is text.
 */
answer_text: string | null, 
/**
 * The same in base64, if it is not.
 */
answer_base64: string | null, 
/**
 * What it is, after decoding.
 */
answer_kind: BodyKind, 
/**
 * How many bytes of it were stored.
 */
answer_kept: number, 
/**
 * What was decoded (`gzip`), or why it could not be.
 */
answer_note: string | null, 
/**
 * Where a redirect points. It was not followed.
 */
redirect: string | null, };

export type AnswerDiff = { 
/**
 * Nothing differs but times.
 */
same: boolean, 
/**
 * The statuses, if they differ: first, other.
 */
status: [number, number] | null, 
/**
 * Header lines that differ.
 */
headers: Array<DiffLine>, 
/**
 * Headers that both have with another value, and that are new with every answer: `date`, `x-request-id`. They are
 * not compared.
 */
left_out: Array<string>, 
/**
 * The bodies line by line, with a few lines around each difference. Empty: they are the same.
 */
body: Array<DiffLine>, 
/**
 * What the lines cannot show: that the bodies are too long, or not text; or that lines were left out.
 */
body_note: string | null, };

export type DiffLine = { 
/**
 * Which of the two it is in.
 */
side: DiffSide, 
/**
 * The line.
 */
text: string, };

export type DiffSide = "both" | "first" | "other";

export type RunState = "running" | "done" | "stopped";

export type ReplayRun = { 
/**
 * Its number.
 */
run: number, 
/**
 * What it is doing.
 */
state: RunState, 
/**
 * Requests of the plan.
 */
total: number, 
/**
 * Requests that have ended.
 */
done: number, 
/**
 * When it began, Unix milliseconds.
 */
started_ms: number, 
/**
 * Milliseconds since then, or until its end.
 */
took_ms: number, 
/**
 * Why it ended on its own.
 */
problem: string | null, 
/**
 * The results by target, in the order of the plan.
 */
targets: Array<ReplayTally>, 
/**
 * The first 200 requests that ended. Not in live messages.
 */
outbounds: Array<Outbound>, };

export type ReplayTally = { 
/**
 * The address.
 */
url: string, 
/**
 * Requests that have ended.
 */
done: number, 
/**
 * Those of them without a complete answer.
 */
failed: number, 
/**
 * How often each status came, by status.
 */
statuses: Array<[number, number]>, 
/**
 * Half of the answers took no longer than this, in µs.
 */
p50_us: number | null, 
/**
 * 95 of 100 answers took no longer than this, in µs.
 */
p95_us: number | null, };

export type ForwardWhich = "verified" | "genuine" | "all";

export type ForwardAnswer = { "kind": "at_once" } | { "kind": "target", 
/**
 * How long to wait for it, 100 to 60,000 ms.
 */
timeout_ms: number, };

export type ForwardRule = { 
/**
 * The project.
 */
project: number, 
/**
 * Whether it is switched on.
 */
on: boolean, 
/**
 * The target.
 */
url: string, 
/**
 * Which deliveries.
 */
which: ForwardWhich, 
/**
 * The id of the secret that signs them again, with a fresh time; `None` sends them as received.
 */
resign: string | null, 
/**
 * How many may be under way at a time, 1 to 32. Attempts with one `webhook-id` keep their order.
 */
concurrency: number, 
/**
 * What answer the sender gets.
 */
answer: ForwardAnswer, };

export type ForwardStart = { "kind": "new" } | { "kind": "waiting" } | { "kind": "since", 
/**
 * Unix milliseconds.
 */
ms: number, };

export type ForwardOffer = { 
/**
 * Still waiting from the last time.
 */
waiting: number, 
/**
 * Not forwarded yet, of the last hour.
 */
last_hour: number, 
/**
 * Not forwarded yet, of the last 24 hours.
 */
last_day: number, };

export type ForwardState = { "state": "off" } | { "state": "idle" } | { "state": "sending" } | { "state": "down", 
/**
 * Why, in a sentence.
 */
why: string, 
/**
 * Since when, Unix milliseconds.
 */
since_ms: number, 
/**
 * When the next try starts, Unix milliseconds.
 */
next_ms: number, 
/**
 * The number of that try, from 2.
 */
attempt: number, };

export type ForwardView = { 
/**
 * The rule.
 */
rule: ForwardRule, 
/**
 * What it is doing.
 */
state: ForwardState, 
/**
 * Deliveries that wait, those under way included.
 */
waiting: number, 
/**
 * Answered 2xx since it was switched on.
 */
accepted: number, 
/**
 * Answered otherwise since then.
 */
refused: number, 
/**
 * Dropped by hand since then.
 */
dropped: number, 
/**
 * The last request.
 */
last: Outbound | null, };

export type FaultWhen = { "kind": "always" } | { "kind": "first", 
/**
 * How many, 1 to 1,000.
 */
attempts: number, } | { "kind": "random", 
/**
 * 0 to 100.
 */
percent: number, 
/**
 * Where the random sequence starts.
 */
seed: number, };

export type FaultDrop = "no" | "before" | "middle";

export type FaultRule = { 
/**
 * Its id; empty for a new one.
 */
id: string, 
/**
 * Whether it is switched on.
 */
on: boolean, 
/**
 * Only for this project.
 */
project: number | null, 
/**
 * Only for this event type.
 */
event_type: string | null, 
/**
 * When it applies.
 */
when: FaultWhen, 
/**
 * HTTP status, 200 to 599; `None` leaves it as it would be without the rule.
 */
status: number | null, 
/**
 * Header lines of the answer.
 */
headers: Array<[string, string]>, 
/**
 * Its body.
 */
body: string, 
/**
 * How long the answer waits, 0 to 120,000 ms.
 */
delay_ms: number, 
/**
 * Whether and when the connection is dropped.
 */
drop: FaultDrop, };

export type FaultLab = { 
/**
 * The rules, in the order in which they are tried.
 */
rules: Array<FaultRule>, 
/**
 * How many answers each has made since the app started: rule and count.
 */
answers: Array<[string, number]>, };

export type AnsweredBy = "rule" | "target";

export type CheckPlan = { 
/**
 * The endpoint.
 */
url: string, 
/**
 * The id of the secret that the endpoint uses, for `v1`.
 */
secret: string | null, 
/**
 * What the endpoint claims to verify. `v1a` and JWT are signed with the Sandbox's keys.
 */
schemes: Array<Scheme>, 
/**
 * How long an answer may take, 500 to 60,000 ms.
 */
timeout_ms: number, };

export type CheckState = "waiting" | "running" | "passed" | "failed" | "open" | "skipped";

export type CheckCause = { 
/**
 * The line that failed: `v1_valid`.
 */
line: string, 
/**
 * What is wrong, in a sentence.
 */
what: string, 
/**
 * What to do about it.
 */
mend: string, 
/**
 * How many lines were skipped because of it.
 */
skipped: number, };

export type CheckLine = { 
/**
 * Stable id: `v1_tampered_body`.
 */
id: string, 
/**
 * Its group: `Genuine deliveries`, `Forged signatures`…
 */
group: string, 
/**
 * Its title, in a few words.
 */
title: string, 
/**
 * What was sent.
 */
sent: string, 
/**
 * What a correct receiver does.
 */
expected: string, 
/**
 * What this one did.
 */
got: string | null, 
/**
 * The HTTP status.
 */
status: number | null, 
/**
 * Microseconds until the answer.
 */
took_us: number | null, 
/**
 * Its state.
 */
state: CheckState, 
/**
 * Why it matters.
 */
why: string, 
/**
 * How to fix it.
 */
mend: string, 
/**
 * The line that failed instead, if this one was skipped because of it: `v1_valid`.
 */
cause: string | null, };

export type CheckLatency = { 
/**
 * Answers.
 */
count: number, 
/**
 * µs.
 */
p50_us: number, 
/**
 * µs.
 */
p95_us: number, 
/**
 * µs.
 */
p99_us: number, 
/**
 * µs.
 */
max_us: number, };

export type CheckProgress = "running" | "done" | "stopped" | "unreachable";

export type CheckReport = { 
/**
 * The endpoint.
 */
url: string, 
/**
 * What it is doing.
 */
progress: CheckProgress, 
/**
 * Why there is nothing to report.
 */
problem: string | null, 
/**
 * When it began, Unix milliseconds.
 */
started_ms: number, 
/**
 * Milliseconds since then, or until its end.
 */
took_ms: number, 
/**
 * The keys it was signed with: `whsec_…a91f`, `http://127.0.0.1:40123/.well-known/jwks.json`.
 */
keys: Array<string>, 
/**
 * The causes behind several lines.
 */
causes: Array<CheckCause>, 
/**
 * Every case, in the order of sending.
 */
lines: Array<CheckLine>, 
/**
 * How many are as a correct receiver would do.
 */
passed: number, 
/**
 * How many are not.
 */
failed: number, 
/**
 * How many the user has to judge.
 */
open: number, 
/**
 * How many do not apply to this endpoint.
 */
skipped: number, 
/**
 * The burst.
 */
latency: CheckLatency | null, };

export type AppState = { 
/**
 * Pollux's version.
 */
version: string, 
/**
 * The projects, the Sandbox first.
 */
projects: Array<Project>, 
/**
 * What the listener is doing.
 */
listener: ListenerState, 
/**
 * Where secrets are kept.
 */
secret_store: SecretStore, 
/**
 * The counts.
 */
counts: Counts, 
/**
 * Set while the disk is nearly full.
 */
disk: DiskShortage | null, 
/**
 * Whether the history is whole.
 */
health: HistoryHealth, 
/**
 * What the user has set.
 */
settings: Settings, 
/**
 * Where the history is.
 */
database: Database, 
/**
 * The catalog of event types.
 */
event_types: Array<EventType>, 
/**
 * What the Sandbox can send.
 */
sample_types: Array<SampleType>, 
/**
 * Broken deliveries that the Sandbox can send.
 */
broken_kinds: Array<BrokenKind>, 
/**
 * Projects with webhooks that need attention.
 */
alarms: Array<WebhookAlarms>, 
/**
 * Projects with jobs that need attention.
 */
job_alarms: Array<JobAlarms>, 
/**
 * Ready-made ways to break a replay.
 */
twists: Array<ReplayTwist>, 
/**
 * The forwarding of each project that has a rule.
 */
forwards: Array<ForwardView>, 
/**
 * What the listener answers by script.
 */
fault_lab: FaultLab, };

export type FirstKeyKind = "project" | "secret";

export type FirstKey = { 
/**
 * The project.
 */
project: number, 
/**
 * Which of the two.
 */
kind: FirstKeyKind, 
/**
 * `…a91f`, `whsec_…a91f`.
 */
hint: string, 
/**
 * Keychain, file or memory.
 */
stored_in: VaultKind, 
/**
 * Whether it can be read.
 */
available: boolean, 
/**
 * When the project, or the secret, was added; `None` where that was not noted.
 */
since_ms: number | null, };

export type FirstTunnel = { 
/**
 * Which one.
 */
provider: TunnelProvider, 
/**
 * When.
 */
at_ms: number, };

export type FirstFacts = { 
/**
 * The first verified delivery of the Sandbox's that is kept.
 */
sample: Row | null, 
/**
 * A project with an API key; where there is none, the first secret.
 */
key: FirstKey | null, 
/**
 * The first time that the tunnel was online.
 */
tunnel: FirstTunnel | null, 
/**
 * The first verified delivery of another project that is kept. What was imported does not count.
 */
real: Row | null, 
/**
 * Where cloudflared is, if it is found.
 */
cloudflared: string | null, };

export type Database = { 
/**
 * The file.
 */
path: string, };

export type SecretView = { 
/**
 * Its id.
 */
id: string, 
/**
 * The project whose deliveries it verifies.
 */
project: number, 
/**
 * What the user calls it.
 */
label: string, 
/**
 * `whsec_…a91f`.
 */
hint: string, 
/**
 * When it was added.
 */
added_ms: number, 
/**
 * Keychain, file or memory.
 */
stored_in: VaultKind, 
/**
 * It is the Sandbox's own.
 */
builtin: boolean, 
/**
 * Weaknesses of the secret's text.
 */
warnings: Array<Warning>, 
/**
 * Current, in its grace period, or expired.
 */
key_state: KeyState, 
/**
 * Whether its text can be read; otherwise it verifies nothing until it is pasted in again.
 */
available: boolean, 
/**
 * The webhook that it belongs to, if Pollux received it from the service.
 */
webhook: string | null, 
/**
 * When its text was destroyed, in Unix milliseconds: only the hint is left.
 */
destroyed_ms: number | null, };

export type HeaderView = { 
/**
 * Lower case.
 */
name: string, 
/**
 * Printable text; bytes that are not UTF-8 are replaced.
 */
value: string, 
/**
 * The raw bytes, if they are not UTF-8.
 */
base64: string | null, 
/**
 * Whether there is something to say about this header.
 */
known: boolean, 
/**
 * What the header is for.
 */
meaning: string | null, 
/**
 * What the value means.
 */
decoded: string | null, };

export type TimestampView = { 
/**
 * Unix seconds.
 */
value: number, 
/**
 * RFC 3339.
 */
iso: string, 
/**
 * Arrival minus timestamp, in seconds: positive if it is in the past.
 */
skew_s: number, };

export type DecodedSignature = { 
/**
 * The entries of a Standard Webhooks list, in order.
 */
entries: Array<SignatureEntry>, 
/**
 * The token, if the value is one.
 */
jwt: JwtView | null, 
/**
 * What is odd about the whole value.
 */
note: string | null, };

export type SignatureEntry = { 
/**
 * The part before the comma.
 */
version: string, 
/**
 * The part after it.
 */
text: string, 
/**
 * Whether the version is known and the text is canonical base64 of the right length.
 */
well_formed: boolean, 
/**
 * Why it is not well formed, or what it looks like.
 */
note: string | null, 
/**
 * Whether this entry matches one of the project's keys.
 */
matched: boolean, };

export type JwtView = { 
/**
 * The header as indented JSON.
 */
header: string, 
/**
 * The claims as indented JSON.
 */
claims: string | null, 
/**
 * Length of the signature in bytes.
 */
signature_bytes: number, 
/**
 * Why it cannot be opened.
 */
problem: string | null, };

export type BodyKind = "json" | "text" | "binary" | "empty";

export type BodyView = { 
/**
 * Length as sent, in bytes.
 */
len: number, 
/**
 * Length as stored.
 */
kept_len: number, 
/**
 * Only a part was stored.
 */
truncated: boolean, 
/**
 * SHA-256 of the whole body in hexadecimal, if all of it came but only a part was stored.
 */
sha256: string | null, 
/**
 * `content-type`.
 */
content_type: string | null, 
/**
 * `content-encoding`, if the body has one.
 */
encoding: string | null, 
/**
 * Length after decoding.
 */
decoded_len: number | null, 
/**
 * Why it could not be decoded.
 */
decode_problem: string | null, 
/**
 * What it is, after decoding.
 */
kind: BodyKind, };

export type Answer = { 
/**
 * HTTP status; 0 if the connection was dropped on purpose.
 */
status: number, 
/**
 * Who made it, if it was not Pollux's usual one.
 */
by: AnsweredBy | null, 
/**
 * The rule or the target in words: `fail the first 2 attempts: 503`.
 */
by_what: string | null, 
/**
 * The usual reason phrase.
 */
reason_phrase: string, 
/**
 * Header lines.
 */
headers: Array<AnswerHeader>, 
/**
 * The body.
 */
body: string, 
/**
 * How long it took, in µs.
 */
took_us: number | null, };

export type AnswerHeader = { 
/**
 * Name.
 */
name: string, 
/**
 * Value.
 */
value: string, };

export type Detail = { 
/**
 * The row of the list.
 */
row: Row, 
/**
 * The name of its project, even if it was removed since.
 */
project: string | null, 
/**
 * `POST`.
 */
method: string, 
/**
 * The user's note, whole.
 */
note: string | null, 
/**
 * When that was last changed here, or imported; Unix milliseconds.
 */
noted_ms: number | null, 
/**
 * Path of the request.
 */
path: string, 
/**
 * Its query, without the question mark.
 */
query: string | null, 
/**
 * `HTTP/1.1`.
 */
http_version: string, 
/**
 * The sender's address.
 */
peer: string, 
/**
 * When it came, RFC 3339 with nanoseconds.
 */
received: string, 
/**
 * The verdict with its ladder.
 */
verdict: Verdict, 
/**
 * Whether a key could verify it: the headers for that are there and well formed.
 */
checkable: boolean, 
/**
 * The payload as an event.
 */
event: EventView, 
/**
 * What the payload points to.
 */
pointers: Array<Pointer>, 
/**
 * Header lines in the order in which they came.
 */
headers: Array<HeaderView>, 
/**
 * The signature header, opened.
 */
signature: DecodedSignature | null, 
/**
 * The timestamp header, decoded.
 */
timestamp: TimestampView | null, 
/**
 * The body.
 */
body: BodyView, 
/**
 * What Pollux answered.
 */
answer: Answer, 
/**
 * All deliveries of this `webhook-id`, oldest first.
 */
attempts: Array<Row>, 
/**
 * An attempt whose body is not this one's, byte for byte, by its number: attempts of one event must carry
 * the same bytes. `None` also where a body was kept only in part, so that it is not known.
 */
bytes_differ_from: number | null, };

export type CompareSide = { "delivery": number } | { "outbound": number };

export type CompareWith = "previous_attempt" | "last_verified";

export type ComparedSide = { 
/**
 * What was asked for.
 */
side: CompareSide, 
/**
 * The delivery.
 */
delivery: Row | null, 
/**
 * What may be shown of the key that its signature matched: `whsec_…a91f`.
 */
key: string | null, 
/**
 * The request whose answer it is.
 */
outbound: Outbound | null, };

export type Comparison = { 
/**
 * The one.
 */
a: ComparedSide, 
/**
 * The other.
 */
b: ComparedSide, 
/**
 * What they are to each other.
 */
relation: CompareRelation, 
/**
 * Whether anything differs that need not: what is another for each delivery does not count.
 */
differ: boolean, 
/**
 * What follows from it.
 */
finding: Finding, 
/**
 * Both signatures tried over both bodies; only for two attempts whose bodies differ.
 */
trial: SignatureTrial | null, 
/**
 * The signed bytes.
 */
bytes: SignedBytes, 
/**
 * What the bodies mean.
 */
meaning: Meaning, 
/**
 * How they came.
 */
transport: Transport, 
/**
 * Attempts of B's event, or of the delivery whose answer B is; oldest first, at most the 200 newest.
 */
attempts: Array<Row>, 
/**
 * The newest verified delivery of B's type, of another event.
 */
last_verified: number | null, 
/**
 * What was sent on of B's delivery, newest first, at most 200.
 */
answers: Array<Outbound>, };

export type SandboxClock = { 
/**
 * The time that it showed.
 */
now_ms: number, 
/**
 * The wall time at which it did so.
 */
wall_ms: number, 
/**
 * How much faster than the wall clock it runs; 0 stands still.
 */
warp: number, 
/**
 * When the next thing is due.
 */
next_due_ms: number | null, };

export type SandboxCounts = { 
/**
 * Deliveries still to be tried, for the first time or again.
 */
pending: number, 
/**
 * Webhooks.
 */
webhooks: number, 
/**
 * Jobs.
 */
jobs: number, 
/**
 * Deliveries in the log.
 */
deliveries: number, };

export type SandboxSecret = { 
/**
 * `whsec_...a91f`.
 */
hint: string, 
/**
 * When it stops being good.
 */
expires_ms: number | null, };

export type SandboxWebhook = { 
/**
 * Its id.
 */
id: string, 
/**
 * What its owner calls it.
 */
name: string | null, 
/**
 * Where events go.
 */
uri: string, 
/**
 * Which events.
 */
subscribed_events: Array<string>, 
/**
 * `enabled`, `disabled`, `disabled_due_to_failed_deliveries`.
 */
state: string, 
/**
 * Oldest first; the active one has no expiry.
 */
secrets: Array<SandboxSecret>, 
/**
 * Deliveries given up since the last one that was accepted.
 */
given_up_in_a_row: number, 
/**
 * Whether Pollux registered it for its own listener.
 */
builtin: boolean, };

export type JobKind = "batch" | "interaction" | "video";

export type JobOutcome = "succeed" | "fail" | "expire" | "cancel" | "require_action" | "idle" | "never";

export type SandboxJobError = { 
/**
 * google.rpc.Code.
 */
code: number, 
/**
 * `INVALID_ARGUMENT`.
 */
status: string, 
/**
 * What the service says.
 */
message: string, };

export type SandboxJob = { 
/**
 * `batches/…`, `interactions/…`, `models/…/operations/…`.
 */
name: string, 
/**
 * What it is.
 */
kind: JobKind, 
/**
 * `models/…`.
 */
model: string, 
/**
 * What its owner calls it.
 */
display_name: string | null, 
/**
 * `pending`, `running`, `idle`, `requires_action`, `succeeded`, `failed`, `cancelled`, `expired`; or one that is
 * not known here.
 */
state: string, 
/**
 * How it will end: see [`JobOutcome`].
 */
outcome: string, 
/**
 * When it was created.
 */
created_ms: number, 
/**
 * When it began to run.
 */
started_ms: number | null, 
/**
 * When it ended.
 */
ended_ms: number | null, 
/**
 * When its state changes next.
 */
next_ms: number | null, 
/**
 * 0 to 1, at the time of reading.
 */
progress: number, 
/**
 * `files/…`, where its results are.
 */
output_file: string | null, 
/**
 * Why it failed.
 */
error: SandboxJobError | null, 
/**
 * Whether its events go to addresses of its own, not to the registered webhooks.
 */
dynamic: boolean, 
/**
 * The event that it sent when it ended.
 */
event_type: string | null, };

export type SandboxOverview = { 
/**
 * `http://127.0.0.1:40123`: the base address for SDKs.
 */
address: string, 
/**
 * The key for its REST side, made anew at each start. It protects only what is on this machine.
 */
api_key: string, 
/**
 * Where Pollux receives its deliveries; `None` while the listener is not running.
 */
receiver: string | null, 
/**
 * Its clock.
 */
clock: SandboxClock, 
/**
 * How many of each thing it has.
 */
counts: SandboxCounts, 
/**
 * Oldest first.
 */
webhooks: Array<SandboxWebhook>, 
/**
 * Newest first, at most 100.
 */
jobs: Array<SandboxJob>, };

export type SandboxRun = { 
/**
 * What it makes.
 */
kind: JobKind, 
/**
 * How it ends.
 */
outcome: JobOutcome, 
/**
 * Whether its events go to Pollux by a `webhook_config` of its own, not by the registered webhooks.
 */
dynamic: boolean, };

export type SandboxAdvance = { "ms": number } | "next";

export type SandboxAttempt = { 
/**
 * From 1.
 */
number: number, 
/**
 * When it was to start.
 */
due_ms: number, 
/**
 * `webhook-timestamp`: wall time, Unix seconds.
 */
timestamp: number, 
/**
 * The receiver's status; `None` if it did not answer.
 */
status: number | null, 
/**
 * Why there was no answer.
 */
error: string | null, 
/**
 * Microseconds until the answer.
 */
took_us: number, 
/**
 * The start of the answer's body.
 */
answer: string | null, };

export type SandboxDelivery = { 
/**
 * Rises with each delivery.
 */
number: number, 
/**
 * The `webhook-id`.
 */
id: string, 
/**
 * `batch.succeeded`.
 */
event_type: string, 
/**
 * Where it goes.
 */
uri: string, 
/**
 * The registered webhook that it is for; `None`: it goes to an address of the job's own.
 */
webhook: string | null, 
/**
 * The job that it is about.
 */
job: string | null, 
/**
 * `v1`, `v1a`, `jwt`.
 */
scheme: string, 
/**
 * When the event happened.
 */
created_ms: number, 
/**
 * `pending`, `delivered`, `given_up`, `lost`, `dropped`.
 */
state: string, 
/**
 * When it will be tried next.
 */
next_ms: number | null, 
/**
 * Oldest first.
 */
attempts: Array<SandboxAttempt>, 
/**
 * The deliveries that Pollux received with this `webhook-id`, oldest first.
 */
received: Array<number>, };

export type SandboxDeliveries = { 
/**
 * The deliveries.
 */
deliveries: Array<SandboxDelivery>, 
/**
 * `before` of the next page.
 */
next_before: number | null, };

export type StartFailure = { 
/**
 * What went wrong.
 */
error: IpcError, 
/**
 * The file of the history.
 */
path: string, 
/**
 * Whether it is the history that does not open.
 */
history: boolean, 
/**
 * Whether trying again can help: after a lock, a permission, space on the disk, or a file that was put back.
 */
again: boolean, 
/**
 * Whether working on another history can help.
 */
other: boolean, 
/**
 * Whether renaming the history and starting a new one can help.
 */
aside: boolean, 
/**
 * Whether a new history of what can be read of it can help.
 */
recover: boolean, };

export type TransferFormat = "ndjson" | "har" | "cloudevents" | "curl" | "schema_json" | "schema_ts" | "schema_pydantic";

export type TransferKind = "export" | "import";

export type TransferState = "running" | "done" | "stopped" | "failed";

export type TransferProblem = { 
/**
 * The line, from 1; in a HAR, the line at which the entry begins.
 */
line: number, 
/**
 * What was wrong, and what was expected.
 */
message: string, };

export type Transfer = { 
/**
 * Names it in `transfer_stop` and in live messages.
 */
number: number, 
/**
 * Out or in.
 */
kind: TransferKind, 
/**
 * What is written, or what was found in the file; `None` until that is known.
 */
format: TransferFormat | null, 
/**
 * The file.
 */
path: string, 
/**
 * How far it is.
 */
state: TransferState, 
/**
 * Deliveries written, or read.
 */
done: number, 
/**
 * Deliveries to write; `None` where that is not known, as with an import.
 */
total: number | null, 
/**
 * Bytes written, or read.
 */
bytes: number, 
/**
 * Bytes to read; `None` with an export.
 */
bytes_total: number | null, 
/**
 * Import: deliveries stored.
 */
new: number, 
/**
 * Import: deliveries that were in the history already. They were left as they are.
 */
known: number, 
/**
 * Import: deliveries that could not be taken; see `problems`.
 */
refused: number, 
/**
 * Import: of the new ones, those that a key of today verifies.
 */
verified: number, 
/**
 * Import: of the new ones, those that were rejected.
 */
rejected: number, 
/**
 * Import: of the new ones, those for which there is no key.
 */
unchecked: number, 
/**
 * Import: of the new ones, those whose token is genuine but does not cover the body.
 */
unbound: number, 
/**
 * Export: deliveries of which a credential was left out (`authorization`, cookies, path tokens…).
 */
left_out: number, 
/**
 * Import: projects that the file names and that are not here; their deliveries went to the default project.
 */
unknown_projects: Array<string>, 
/**
 * The first problems, 100 at most; `refused` counts all.
 */
problems: Array<TransferProblem>, 
/**
 * Why it failed.
 */
error: string | null, 
/**
 * When it began.
 */
started_ms: number, 
/**
 * When it ended.
 */
ended_ms: number | null, };

export type CopyForm = "payload" | "curl" | "httpie" | "python" | "javascript" | "rust" | "pytest" | "vitest" | "ndjson";

/** How bad each code is, and where it is fixed. */
export const CODES: Readonly<Record<Code, { severity: Level; fix: Fix | null }>> = {
  internal: { severity: "error", fix: null },
  window: { severity: "error", fix: null },
  not_found: { severity: "warning", fix: null },
  too_many: { severity: "error", fix: null },
  no_home: { severity: "error", fix: null },
  not_written: { severity: "error", fix: null },
  clipboard_failed: { severity: "error", fix: null },
  not_readable: { severity: "error", fix: null },
  not_text: { severity: "warning", fix: null },
  reader_gone: { severity: "info", fix: null },
  invalid_format: { severity: "error", fix: null },
  invalid_setting: { severity: "warning", fix: "settings" },
  port_in_use: { severity: "error", fix: "settings" },
  bind_refused: { severity: "error", fix: "settings" },
  not_listening: { severity: "warning", fix: "settings" },
  database_too_new: { severity: "error", fix: null },
  not_a_history: { severity: "error", fix: null },
  history_unreachable: { severity: "error", fix: null },
  history_read_only: { severity: "error", fix: null },
  history_busy: { severity: "error", fix: null },
  history_damaged: { severity: "error", fix: null },
  history_closed: { severity: "error", fix: null },
  migration_failed: { severity: "error", fix: null },
  database_error: { severity: "error", fix: null },
  disk_full: { severity: "error", fix: null },
  disk_nearly_full: { severity: "error", fix: null },
  disk_error: { severity: "error", fix: null },
  too_large: { severity: "error", fix: null },
  no_thread: { severity: "error", fix: null },
  not_moved: { severity: "error", fix: null },
  not_stored: { severity: "error", fix: null },
  query_invalid: { severity: "warning", fix: null },
  view_replaced: { severity: "info", fix: null },
  not_decodable: { severity: "warning", fix: null },
  body_incomplete: { severity: "warning", fix: null },
  not_comparable: { severity: "warning", fix: null },
  no_jwks: { severity: "error", fix: null },
  invalid_note: { severity: "warning", fix: null },
  invalid_limits: { severity: "warning", fix: null },
  cannot_undo: { severity: "warning", fix: null },
  rebuilding: { severity: "warning", fix: null },
  not_rebuilt: { severity: "warning", fix: null },
  verify_again_failed: { severity: "warning", fix: null },
  invalid_keychain: { severity: "error", fix: null },
  vault_failed: { severity: "error", fix: "secrets" },
  empty_secret: { severity: "warning", fix: "secrets" },
  invalid_secret_base64: { severity: "warning", fix: "secrets" },
  wrong_secret_prefix: { severity: "warning", fix: "secrets" },
  private_key_given: { severity: "warning", fix: "secrets" },
  invalid_public_key: { severity: "warning", fix: "secrets" },
  secret_known: { severity: "error", fix: null },
  secret_live: { severity: "error", fix: null },
  secret_gone: { severity: "error", fix: null },
  secret_unusable: { severity: "error", fix: null },
  secret_not_stored: { severity: "warning", fix: null },
  no_current_secret: { severity: "error", fix: null },
  invalid_place: { severity: "error", fix: null },
  too_many_places: { severity: "error", fix: null },
  builtin_project: { severity: "warning", fix: null },
  name_taken: { severity: "warning", fix: "projects" },
  path_taken: { severity: "warning", fix: "projects" },
  unknown_project: { severity: "warning", fix: null },
  invalid_name: { severity: "warning", fix: null },
  invalid_path: { severity: "warning", fix: null },
  invalid_base_url: { severity: "warning", fix: null },
  invalid_api_key: { severity: "error", fix: null },
  no_api_key: { severity: "warning", fix: "projects" },
  key_of_another_address: { severity: "error", fix: null },
  service_key_refused: { severity: "error", fix: "projects" },
  service_refused: { severity: "warning", fix: null },
  service_rate_limited: { severity: "warning", fix: null },
  service_failed: { severity: "warning", fix: null },
  service_unreachable: { severity: "warning", fix: null },
  service_timed_out: { severity: "warning", fix: null },
  service_unreadable: { severity: "warning", fix: null },
  outcome_unknown: { severity: "error", fix: "refresh" },
  not_rotated: { severity: "warning", fix: null },
  rotated_but_lost: { severity: "error", fix: null },
  no_address: { severity: "error", fix: null },
  no_sandbox: { severity: "error", fix: null },
  sandbox_failed: { severity: "error", fix: null },
  sandbox_refused: { severity: "warning", fix: null },
  sandbox_unreachable: { severity: "error", fix: null },
  sample_failed: { severity: "error", fix: null },
  invalid_target: { severity: "warning", fix: "targets" },
  confirm_target: { severity: "error", fix: null },
  holds_secret: { severity: "error", fix: null },
  invalid_replay: { severity: "warning", fix: null },
  invalid_job: { severity: "warning", fix: null },
  not_verified: { severity: "warning", fix: null },
  result_gone: { severity: "warning", fix: null },
  invalid_forward: { severity: "warning", fix: null },
  invalid_fault: { severity: "warning", fix: null },
  invalid_check: { severity: "error", fix: null },
  check_running: { severity: "warning", fix: null },
  no_report: { severity: "error", fix: null },
  no_key: { severity: "warning", fix: null },
  no_secret: { severity: "warning", fix: "secrets" },
  not_json: { severity: "warning", fix: null },
  not_signed: { severity: "error", fix: null },
  not_forwarded: { severity: "error", fix: null },
  stopped: { severity: "error", fix: null },
  connection_refused: { severity: "error", fix: null },
  connect_timed_out: { severity: "error", fix: null },
  connection_reset: { severity: "error", fix: null },
  connection_cut: { severity: "error", fix: null },
  unreachable: { severity: "error", fix: null },
  name_not_found: { severity: "error", fix: null },
  not_http: { severity: "error", fix: null },
  head_too_long: { severity: "error", fix: null },
  no_answer: { severity: "error", fix: null },
  timed_out: { severity: "error", fix: null },
  body_too_long: { severity: "error", fix: null },
  body_too_slow: { severity: "error", fix: null },
  body_cut_short: { severity: "error", fix: null },
  not_sendable: { severity: "error", fix: null },
  ended_handler: { severity: "error", fix: null },
  handler_gone: { severity: "error", fix: null },
  tls_failed: { severity: "error", fix: null },
  tls_expired: { severity: "error", fix: null },
  tls_not_yet_valid: { severity: "error", fix: null },
  tls_other_name: { severity: "error", fix: null },
  tls_untrusted: { severity: "error", fix: null },
  tls_revoked: { severity: "error", fix: null },
  tls_unknown_name: { severity: "error", fix: null },
  tls_version: { severity: "error", fix: null },
  tls_client_certificate: { severity: "error", fix: null },
  tls_not_spoken: { severity: "error", fix: null },
  tunnel_none: { severity: "warning", fix: "tunnel" },
  tunnel_offline: { severity: "warning", fix: "tunnel" },
  invalid_authtoken: { severity: "warning", fix: "tunnel" },
  public_address_changed: { severity: "info", fix: null },
  own_address_missing: { severity: "error", fix: "tunnel" },
  own_address_invalid: { severity: "error", fix: "tunnel" },
  cloudflared_missing: { severity: "error", fix: "tunnel" },
  cloudflared_not_executable: { severity: "error", fix: "tunnel" },
  cloudflared_unknown_flag: { severity: "error", fix: "tunnel" },
  cloudflared_not_started: { severity: "error", fix: "tunnel" },
  cloudflared_rate_limited: { severity: "error", fix: "tunnel" },
  cloudflared_no_network: { severity: "error", fix: "tunnel" },
  cloudflared_unreachable: { severity: "error", fix: "tunnel" },
  cloudflared_service_error: { severity: "error", fix: "tunnel" },
  cloudflared_exited: { severity: "error", fix: "tunnel" },
  cloudflared_crashed: { severity: "error", fix: "tunnel" },
  cloudflared_stuck: { severity: "error", fix: "tunnel" },
  cloudflared_expired: { severity: "error", fix: "tunnel" },
  cloudflared_udp_blocked: { severity: "error", fix: "tunnel" },
  cloudflared_no_connection: { severity: "error", fix: "tunnel" },
  cloudflared_lost: { severity: "error", fix: "tunnel" },
  ngrok_authtoken_wrong: { severity: "error", fix: "tunnel" },
  ngrok_authtoken_missing: { severity: "error", fix: "tunnel" },
  ngrok_authtoken_gone: { severity: "error", fix: "tunnel" },
  ngrok_account_unverified: { severity: "error", fix: "tunnel" },
  ngrok_account_suspended: { severity: "error", fix: "tunnel" },
  ngrok_too_old: { severity: "error", fix: "tunnel" },
  ngrok_protocol: { severity: "error", fix: "tunnel" },
  ngrok_sessions: { severity: "error", fix: "tunnel" },
  ngrok_endpoint_taken: { severity: "error", fix: "tunnel" },
  ngrok_endpoints: { severity: "error", fix: "tunnel" },
  ngrok_domain: { severity: "error", fix: "tunnel" },
  ngrok_address: { severity: "error", fix: "tunnel" },
  ngrok_quota: { severity: "error", fix: "tunnel" },
  ngrok_rate: { severity: "error", fix: "tunnel" },
  ngrok_offline: { severity: "error", fix: "tunnel" },
  ngrok_upstream: { severity: "error", fix: "tunnel" },
  ngrok_server: { severity: "error", fix: "tunnel" },
  ngrok_ca_unreadable: { severity: "error", fix: "tunnel" },
  ngrok_unreachable: { severity: "error", fix: "tunnel" },
  ngrok_heartbeat: { severity: "error", fix: "tunnel" },
  ngrok_slept: { severity: "error", fix: "tunnel" },
  ngrok_command: { severity: "error", fix: "tunnel" },
  ngrok_lost: { severity: "error", fix: "tunnel" },
  ngrok_tls: { severity: "error", fix: "tunnel" },
  ngrok_stopped: { severity: "error", fix: "tunnel" },
  ngrok_refused: { severity: "error", fix: "tunnel" },
};

/** What an emulator starts with. */
export const SANDBOX_DEFAULTS: SandboxSettings = {
  "dynamic": "v1a",
  "token": {
    "issuer": "https://generativelanguage.googleapis.com",
    "audience": "pollux-sandbox",
    "holds_event": false
  },
  "attempt_timeout_ms": 10000,
  "retry": {
    "first_ms": 5000,
    "factor": 4.0,
    "longest_ms": 14400000,
    "jitter": 0.1,
    "window_ms": 86400000
  },
  "disabling": {
    "on_gone": true,
    "after_given_up": 5
  },
  "jobs": {
    "pending_ms": 500,
    "batch_ms": 4000,
    "interaction_ms": 2500,
    "video_ms": 3500,
    "batch_expiry_ms": 172800000
  },
  "payload": {
    "user_metadata": "data",
    "video": "guide",
    "batch_prefix": false,
    "numeric_error_code": false,
    "ping_type": "ping",
    "ping_when_disabled": false
  },
  "rest": {
    "strict_update_mask": false,
    "webhook_times": false,
    "status_errors": false,
    "batches_by_key": true,
    "http_row_codes": false,
    "ranges": true,
    "download_uploads": false,
    "requests_per_minute": null
  },
  "file_lifetime_ms": 172800000,
  "secret_grace_ms": 86400000,
  "sign_with_all_secrets": true,
  "keep_deliveries": 100000,
  "faults": {
    "latency_ms": 0,
    "too_many_requests": 0.0,
    "server_errors": 0.0,
    "lost_answers": 0.0,
    "garbled_answers": 0.0,
    "never_called": 0.0,
    "lost": 0.0,
    "doubled": 0.0,
    "reordered": 0.0,
    "hold_back_ms": 30000,
    "launch_night_key": false,
    "recased_headers": false,
    "reserialised_body": false,
    "drip_bytes_per_second": 0
  }
};
