import type { JobAlarms, WebhookView } from "../ipc/generated";
import { nextTryWords } from "./forward";
import { count, middle, plural, span } from "./format";
import { visible } from "./invisible";
import { clockOf } from "./jobs";
import { capital, hasKey, ofProject, type Facts } from "./overview-facts";
import { ofHistory, ofListener, ofRejections, ofSecrets, ofTunnel } from "./overview-own";
import { sentence, type Button, type Problem } from "./overview-problem";
import { hostOf } from "./targets";
import { called, failed } from "./webhooks";

/** What needs somebody, the worst first. */
export function problemsOf(facts: Facts): Problem[] {
  const found = [
    ...ofHistory(facts),
    ...ofListener(facts),
    ...ofWebhooks(facts),
    ...ofMissed(facts),
    ...ofTunnel(facts),
    ...ofForwards(facts),
    ...ofRejections(facts),
    ...ofWaiting(facts),
    ...ofSecrets(facts),
  ];
  return [...found.filter((one) => one.tone === "no"), ...found.filter((one) => one.tone === "warn")];
}

/** A name may be a whole address: its beginning and its end tell it. */
const nameOf = (webhook: Pick<WebhookView, "name" | "uri">) => `“${middle(visible(called(webhook)), 44, 16)}”`;

function ofWebhooks(facts: Facts): Problem[] {
  return facts.projects.filter(hasKey).flatMap(({ id }) => {
    const list = facts.boards.get(id)?.board?.webhooks ?? [];
    const whose = ofProject(facts, id);
    const off = list.filter(failed).map((webhook) => disabled(facts, webhook, id, whose));
    // Of one that was disabled, too, both are said at once.
    const earlier = list.filter((one) => one.place === "earlier" && !failed(one));
    return [...off, ...(earlier.length > 0 ? [pointsBack(earlier, id, whose)] : []), ...noneEnabled(list, id, whose)];
  });
}

function disabled(facts: Facts, webhook: WebhookView, project: number, whose: string): Problem {
  const seen = facts.states?.webhooks.findLast((one) => one.webhook === webhook.id && one.failed);
  const moved = webhook.place === "earlier";
  // At the day's beginning nobody saw it change.
  const since =
    seen && seen.from_ms > (facts.edges[0] ?? 0) ? `, first seen at ${clockOf(seen.from_ms, facts.now)}` : "";
  return {
    id: `off ${webhook.id}`,
    tone: "no",
    head: `Webhook ${nameOf(webhook)}${whose} is disabled by failures${since}`,
    body: `${moved ? "It points to an earlier address. " : ""}The service sends it nothing until it is enabled again.`,
    brief: `webhook ${nameOf(webhook)} is sent nothing`,
    buttons: [
      moved && webhook.repaired_uri !== null
        ? { label: "Repair…", act: { do: "repair", project } }
        : { label: "Enable again", act: { do: "enable", project, webhook } },
      { label: "Show it", act: { do: "webhook", project, id: webhook.id } },
    ],
  };
}

function pointsBack(earlier: readonly WebhookView[], project: number, whose: string): Problem {
  const [first] = earlier;
  const one = earlier.length === 1 && first ? first : null;
  const repairable = earlier.some((webhook) => webhook.repaired_uri !== null);
  const what = one ? `Webhook ${nameOf(one)}${whose} points` : `${count(earlier.length)} webhooks${whose} point`;
  const lost = `What is sent there does not come here${repairable ? "" : ", and there is no address to point to now"}.`;
  return {
    id: `earlier ${project}`,
    tone: "no",
    head: `${what} to an earlier address`,
    body: lost,
    brief: `${plural(earlier.length, "webhook points", "webhooks point")} to an earlier address`,
    buttons: repairable
      ? [{ label: "Repair…", act: { do: "repair", project } }]
      : [{ label: "Public address…", act: { do: "tunnel" } }],
  };
}

/** Switching one off is a choice; with none of them on, nothing is sent. */
function noneEnabled(list: readonly WebhookView[], project: number, whose: string): Problem[] {
  const [first] = list;
  if (!first || list.some((one) => one.state !== "disabled")) return [];
  const only = list.length === 1;
  const show = (id: string | null, label: string): Button => ({ label, act: { do: "webhook", project, id } });
  return [
    {
      id: `none ${project}`,
      tone: "warn",
      head: only
        ? `The only webhook${whose}, ${nameOf(first)}, is disabled`
        : `All ${count(list.length)} webhooks${whose} are disabled`,
      body: `The service sends ${only ? "it nothing until it is" : "them nothing until they are"} enabled.`,
      brief: `no webhook${whose} is enabled`,
      buttons: only
        ? [{ label: "Enable", act: { do: "enable", project, webhook: first } }, show(first.id, "Show it")]
        : [show(null, "Show them")],
    },
  ];
}

const shown = (facts: Facts, of: (alarms: JobAlarms) => number) =>
  facts.jobAlarms.filter((one) => of(one) > 0 && facts.projects.some((project) => project.id === one.project));

function ofMissed(facts: Facts): Problem[] {
  return shown(facts, (one) => one.missed).map(({ project, missed }): Problem => {
    const first = facts.states?.missed.find((job) => job.project === project);
    const whose = ofProject(facts, project);
    const only = missed === 1 && first ? `“${middle(visible(first.title), 60, 12)}”` : null;
    const what = `${only ?? plural(missed, "job")}${whose}`;
    const lead = missed === 1 ? "" : "The newest: ";
    return {
      id: `missed ${project}`,
      tone: "no",
      head: `${what} ended without an event that counts`,
      body: first?.words ? capital(sentence(`${lead}${first.words}`)) : "The job shows why, with the evidence.",
      brief: `${plural(missed, "job was", "jobs were")} missed`,
      buttons: [
        {
          label: missed === 1 ? "See the job" : `See the ${count(missed)} jobs`,
          act: { do: "job", project, name: first?.name ?? null },
        },
      ],
    };
  });
}

function ofWaiting(facts: Facts): Problem[] {
  return shown(facts, (one) => one.waiting).map(({ project, waiting }): Problem => {
    const first = facts.states?.waiting.find((job) => job.project === project);
    const what = plural(waiting, "interaction", "interactions");
    const waits = `${waiting === 1 ? "waits" : "wait"} for your answer`;
    return {
      id: `waiting ${project}`,
      tone: "warn",
      head: `${what}${ofProject(facts, project)} ${waits}`,
      body: waiting === 1 ? "It goes on once you answer." : "Each goes on once you answer.",
      brief: `${what} ${waits}`,
      buttons: [{ label: "Answer…", act: { do: "job", project, name: first?.name ?? null } }],
    };
  });
}

function ofForwards(facts: Facts): Problem[] {
  return facts.forwards.flatMap(({ rule, state, waiting }): Problem[] => {
    const { project } = rule;
    if (!rule.on || state.state !== "down" || !facts.projects.some((one) => one.id === project)) return [];
    const waits = `${plural(waiting, "delivery waits", "deliveries wait")}`;
    const kept =
      waiting === 0 ? "Nothing waits for it." : `${waits}, and ${waiting === 1 ? "goes" : "go"} out in order.`;
    const next = sentence(capital(nextTryWords(state.next_ms, facts.now)));
    const long = span(Math.max(0, facts.now - state.since_ms));
    return [
      {
        id: `forward ${project}`,
        tone: "warn",
        head: `Forward${ofProject(facts, project)} to ${visible(hostOf(rule.url))} is down for ${long}`,
        body: `${sentence(state.why)} ${kept} ${next}`,
        brief: waiting === 0 ? "your handler is not reached" : `${waits} for your handler`,
        buttons: [
          { label: "Try now", act: { do: "try-forward", project } },
          { label: "Forward…", act: { do: "forward" } },
        ],
      },
    ];
  });
}
