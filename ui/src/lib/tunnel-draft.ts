import type { Code, Settings, TunnelProvider } from "../ipc/generated";
import { count } from "./format";

/** The tunnel's settings as they stand in the form's fields. The authtoken is apart: it is never read back. */
export type TunnelDraft = {
  provider: TunnelProvider;
  onLaunch: boolean;
  domain: string;
  policy: string;
  metadata: string;
  path: string;
  http2: boolean;
  address: string;
  pathToken: string | null;
  rate: string;
  mib: string;
};
export type TunnelField =
  "authtoken" | "domain" | "policy" | "metadata" | "path" | "address" | "pathToken" | "rate" | "mib";
export type TunnelErrors = Partial<Record<TunnelField, string>>;

export const MOST_PER_SECOND = 100_000;
export const MOST_MIB_PER_SECOND = 10_000;

export function tunnelDraft({ tunnel, public_address }: Pick<Settings, "tunnel" | "public_address">): TunnelDraft {
  return {
    provider: tunnel.provider,
    onLaunch: tunnel.on_launch,
    domain: tunnel.ngrok_domain ?? "",
    policy: tunnel.ngrok_policy ?? "",
    metadata: tunnel.ngrok_metadata ?? "",
    path: tunnel.cloudflared_path ?? "",
    http2: tunnel.cloudflared_http2,
    address: public_address ?? "",
    pathToken: tunnel.path_token,
    rate: String(tunnel.per_second),
    mib: String(tunnel.mib_per_second),
  };
}

/**
 * A tunnel that is set up for the first time has a path token of its own: one that was never chosen, and none that was
 * kept.
 */
export function guarded(
  draft: TunnelDraft,
  saved: Pick<Settings, "tunnel">,
  provider: TunnelProvider,
  random: () => Uint8Array,
): TunnelDraft {
  const first = saved.tunnel.provider === "none" && draft.provider === "none" && provider !== "none";
  return {
    ...draft,
    provider,
    pathToken: first && draft.pathToken === null ? newPathToken(random()) : draft.pathToken,
  };
}

/**
 * The settings to save, or what is wrong with each field. Only the chosen provider's fields can be wrong: what stands
 * in the others is saved where it can be read, and stays as it was where not.
 */
export function readTunnelDraft(
  draft: TunnelDraft,
  before: Settings,
  authtoken: { typed: string; known: boolean },
): { settings: Settings } | { errors: TunnelErrors } {
  const errors: TunnelErrors = {};
  const { provider } = draft;
  const domain = readDomain(draft.domain);
  const policyWrong = policyProblem(draft.policy);
  const address = readPublicAddress(draft.address);
  const rate = atMost(draft.rate, MOST_PER_SECOND);
  const mib = atMost(draft.mib, MOST_MIB_PER_SECOND);

  if (provider === "ngrok") {
    if ("error" in domain) errors.domain = domain.error;
    if (policyWrong) errors.policy = policyWrong;
    const token = readAuthtoken(authtoken.typed);
    if ("error" in token) errors.authtoken = token.error;
    else if (token.value === null && !authtoken.known)
      errors.authtoken =
        "Enter the authtoken of your ngrok account: dashboard.ngrok.com shows it under Your Authtoken.";
  }
  if (provider === "own") {
    if ("error" in address) errors.address = address.error;
    else if (address.value === null) errors.address = "Enter the https address at which the listener is reached.";
  }
  if (rate === null) errors.rate = `A whole number from 0 to ${count(MOST_PER_SECOND)}. 0: no limit.`;
  if (mib === null) errors.mib = `A whole number from 0 to ${count(MOST_MIB_PER_SECOND)}. 0: no limit.`;
  if (rate === null || mib === null || Object.keys(errors).length > 0) return { errors };

  return {
    settings: {
      ...before,
      public_address: "error" in address ? before.public_address : address.value,
      tunnel: {
        provider,
        on_launch: draft.onLaunch && provider !== "none",
        ngrok_domain: "error" in domain ? before.tunnel.ngrok_domain : domain.value,
        ngrok_policy: policyWrong ? before.tunnel.ngrok_policy : draft.policy.trim() || null,
        ngrok_metadata: draft.metadata.trim() || null,
        cloudflared_path: draft.path.trim() || null,
        cloudflared_http2: draft.http2,
        path_token: draft.pathToken,
        per_second: rate,
        mib_per_second: mib,
      },
    },
  };
}

function atMost(text: string, most: number): number | null {
  const typed = text.trim();
  return /^\d{1,6}$/.test(typed) && Number(typed) <= most ? Number(typed) : null;
}

/** The settings say something else than those that are kept. */
export function differs(
  a: Pick<Settings, "tunnel" | "public_address">,
  b: Pick<Settings, "tunnel" | "public_address">,
): boolean {
  if (a.public_address !== b.public_address) return true;
  return (Object.keys(a.tunnel) as (keyof Settings["tunnel"])[]).some((name) => a.tunnel[name] !== b.tunnel[name]);
}

/** A host's name; an address that was pasted is taken for its host. */
function readDomain(text: string): { value: string | null } | { error: string } {
  const typed = text
    .trim()
    .replace(/^https?:\/\//i, "")
    .replace(/\/+$/, "")
    .toLowerCase();
  if (typed === "") return { value: null };
  const label = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";
  return new RegExp(`^${label}(\\.${label})+$`).test(typed)
    ? { value: typed }
    : { error: "A domain that ngrok reserves for you, such as ada-hooks.ngrok.app: no path, no port." };
}

/** JSON can be read from here; YAML is the provider's to judge. */
function policyProblem(text: string): string | null {
  if (!text.trimStart().startsWith("{")) return null;
  try {
    JSON.parse(text);
    return null;
  } catch {
    return "This starts like JSON but is not valid JSON. Fix it, or write it as YAML.";
  }
}

/** What a policy does that takes deliveries away from Pollux, or changes them. */
export function policyWarning(text: string): string | null {
  if (/verify-webhook/.test(text))
    return "verify-webhook answers 403 at ngrok itself, so what it refuses never reaches Pollux.";
  if (/(add|remove)-headers/.test(text))
    return "This policy changes headers. A signature does not cover them, but Pollux then shows headers other than those sent.";
  return null;
}

/** An https address, with a slash at its end; null where the field is empty. */
export function readPublicAddress(text: string): { value: string | null } | { error: string } {
  const typed = text.trim();
  if (typed === "") return { value: null };
  try {
    const url = new URL(typed);
    if (url.protocol !== "https:") return { error: "The service sends to https:// only." };
    if (url.search || url.hash || url.username)
      return { error: "Only a host and, if there is one, a path: no query, no user." };
    return { value: url.href.endsWith("/") ? url.href : `${url.href}/` };
  } catch {
    return { error: "An https address, such as https://hooks.example.com/." };
  }
}

/** The token alone, also out of the line that ngrok's dashboard offers for copying. */
export function readAuthtoken(text: string): { value: string | null } | { error: string } {
  const typed = text.trim();
  if (typed === "") return { value: null };
  const token =
    (/add-authtoken\s+(\S+)$/.exec(typed) ?? /^(?:authtoken:|NGROK_AUTHTOKEN=)\s*(\S+)$/.exec(typed))?.[1]?.replace(
      /^["']|["']$/g,
      "",
    ) ?? typed;
  if (/\s/.test(token)) return { error: "An authtoken has no spaces: paste only the token." };
  return /^[\x21-\x7e]+$/.test(token)
    ? { value: token }
    : { error: "An authtoken is made of letters, digits and underscores." };
}

const LETTERS = "abcdefghijklmnopqrstuvwxyz234567";

/** A path segment of 100 bits, from 20 random bytes: 32 letters, so each byte gives one without favouring any. */
export function newPathToken(random: Uint8Array): string {
  return [...random.slice(0, 20)].map((byte) => LETTERS[byte & 31]).join("");
}

/** Which field an error of the back end belongs beside. */
export function tunnelFieldOf(code: Code): TunnelField | null {
  const fields: Partial<Record<Code, TunnelField>> = {
    ngrok_domain: "domain",
    invalid_authtoken: "authtoken",
    ngrok_authtoken_wrong: "authtoken",
    ngrok_authtoken_missing: "authtoken",
    ngrok_authtoken_gone: "authtoken",
    cloudflared_missing: "path",
    cloudflared_not_executable: "path",
    own_address_missing: "address",
    own_address_invalid: "address",
  };
  return fields[code] ?? null;
}
