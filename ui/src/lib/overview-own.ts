import { hourAt } from "./day";
import { room } from "./disk";
import { count, plural, span } from "./format";
import { clockOf } from "./jobs";
import { ofProject, type Facts } from "./overview-facts";
import { sentence, type Button, type Problem } from "./overview-problem";
import { term, withProject, withRange } from "./query-text";
import { reasonWords } from "./reason-words";
import { probeMark, providerName } from "./tunnel";

/** What is wrong on this machine: history, listener, tunnel, what is rejected, secrets. */

/** Fewer rejections in a row happen by themselves. */
const ROW = 3;

export function ofHistory({ health, disk, missing }: Facts): Problem[] {
  const found: Problem[] = [];
  const buttons: Button[] = [{ label: "Open History…", act: { do: "history" } }];
  if (health.state === "damaged")
    found.push({
      id: "damaged",
      tone: "no",
      head: "The history is damaged",
      body: "A part of it cannot be read. What can be read can be put into a new history.",
      brief: "the history is damaged",
      buttons,
    });
  if (disk)
    found.push({
      id: "disk",
      tone: "no",
      head: "The disk is nearly full: new deliveries are answered 503",
      body: `It has ${room(disk)}. Their senders are asked to try again later.`,
      brief: "new deliveries are not stored",
      buttons: [{ label: "Set limits…", act: { do: "history" } }],
    });
  if (missing)
    found.push({
      id: "missing",
      tone: "no",
      head: "The history lacks deliveries that were stored",
      body: "Its file is older than it should be, or was cut off.",
      brief: "deliveries are missing from the history",
      buttons,
    });
  return found;
}

export function ofListener({ listener }: Facts): Problem[] {
  const brief = "nothing can arrive";
  if (listener.state === "failed")
    return [
      {
        id: "listener",
        tone: "no",
        head: `Pollux is not listening on port ${listener.port}`,
        body: sentence(listener.message),
        brief,
        buttons: [{ label: "Choose a port…", act: { do: "port" } }],
      },
    ];
  if (listener.state !== "stopped") return [];
  return [
    {
      id: "listener",
      tone: "no",
      head: "The listener is stopped",
      body: "Nothing can arrive until it is started.",
      brief,
      buttons: [{ label: "Start it", act: { do: "listen" } }],
    },
  ];
}

export function ofTunnel({ tunnel, now }: Facts): Problem[] {
  const { state, since_ms, probe } = tunnel;
  const name = providerName(tunnel.provider);
  const buttons: Button[] = [{ label: "Public address…", act: { do: "tunnel" } }];
  if (state.state === "failed") {
    const head = `${name} failed at ${clockOf(since_ms, now)}`;
    const brief = "nothing comes from the internet";
    return [{ id: "tunnel", tone: "no", head, body: sentence(state.message), brief, buttons }];
  }
  if (state.state === "reconnecting") {
    const head = `${name} lost its connection ${span(Math.max(0, now - since_ms))} ago`;
    const body = `${sentence(state.why)} Pollux connects again by itself.`;
    return [{ id: "tunnel", tone: "warn", head, body, brief: "the tunnel is connecting again", buttons }];
  }
  if (state.state !== "online" || probe === null) return [];
  const mark = probeMark(probe.result);
  if (mark.tone === "ok") return [];
  const head = `The probe of the public address failed: ${mark.short}`;
  const tone = mark.tone === "no" ? "no" : "warn";
  const brief = "the probe of the public address failed";
  return [{ id: "probe", tone, head, body: sentence(probe.message), brief, buttons }];
}

export function ofRejections(facts: Facts): Problem[] {
  const shares = facts.day?.projects ?? [];
  return shares.flatMap((share): Problem[] => {
    const project = facts.projects.find((one) => one.id === share.project);
    if (!project || share.rejected_in_a_row < ROW) return [];
    const what = `the last ${count(share.rejected_in_a_row)} deliveries${ofProject(facts, share.project)}`;
    const causes = facts.day?.causes.filter((one) => one.outcome === "rejected") ?? [];
    const [most] = shares.length === 1 ? causes : [];
    const asked = withProject(term("verdict", "rejected"), project.name);
    return [
      {
        id: `rejected ${share.project}`,
        tone: "warn",
        head: `T${what.slice(1)} were all rejected`,
        body: most
          ? `Most often today: ${reasonWords(most)}.`
          : "Each of them says what was wrong with it, and what would have matched.",
        brief: `${what} were rejected`,
        buttons: [{ label: "Show them", act: { do: "find", query: withRange(asked, facts.edges[0] ?? null, null) } }],
      },
    ];
  });
}

export function ofSecrets(facts: Facts): Problem[] {
  const mine = (facts.secrets ?? []).filter((one) => facts.projects.some((project) => project.id === one.project));
  const lost = mine.filter((one) => !one.available && one.destroyed_ms === null && one.key_state.state !== "expired");
  const open: Button = { label: "Open Secrets", act: { do: "secrets" } };
  const found = lost.map((secret): Problem => ({
    id: `secret ${secret.id}`,
    tone: "warn",
    head: `The text of secret ${secret.hint}${ofProject(facts, secret.project)} cannot be read`,
    body: "It verifies nothing until it is pasted in again.",
    brief: `secret ${secret.hint} verifies nothing`,
    buttons: [open],
  }));
  const hour = hourAt(facts.edges, facts.now);
  const first = Math.max(0, hour - 1);
  const lately = facts.day?.hours.slice(first, hour + 1).reduce((sum, one) => sum + one.old_secret, 0) ?? 0;
  const [next] = endingSoon(facts);
  if (!next || lately === 0) return found;
  const { project, webhook } = next;
  const since = clockOf(facts.edges[first] ?? facts.now, facts.now);
  const rotation: Button = { label: "Show the webhook", act: { do: "webhook", project, id: webhook } };
  found.push({
    id: `ending ${next.id}`,
    tone: "warn",
    head: `Secret ${next.hint} expires in ${span(next.until - facts.now)}, and an old secret is still in use`,
    body: `${plural(lately, "delivery", "deliveries")} since ${since} came signed with a secret in its grace.`,
    brief: "an old secret is still in use",
    buttons: [webhook === null ? open : rotation],
  });
  return found;
}

export type Ending = { id: string; hint: string; project: number; webhook: string | null; until: number };

/** Secrets in their grace, the one that ends first in front. */
export function endingSoon({ secrets, projects, now }: Pick<Facts, "secrets" | "projects" | "now">): Ending[] {
  return (secrets ?? [])
    .flatMap(({ id, hint, project, webhook, key_state, destroyed_ms }): Ending[] =>
      key_state.state === "grace" && destroyed_ms === null && projects.some((one) => one.id === project)
        ? [{ id, hint, project, webhook, until: key_state.until * 1000 }]
        : [],
    )
    .filter((one) => one.until > now)
    .sort((a, b) => a.until - b.until);
}
