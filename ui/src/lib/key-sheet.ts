import { capsOf, type Action } from "./key-table";

export type SheetRow = { caps: readonly string[]; does: string };

/** What the sheet says of actions: those of a row are told together, with the keys that the table gives them. */
type Told = { of: readonly Action[]; does: string };
/** A key that a part of the window handles by itself, while it has the focus. */
type Own = { caps: readonly string[]; does: string };

const GROUPS: readonly { title: string; rows: readonly (Told | Own)[] }[] = [
  {
    title: "Move",
    rows: [
      { of: ["down"], does: "Next delivery, webhook or job" },
      { of: ["up"], does: "Previous one" },
      { of: ["first", "last"], does: "Newest (and follow), oldest" },
      { of: ["page-up", "page-down"], does: "One page up, down" },
      { of: ["open"], does: "Go to the detail" },
      { of: ["back"], does: "Back, clear the search, follow, choose nothing" },
      { of: ["overview"], does: "Overview of today, in the place of the detail" },
      { caps: ["←", "→"], does: "Read an hour of the overview; Enter opens it" },
      { of: ["follow"], does: "Follow new deliveries" },
    ],
  },
  {
    title: "Delivery",
    rows: [
      { of: ["replay"], does: "Replay to the current target" },
      { of: ["edit-replay"], does: "Edit and re-sign" },
      { of: ["verify-again"], does: "Verify again, with the keys Pollux has now" },
      { of: ["pin"], does: "Pin, or unpin" },
      { of: ["note"], does: "Write a note" },
      { of: ["delete"], does: "Delete; it can be undone for ten minutes" },
      { of: ["undo"], does: "Undo the last deletion" },
      { of: ["export"], does: "Export" },
      { of: ["compare"], does: "Compare: two marked ones, or with the attempt before" },
      { of: ["copy-payload"], does: "Copy the payload" },
      { of: ["copy-curl"], does: "Copy as cURL" },
      { of: ["find-payload"], does: "Find in the payload; / does it within the tree" },
      { of: ["earlier-attempt", "later-attempt"], does: "Earlier, later attempt of the event" },
      {
        of: ["tab-1", "tab-2", "tab-3", "tab-4", "tab-5", "tab-6"],
        does: "Event, Headers, Body, Attempts, Answer, Replays",
      },
    ],
  },
  {
    title: "Mark several",
    rows: [
      { of: ["mark"], does: "Mark, or unmark" },
      { of: ["mark-down"], does: "Extend the marks down" },
      { of: ["mark-up"], does: "Extend the marks up" },
      { of: ["mark-all"], does: "Mark all, at most 10,000" },
    ],
  },
  {
    title: "Comparison",
    rows: [
      { of: ["next-difference", "previous-difference"], does: "Next, previous difference" },
      { of: ["previous-side", "next-side"], does: "Another attempt as B" },
      { of: ["swap"], does: "Swap the sides" },
      { of: ["only-differences"], does: "Only differences, or all" },
      { of: ["copy-comparison"], does: "Copy as JSON" },
    ],
  },
  {
    title: "Opened result",
    rows: [
      { of: ["previous-failed", "next-failed"], does: "Previous, next failed or missing row" },
      { caps: ["Enter"], does: "Open the row" },
      { of: ["save-failed"], does: "Save failed rows" },
      { of: ["resubmit"], does: "Resubmit: shows the new batch first" },
    ],
  },
  {
    title: "Webhooks",
    rows: [
      { of: ["new-webhook"], does: "New webhook" },
      { of: ["ping"], does: "Ping, and wait for the delivery" },
      { of: ["rotate"], does: "Rotate the secret" },
      { of: ["edit-webhook"], does: "Edit" },
    ],
  },
  {
    title: "Operations",
    rows: [
      { of: ["new-job"], does: "New job" },
      { of: ["open-job"], does: "Open a job by its id" },
      { of: ["next-finding"], does: "Next job that was missed" },
      { of: ["collect"], does: "Collect the result of a missed job" },
      { of: ["make-event"], does: "Make the event, and send it" },
      { of: ["copy-report"], does: "Copy the report of a finding" },
    ],
  },
  {
    title: "Window",
    rows: [
      { of: ["palette"], does: "Commands, and the way to anything by its name or id" },
      { of: ["search"], does: "Search" },
      { of: ["grammar"], does: "What a search can say" },
      { of: ["next-hit", "previous-hit"], does: "Next, previous place of the text" },
      { of: ["menu"], does: "What can be done with what has the focus" },
      {
        of: ["go-deliveries", "go-webhooks", "go-secrets", "go-handler", "go-operations", "go-sandbox"],
        does: "The views, from the top of the rail",
      },
      { of: ["settings"], does: "Settings" },
      { of: ["copy-address"], does: "Copy the public address, or the listener's" },
      { of: ["send-sample"], does: "Send the sample on the button" },
      { of: ["keys"], does: "This sheet" },
    ],
  },
];

/** More than three keys are told by the first and the last. */
const short = (caps: readonly string[]): readonly string[] =>
  caps.length > 3 ? [caps[0] ?? "", "…", caps.at(-1) ?? ""] : caps;

/** The sheet: what works, in groups. */
export const KEY_SHEET: readonly { title: string; keys: readonly SheetRow[] }[] = GROUPS.map(({ title, rows }) => ({
  title,
  keys: rows.map((row) => ("of" in row ? { caps: short(row.of.flatMap(capsOf)), does: row.does } : row)),
}));

/** The actions that the sheet tells of. */
export const ON_SHEET: ReadonlySet<Action> = new Set(
  GROUPS.flatMap(({ rows }) => rows.flatMap((row) => ("of" in row ? row.of : []))),
);
