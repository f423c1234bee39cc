import type {
  AppState,
  Detail,
  FirstFacts,
  ListenerState,
  Live,
  Row,
  SampleRequest,
  SampleSent,
  SecretView,
  Settings,
  TurnedAway,
  VerifiedAgain,
  ViewOpened,
} from "./generated";
import type { CompareBackend } from "./compare";
import type { DesktopBackend } from "./desktop";
import type { HistoryBackend } from "./history";
import type { JobsBackend } from "./jobs";
import type { ManageBackend } from "./manage";
import type { OutboundBackend } from "./outbound";
import type { PaletteBackend } from "./palette";
import type { OverviewBackend } from "./overview";
import type { ResultsBackend } from "./results";
import type { SandboxBackend } from "./sandbox";
import type { SearchBackend } from "./search";
import type { StartBackend } from "./start";
import type { TransferBackend } from "./transfer";
import type { TunnelBackend } from "./tunnel";

/**
 * What the window can ask of the back end. `tauri.ts` speaks to the shell, `fake/` answers from memory. Failures reject
 * with `IpcError`.
 */
export interface Backend
  extends
    SandboxBackend,
    ManageBackend,
    TunnelBackend,
    OutboundBackend,
    OverviewBackend,
    StartBackend,
    CompareBackend,
    DesktopBackend,
    HistoryBackend,
    JobsBackend,
    ResultsBackend,
    PaletteBackend,
    SearchBackend,
    TransferBackend {
  appState(): Promise<AppState>;
  /** The version of what draws the window; null where it does not say. */
  webviewVersion(): Promise<string | null>;
  /** What really happened of the first steps. */
  firstSteps(): Promise<FirstFacts>;
  /** One channel for the window. Call it before the first view is opened, so that nothing falls between. */
  live(onMessage: (message: Live) => void): Promise<void>;
  /** Closes the view before. A query that is not understood is `query_invalid`. */
  viewOpen(query: string): Promise<ViewOpened>;
  /** At most 200 rows, ascending by ordinal; the newest has the highest. */
  viewRows(view: number, start: number, count: number): Promise<Row[]>;
  viewFind(view: number, id: number): Promise<number | null>;
  delivery(id: number): Promise<Detail>;
  /** Raw bytes as they arrived; `decoded`: after content-encoding. */
  deliveryBody(id: number, decoded: boolean): Promise<ArrayBuffer>;
  /** Judges those of them again that are not verified; at most 10,000. */
  verifyAgain(ids: readonly number[]): Promise<VerifiedAgain>;
  sampleSend(request: SampleRequest): Promise<SampleSent>;
  secrets(): Promise<SecretView[]>;
  secretAdd(project: number, label: string, text: string): Promise<SecretView>;
  secretRemove(id: string): Promise<void>;
  secretRestore(id: string): Promise<SecretView>;
  secretReveal(id: string): Promise<string>;
  settingsSet(settings: Settings): Promise<Settings>;
  /** null: any free port. */
  listenerStart(port: number | null): Promise<ListenerState>;
  /** What was turned away since the start, with the newest `limit`, the last one first. */
  turnedAway(limit: number): Promise<TurnedAway>;
  copyText(text: string): Promise<void>;
  /** Files that are dragged over the window, and dropped on it. Call it once. */
  dropped(onDrop: (event: DropEvent) => void): Promise<void>;
}

/** Something is dragged over the window (`over`), has left it, or was dropped. */
export type DropEvent = { at: "over" | "left" } | { at: "dropped"; paths: string[] };
