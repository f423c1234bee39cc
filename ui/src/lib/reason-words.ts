import type { DayCause } from "../ipc/generated";
import { visible } from "./invisible";

/** Why deliveries were not verified, for many of them at once. The list says it of each, with its own numbers. */
const WORDS: Record<string, string> = {
  no_matching_signature: "no key here matches the signature",
  malformed_signature: "no well-formed signature",
  unsupported_signature_version: "a version of signature without a key",
  hmac_signature_with_jwks_endpoint: "signed with a secret, but only a JWKS is set up",
  timestamp_too_old: "too old",
  timestamp_too_new: "from the future",
  invalid_timestamp: "a timestamp that is no Unix seconds",
  secret_expired: "signed with a secret that has ended",
  jwt_signature_with_hmac_secret: "signed with a token, but only a secret is set up",
  no_usable_key: "a JWKS without a usable key",
  no_secret: "no secret to check with",
  no_jwks: "no JWKS to check with",
  jwks_unavailable: "the JWKS could not be fetched",
  body_not_bound_to_token: "a genuine token that does not cover the body",
  unknown_kid: "signed with a key that the JWKS does not have",
  expired: "a token that has expired",
};
const HEADERS: Record<string, (name: string) => string> = {
  missing_header: (name) => `no ${name}`,
  duplicate_header: (name) => `${name} more than once`,
  empty_header: (name) => `an empty ${name}`,
};

/** One is called as the list calls it; of several the code says what they have in common. */
export function reasonWords({ reason, cause, deliveries }: Pick<DayCause, "reason" | "cause" | "deliveries">): string {
  if (deliveries === 1 && cause) return visible(cause);
  const [kind = "", ...name] = reason.split(":");
  const words = WORDS[reason] ?? HEADERS[kind]?.(visible(name.join(":")));
  return words ?? (visible(reason.replaceAll("_", " ")) || visible(cause) || "other reasons");
}
