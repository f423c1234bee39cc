import { clockText } from "./dates";
import { closedTimes, countOf, jobsIn, jobsOf, sumOf } from "./day";
import { ago, count, plural, span } from "./format";
import { visible } from "./invisible";
import { capital, covered, hasKey, inWords, listed, type Facts } from "./overview-facts";
import { sentence, type Problem } from "./overview-problem";

/** The one sentence: whether everything is all right, and what is not known of it. */
export type Said = { tone: "ok" | "un" | "warn" | "no"; head: string; body: string };

/** A list of webhooks that is older than this says little of now. */
const STALE_MS = 15 * 60_000;

/** What is not known, each so that "… is not known: " is not needed before it. */
export function unknownsOf(facts: Facts): string[] {
  const { errors, listener, tunnel, health, now } = facts;
  const found: string[] = [];
  const read = (name: string, what: string, is: unknown) => {
    if (errors[name]) found.push(`${what} could not be read`);
    else if (is === null) found.push(`${what} ${what.endsWith("s") ? "are" : "is"} being read`);
  };
  if (errors.day) found.push("today’s deliveries could not be counted");
  else if (facts.day === null) found.push("today’s deliveries are being counted");
  read("states", "what ran today", facts.states);
  read("secrets", "the secrets", facts.secrets);
  read("sizes", "the size of the history", facts.sizes);
  if (listener.state === "starting") found.push("the listener is starting");
  if (tunnel.state.state === "starting") found.push("the tunnel is still connecting");
  if (tunnel.state.state === "online" && tunnel.probe === null) found.push("the public address has not been tried yet");
  if (health.state === "checking") found.push("the history is being checked");
  if (facts.settings?.watch_jobs === false) found.push("jobs are not watched, as it is set");
  return [...found, ...unknownWebhooks(facts, now)];
}

function unknownWebhooks(facts: Facts, now: number): string[] {
  const projects = covered(facts);
  const several = projects.length > 1;
  return projects.flatMap((project): string[] => {
    const whose = several ? ` of ${visible(project.name)}` : "";
    if (project.api_key === null)
      return [
        `${several ? visible(project.name) : "this project"} has no API key, so its webhooks and jobs are not known`,
      ];
    if (!hasKey(project)) return [`the API key${whose} cannot be read, so its webhooks and jobs are not known`];
    const { board = null, error = null } = facts.boards.get(project.id) ?? {};
    const asked = board?.refreshed_ms ?? null;
    const failure = error ?? board?.error ?? null;
    if (failure) {
      const last = asked === null ? "" : `, last ${ago(asked, now)}`;
      return [`the webhooks${whose} could not be asked${last}`];
    }
    if (asked === null) return [`the webhooks${whose} were not asked yet`];
    return now - asked > STALE_MS ? [`the webhooks${whose} were last asked ${ago(asked, now)}`] : [];
  });
}

export function saidOf(facts: Facts, problems: readonly Problem[]): Said {
  const unknown = unknownsOf(facts);
  const rest = unknown.length === 0 ? "" : sentence(capital(listed(unknown.slice(0, 3)) + more(unknown.length - 3)));
  const n = problems.length;
  if (n > 0) {
    const tone = problems.some((one) => one.tone === "no") ? "no" : "warn";
    const briefs = listed(problems.slice(0, 3).map((one) => one.brief)) + more(n - 3);
    const head = `${inWords(n)} ${n === 1 ? "thing needs" : "things need"} you.`;
    return { tone, head, body: `${sentence(capital(briefs))} ${rest || "The rest is all right."}` };
  }
  const body = [factsOf(facts), rest].filter(Boolean).join(" ");
  if (unknown.length === 0) return { tone: "ok", head: "Everything is all right.", body };
  // Where nothing was read yet there is nothing that could be all right.
  if (facts.day === null && facts.states === null) return { tone: "un", head: "Looking at today…", body: rest };
  return { tone: "un", head: "All right, as far as is known.", body };
}

const more = (n: number) => (n > 0 ? `, and ${count(n)} more` : "");

/** What there was today, in a line. */
function factsOf(facts: Facts): string {
  return [deliveryWords(facts), jobWords(facts), closedWords(facts)].filter(Boolean).join(" ");
}

function deliveryWords({ day }: Facts): string {
  if (day === null) return "";
  const all = countOf(day);
  const { rejected, unchecked, unbound } = sumOf(day);
  if (all === 0) return "Nothing has arrived today.";
  // What they are is said once.
  const some = (n: number, first: boolean) => (first ? plural(n, "delivery", "deliveries") : count(n));
  const parts = [
    rejected > 0 ? `${some(rejected, true)} ${rejected === 1 ? "was" : "were"} rejected` : "",
    unchecked > 0 ? `${some(unchecked, rejected === 0)} could not be checked` : "",
    unbound > 0 ? `${some(unbound, rejected + unchecked === 0)} had a token that does not cover the body` : "",
  ].filter(Boolean);
  if (parts.length > 0) return sentence(listed(parts));
  return all === 1 ? "The one delivery of today was verified." : `All ${count(all)} deliveries of today were verified.`;
}

function jobWords({ states }: Facts): string {
  const jobs = jobsOf(states?.jobs ?? []);
  const all = jobsIn(jobs);
  if (all === 0) return "";
  if (jobs.told === all)
    return all === 1
      ? "The one job that is known to have ended was told of."
      : `All ${count(all)} jobs that are known to have ended were told of.`;
  const others = [
    jobs.missed > 0 ? `${count(jobs.missed)} ${jobs.missed === 1 ? "was" : "were"} missed` : "",
    jobs.aside > 0 ? `${count(jobs.aside)} missed ${jobs.aside === 1 ? "was" : "were"} set aside` : "",
    jobs.open > 0 ? `${count(jobs.open)} still ${jobs.open === 1 ? "waits" : "wait"} for the event` : "",
    jobs.not_expected > 0 ? `${count(jobs.not_expected)} had no event to expect` : "",
  ].filter(Boolean);
  if (jobs.open === all && all === 1) return "The one job that is known to have ended still waits for its event.";
  const told = `${count(jobs.told)} ${jobs.told === 1 ? "was" : "were"} told of`;
  return `Of ${plural(all, "job")} known to have ended, ${listed([told, ...others])}.`;
}

/** The listener's own day: since when it is known, and when it was closed. */
function closedWords({ states, edges }: Facts): string {
  if (states === null) return "";
  const since = states.known_ms !== null && states.known_ms > (edges[0] ?? 0) ? clockText(states.known_ms) : null;
  const closed = closedTimes(states.listener);
  const long = closed.reduce((sum, one) => sum + one.to_ms - one.from_ms, 0);
  const [only] = closed;
  const gap =
    closed.length === 1 && only
      ? `Pollux was not listening from ${clockText(only.from_ms)} to ${clockText(only.to_ms)}.`
      : closed.length > 1
        ? `Pollux was not listening for ${span(long)} in all.`
        : "";
  return [since ? `Pollux first listened here at ${since}.` : "", gap].filter(Boolean).join(" ");
}
