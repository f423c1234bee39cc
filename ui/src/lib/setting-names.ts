import type { Settings } from "../ipc/generated";
import { count, withUnit } from "./format";
import { KINDS, wanted } from "./notifications";

/**
 * The settings by their names. `name`: as it stands on its page (`data-setting`); null: the page itself. `also`: other
 * words by which it is found.
 */
export type SettingName = { page: string; name: string | null; label: string; also: string; value: string };

export const PAGE_NAMES: Record<string, string> = {
  general: "General",
  receiving: "Receiving",
  checking: "Checking",
  jobs: "Jobs",
  history: "History",
  about: "About",
};

type Named = [name: string, label: string, also?: string, value?: (settings: Settings) => string];
const onOff = (on: boolean) => (on ? "on" : "off");

const NAMES: Record<string, readonly Named[]> = {
  general: [
    ["Projects", "Projects", "API key"],
    ["Public address", "Public address", "tunnel ngrok cloudflared"],
    ["Theme", "Theme", "light dark appearance colour", ({ theme }) => theme],
    [
      "Notifications",
      "Notifications of the desktop",
      "tell notify alert rejected missed tunnel disabled secret forward",
      ({ desktop }) => `${wanted(desktop)} of ${KINDS.length} kinds`,
    ],
    ["Taskbar", "Count in the taskbar", "badge icon attention", ({ desktop }) => onOff(desktop.count)],
    ["Tray", "Icon in the tray", "status indicator", ({ desktop }) => onOff(desktop.tray)],
  ],
  receiving: [
    ["Port", "Port", "listener address", ({ port }) => (port === null ? "any free" : String(port))],
    ["Body limit", "Body limit", "size largest", ({ max_body_mib }) => withUnit(max_body_mib, "MiB")],
    ["Rejected bodies", "Rejected bodies", "kept cut", ({ rejected_body_kib }) => withUnit(rejected_body_kib, "KiB")],
    [
      "Local requests",
      "Local requests",
      "rate limit per second",
      ({ local_per_second }) => (local_per_second === 0 ? "no limit" : `${count(local_per_second)} a second`),
    ],
  ],
  checking: [
    ["Time tolerance", "Time tolerance", "timestamp skew clock", ({ tolerance_s }) => withUnit(tolerance_s, "s")],
    ["JWT audience", "JWT audience", "aud token", ({ audience }) => audience ?? "not checked"],
    ["JWT issuer", "JWT issuer", "iss token", ({ issuer }) => issuer ?? "not checked"],
  ],
  jobs: [
    ["Watch", "Watch the projects’ jobs", "watchdog missed", ({ watch_jobs }) => onOff(watch_jobs)],
    ["Grace", "Grace", "missed event minutes", ({ grace_minutes }) => withUnit(grace_minutes, "min")],
  ],
  history: [
    ["Size", "Keep at most: size", "retention limit disk space"],
    ["Age", "Keep at most: age", "retention limit days old"],
    ["Number", "Keep at most: number", "retention limit count deliveries"],
    ["Keep free", "Keep free on the disk", "retention limit space full"],
    ["Health", "Health of the history", "check damaged recover"],
    ["Export and import", "Export and import", "file NDJSON HAR"],
    ["Delete", "Delete deliveries", "remove everything clear"],
  ],
  about: [
    ["Version", "Version", "about Pollux build"],
    ["System", "System", "platform WebKit Linux"],
    ["Database", "Database", "file path history"],
    ["Folder", "Data folder", "path directory where"],
    ["First steps", "First steps", "welcome start tour show again"],
    ["Licence", "Licence of Pollux", "license Apache MIT"],
    ["Made of", "Licences of what Pollux is made of", "license crates packages fonts third party open source notices"],
  ],
};

/** All of them, each page before what stands on it. `settings`: null while they are not known. */
export function settingNames(settings: Settings | null): SettingName[] {
  return Object.entries(NAMES).flatMap(([page, names]) => [
    { page, name: null, label: PAGE_NAMES[page] ?? page, also: "settings page", value: "" },
    ...names.map(([name, label, also = "", value]) => ({
      page,
      name,
      label,
      also,
      value: settings && value ? value(settings) : "",
    })),
  ]);
}
