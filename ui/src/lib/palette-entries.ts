import type { BrokenKind, NamedWebhook, Project, SampleType, SavedSearch, Settings } from "../ipc/generated";
import { count } from "./format";
import { visible } from "./invisible";
import { ACTIONS, capsOf, type Action } from "./key-table";
import type { Entry } from "./palette";
import { PAGE_NAMES, settingNames } from "./setting-names";
import { called, webhookMark } from "./webhooks";
import { actsOn, whyNot, type Now } from "./why-not";

const BARE = { sub: "", also: "", caps: [], end: "", off: null } satisfies Partial<Entry>;
/** An address without what all of them begin with. */
const short = (address: string) => visible(address.replace(/^https?:\/\//, ""));

const isView = (action: Action) => action.startsWith("go-") || action === "settings";

/** All that the table of keys knows, but the palette itself. `shown`: the action of the view on the screen. */
export function actionEntries(now: Now, shown: Action | null): Entry[] {
  return ACTIONS.filter(({ action }) => action !== "palette").map(({ action, words, also = "" }) => {
    const off = whyNot(action, now);
    return {
      ...BARE,
      key: `action:${action}`,
      group: isView(action) ? "go" : "actions",
      label: words,
      sub: action === shown ? "on the screen" : actsOn(action, now),
      also,
      caps: capsOf(action).slice(0, 2),
      off,
      run: { does: "action", action },
    };
  });
}

export function settingEntries(settings: Settings | null): Entry[] {
  return settingNames(settings).map(({ page, name, label, also, value }) => ({
    ...BARE,
    key: `setting:${page}${name === null ? "" : `/${name}`}`,
    group: "go",
    label,
    sub: name === null ? "Settings" : `Settings, ${PAGE_NAMES[page] ?? page}`,
    also,
    end: visible(value),
    run: { does: "setting", page, name },
  }));
}

export function projectEntries(projects: readonly Project[], chosen: number | null): Entry[] {
  const entry = (project: number | null, label: string, sub: string): Entry => ({
    ...BARE,
    key: `project:${project ?? "all"}`,
    group: "projects",
    label,
    sub,
    also: "project switch",
    end: project === chosen ? "shown" : "",
    run: { does: "project", project },
  });
  return [
    entry(null, "All projects", ""),
    ...projects.map(({ id, name, path, sandbox }) =>
      entry(id, visible(name), sandbox ? "built in" : path === "" ? "default project" : `/${visible(path)}`),
    ),
  ];
}

export function webhookEntries(webhooks: readonly NamedWebhook[], nameOf: (id: number) => string | null): Entry[] {
  return webhooks.map((webhook) => {
    const mark = webhookMark(webhook.state);
    const project = visible(nameOf(webhook.project) ?? "");
    return {
      ...BARE,
      key: `webhook:${webhook.project}:${webhook.id}`,
      group: "webhooks",
      label: webhook.name ? visible(webhook.name) : short(called(webhook)),
      sub: webhook.name ? short(webhook.uri) : project,
      also: `${project} ${visible(webhook.id)} webhook`,
      end: mark.word,
      mark,
      run: { does: "webhook", project: webhook.project, id: webhook.id },
    };
  });
}

/** `counts`: how many deliveries each of the first ones finds, as far as that is known. */
export function searchEntries(saved: readonly SavedSearch[], counts: readonly (number | null)[]): Entry[] {
  return saved.map(({ name, query }, i) => {
    const matches = counts[i] ?? null;
    return {
      ...BARE,
      key: `search:${name}`,
      group: "searches",
      label: visible(name),
      sub: visible(query),
      also: "saved search",
      end: matches === null ? "" : count(matches),
      run: { does: "find", query },
    };
  });
}

/** Samples of every type, and those that are broken on purpose. */
export function sampleEntries(types: readonly SampleType[], broken: readonly BrokenKind[], now: Now): Entry[] {
  const off = now.listening ? null : "Pollux is not listening";
  const good = types.map(({ name, meaning }): Entry => ({
    ...BARE,
    key: `sample:${name}`,
    group: "samples",
    label: `Send ${name}`,
    sub: meaning,
    also: "sample test signed v1",
    off,
    run: {
      does: "sample",
      request: { event_type: name, variant: null, scheme: "v1", broken: null },
      label: name,
    },
  }));
  const odd = broken.map(({ id, label, what, schemes }): Entry => ({
    ...BARE,
    key: `broken:${id}`,
    group: "samples",
    label: `Send broken: ${label}`,
    sub: what,
    also: "sample test hostile",
    off,
    run: {
      does: "sample",
      request: { event_type: now.sample, variant: null, scheme: schemes[0] ?? "v1", broken: id },
      label,
    },
  }));
  return [...good, ...odd];
}
