import type { SecretView } from "../ipc/generated";

export type SecretStand = "current" | "grace" | "expired" | "destroyed" | "unreadable";

/**
 * What is to be said of a secret first: what is left of it, then where it is in its life. A grace that has run out has
 * ended.
 */
export function standOf(secret: SecretView, now: number): SecretStand {
  if (secret.destroyed_ms !== null) return "destroyed";
  const { key_state: key } = secret;
  if (key.state === "expired" || (key.state === "grace" && key.until * 1000 <= now))
    return secret.available ? "expired" : "unreadable";
  return secret.available ? key.state : "unreadable";
}

/** `…a91f` of a hint; whole where it was not cut, as the name of a public key. */
export const hintEnd = (hint: string): string => hint.slice(Math.max(0, hint.indexOf("…")));

/** When it ended, or ends; Unix milliseconds. */
export function endOf({ key_state: key }: SecretView): number | null {
  return key.state === "current" ? null : (key.state === "grace" ? key.until : key.at) * 1000;
}

const RANK: Record<SecretView["key_state"]["state"], number> = { current: 0, grace: 1, expired: 2 };

/** Those that verify first, those of which only the hint is left last; of equals the latest to end, then the newest. */
export function ordered(list: readonly SecretView[]): SecretView[] {
  const rank = (secret: SecretView) => (secret.destroyed_ms !== null ? 3 : RANK[secret.key_state.state]);
  return [...list].sort(
    (a, b) =>
      rank(a) - rank(b) || (endOf(b) ?? 0) - (endOf(a) ?? 0) || a.project - b.project || b.added_ms - a.added_ms,
  );
}
