import { checkJson, members } from "./json";

/** A time of a token's claims (RFC 7519, section 4.1), as it stands there and in milliseconds. */
export type ClaimTime = { claim: string; says: string; ms: number };

const TIMES: Record<string, string> = { iat: "issued", nbf: "not before", exp: "expires" };
/** More claims than this are not looked through. */
const MOST = 1000;
/** The last moment that a date can show. */
const LATEST_MS = 8.64e15;

/** The times among the claims, in their order; one that is written twice comes twice. */
export function claimTimes(claims: string): ClaimTime[] {
  const { root } = checkJson(claims);
  if (root?.kind !== "object") return [];
  return members(claims, root, MOST).items.flatMap((item) => {
    const claim = item.key ? claims.slice(item.key.start + 1, item.key.end - 1) : "";
    const says = Object.hasOwn(TIMES, claim) ? TIMES[claim] : undefined;
    const ms = item.kind === "number" ? Number(claims.slice(item.start, item.end)) * 1000 : NaN;
    return says !== undefined && Math.abs(ms) <= LATEST_MS ? [{ claim, says, ms }] : [];
  });
}
