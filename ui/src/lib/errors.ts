import { CODES, type Code, type Fix, type IpcError, type Level } from "../ipc/generated";

export type Severity = Level;
export type ErrorAction = Fix | null;
type Rule = { severity: Severity; action: ErrorAction };

/** How an error is shown, and where it is fixed: both follow from its code. The sentence comes from the back end. */
export function ruleFor(code: Code): Rule {
  const { severity, fix } = CODES[code];
  return { severity, action: fix };
}

const isCode = (code: unknown): code is Code => typeof code === "string" && Object.hasOwn(CODES, code);

/** Whatever was thrown, as the one error shape. */
export function asIpcError(thrown: unknown): IpcError {
  if (typeof thrown === "object" && thrown !== null) {
    const { code, message, detail } = thrown as Partial<Record<keyof IpcError, unknown>>;
    if (typeof message === "string") {
      return { code: isCode(code) ? code : "window", message, detail: typeof detail === "string" ? detail : null };
    }
  }
  return {
    code: "window",
    message: typeof thrown === "string" && thrown ? thrown : "Something went wrong in the window.",
    detail: null,
  };
}

type Coded = { code: Code } | null | undefined;
const one =
  (...codes: readonly Code[]) =>
  (of: Coded): boolean =>
    of !== null && of !== undefined && codes.includes(of.code);

/** What was named is not there (any more). */
export const isGone = one("not_found");
/** A change was sent, and whether it was made is not known. */
export const isUnknown = one("outcome_unknown");
/** The service has not rotated: everything is as before. */
export const isNotRotated = one("not_rotated");
/** The service has rotated, and the new secret is lost. */
export const isLost = one("rotated_but_lost");
/** The target is not on this machine, and nobody has agreed to it yet. */
export const isUnconfirmed = one("confirm_target");
/** Webhooks may still point to the address before. */
export const isNewAddress = one("public_address_changed");
/** The secure connection to a target failed. */
export const isTls = one(
  "tls_failed",
  "tls_expired",
  "tls_not_yet_valid",
  "tls_other_name",
  "tls_untrusted",
  "tls_revoked",
  "tls_unknown_name",
  "tls_version",
  "tls_client_certificate",
  "tls_not_spoken",
);
/** The service itself said something, and its words are the detail. */
export const isOfService = one(
  "service_key_refused",
  "service_refused",
  "service_rate_limited",
  "service_failed",
  "service_unreachable",
  "service_timed_out",
  "service_unreadable",
);

/** What can be wrong with a secret to sign with, each beside this field. */
export const ofSecret = <Field>(field: Field): Partial<Record<Code, Field>> => ({
  no_secret: field,
  secret_gone: field,
  empty_secret: field,
  invalid_secret_base64: field,
  wrong_secret_prefix: field,
});
