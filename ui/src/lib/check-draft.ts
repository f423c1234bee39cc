import type { CheckPlan, Code, Scheme, SecretView } from "../ipc/generated";
import { durationText, readDuration } from "./duration";
import { ofSecret } from "./errors";
import { standOf } from "./secrets";
import { readAddress } from "./targets";

/** What to check, as it stands in the fields. */
export type CheckDraft = { url: string; secret: string | null; schemes: readonly Scheme[]; timeout: string };
export type CheckField = "url" | "secret" | "schemes" | "timeout";
export type CheckErrors = Partial<Record<CheckField, string>>;

export const checkDraft = (): CheckDraft => ({ url: "", secret: null, schemes: ["v1"], timeout: durationText(5000) });

export function readCheckDraft(draft: CheckDraft): { plan: CheckPlan } | { errors: CheckErrors } {
  const errors: CheckErrors = {};
  const url = readAddress(draft.url);
  const timeout = readDuration(draft.timeout, 500, 60_000);
  if ("error" in url) errors.url = url.error;
  if ("error" in timeout) errors.timeout = timeout.error;
  if (draft.schemes.length === 0) errors.schemes = "Choose at least one scheme that your handler verifies.";
  if (draft.schemes.includes("v1") && draft.secret === null)
    errors.secret = "Choose your handler's secret: v1 is signed with it.";
  if (!("url" in url) || !("value" in timeout) || Object.keys(errors).length > 0) return { errors };
  return {
    plan: {
      url: url.url,
      secret: draft.schemes.includes("v1") ? draft.secret : null,
      schemes: SCHEME_ORDER.filter((one) => draft.schemes.includes(one)),
      timeout_ms: timeout.value,
    },
  };
}

export const SCHEME_ORDER: readonly Scheme[] = ["v1", "v1a", "jwt"];

/** Those that can still sign. */
export function signing(list: readonly SecretView[], now: number): SecretView[] {
  return list.filter((secret) => {
    const stand = standOf(secret, now);
    return stand === "current" || stand === "grace";
  });
}

/** `whsec_…a91f, registered in March` */
export function secretWords(secret: SecretView, project: string | null): string {
  return [secret.hint, secret.builtin ? "" : secret.label, project ?? ""].filter(Boolean).join(", ");
}

/** Where the Sandbox serves its public keys; the one of tokens only where it is asked for. */
export const jwksAddress = (base: string, tokens = false): string =>
  `${base.replace(/\/+$/, "")}/.well-known/jwks.json${tokens ? "?dynamic=jwt" : ""}`;

/** Which field an error of the back end belongs beside. */
export function checkFieldOf(code: Code): CheckField | null {
  const fields: Partial<Record<Code, CheckField>> = {
    ...ofSecret("secret"),
    invalid_target: "url",
    confirm_target: "url",
  };
  return fields[code] ?? null;
}
