import type { FirstFacts, FirstKey, Row, Settings, TunnelProvider, TunnelView, VaultKind } from "../ipc/generated";
import { count, moment, took, unbroken } from "./format";
import { guarded, readTunnelDraft, tunnelDraft } from "./tunnel-draft";

export type StepName = "sample" | "key" | "tunnel";
export type Ticks = Record<StepName, boolean>;

/** What is ticked: a tunnel that is online now may not be in the facts yet. */
export function ticksOf(facts: FirstFacts, online: boolean): Ticks {
  return { sample: facts.sample !== null, key: facts.key !== null, tunnel: facts.tunnel !== null || online };
}

export const ticked = (ticks: Ticks): number => Object.values(ticks).filter(Boolean).length;

/** The first step that is not ticked: the one to look at next. */
export function nextStep(ticks: Ticks): StepName | null {
  return (["sample", "key", "tunnel"] as const).find((step) => !ticks[step]) ?? null;
}

/** A delivery that may tick what is not ticked: whoever sees one asks for the facts again. */
export function isNews(row: Row, facts: FirstFacts): boolean {
  if (row.outcome !== "verified" || row.imported) return false;
  return row.sandbox ? facts.sample === null : facts.real === null;
}

/** `09:02:43` of today, `2026-11-28 09:02:43` of another day. */
export function when(ms: number, now: number): string {
  const [date = "", time = ""] = moment(ms).split(" ");
  const second = time.slice(0, 8);
  return moment(now).startsWith(date) ? second : `${date} ${second}`;
}

/**
 * `arrived 09:02:43, 224 ms after the click`. Who clicked is known in this session only; then it is how long the answer
 * took, where that is known.
 */
export function sampleFact(row: Row, clicked: number | null, now: number): string {
  const arrived = `arrived ${when(row.received_ms, now)}`;
  const after = clicked === null ? -1 : row.received_ms - clicked;
  // A clock that was set meanwhile says nothing.
  if (after >= 0 && after < 60_000) return unbroken(`${arrived}, ${count(after)} ms after the click`);
  return row.took_us === null ? arrived : `${arrived}, answered in ${took(row.took_us)}`;
}

const KEPT: Record<VaultKind, string> = {
  keychain: "in the system's keychain",
  file: "in a file that only you can read",
  memory: "in memory, until Pollux quits",
};

/** Where it is kept, in words. */
export const keptIn = (kind: VaultKind): string => KEPT[kind];

export function keyFact(key: FirstKey, now: number): string {
  const noun = key.kind === "project" ? "project" : "secret";
  return key.since_ms === null ? `a ${noun} is here` : `${noun} added ${when(key.since_ms, now)}`;
}

/** `online since 09:05:12` while it is, `first online 09:05:12` afterwards. */
export function tunnelFact(facts: FirstFacts, view: TunnelView, now: number): string {
  if (view.state.state === "online") return `online since ${when(view.since_ms, now)}`;
  return facts.tunnel === null ? "" : `first online ${when(facts.tunnel.at_ms, now)}`;
}

/** How the tunnel can be started with one click. */
export type Way = { provider: TunnelProvider; says: string; with: string | null };

/** The way that was chosen before, if all it needs is here; else one that needs nothing more. Null: there is none. */
export function wayOf(facts: FirstFacts, settings: Settings, view: TunnelView): Way | null {
  const { provider } = settings.tunnel;
  const may = (one: TunnelProvider) => provider === one || provider === "none";
  if (may("cloudflared") && facts.cloudflared !== null)
    return { provider: "cloudflared", says: "no account needed, found at", with: facts.cloudflared };
  if (may("ngrok") && view.ngrok_authtoken !== null)
    return { provider: "ngrok", says: "with the authtoken", with: view.ngrok_authtoken.hint };
  if (provider === "own" && settings.public_address !== null)
    return { provider: "own", says: "your own address", with: settings.public_address };
  return null;
}

/** The settings that start it: the path has a token the first time. Null where something is missing after all. */
export function settingsFor(way: Way, settings: Settings, view: TunnelView, random: () => Uint8Array): Settings | null {
  const draft = guarded(tunnelDraft(settings), settings, way.provider, random);
  const read = readTunnelDraft(draft, settings, { typed: "", known: view.ngrok_authtoken !== null });
  return "settings" in read ? read.settings : null;
}

/** A name that no other project has: `Gemini`, `Gemini 2`. */
export function freeName(wanted: string, taken: readonly string[]): string {
  const names = new Set(taken.map((name) => name.toLowerCase()));
  for (let number = 1; ; number++) {
    const name = number === 1 ? wanted : `${wanted} ${number}`;
    if (!names.has(name.toLowerCase())) return name;
  }
}
