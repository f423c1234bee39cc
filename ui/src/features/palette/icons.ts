import ArrowRight from "@lucide/svelte/icons/arrow-right";
import Bookmark from "@lucide/svelte/icons/bookmark";
import Clock from "@lucide/svelte/icons/clock-4";
import ClipboardPaste from "@lucide/svelte/icons/clipboard-paste";
import Copy from "@lucide/svelte/icons/copy";
import CornerDownLeft from "@lucide/svelte/icons/corner-down-left";
import Download from "@lucide/svelte/icons/download";
import Flask from "@lucide/svelte/icons/flask-conical";
import Folder from "@lucide/svelte/icons/folder";
import GitCompare from "@lucide/svelte/icons/git-compare-arrows";
import Globe from "@lucide/svelte/icons/globe";
import KeyRound from "@lucide/svelte/icons/key-round";
import Keyboard from "@lucide/svelte/icons/keyboard";
import List from "@lucide/svelte/icons/text-align-start";
import ListChecks from "@lucide/svelte/icons/list-checks";
import Note from "@lucide/svelte/icons/notepad-text";
import Pencil from "@lucide/svelte/icons/pencil";
import Pin from "@lucide/svelte/icons/pin";
import Play from "@lucide/svelte/icons/play";
import Plus from "@lucide/svelte/icons/plus";
import Refresh from "@lucide/svelte/icons/refresh-cw";
import Search from "@lucide/svelte/icons/search";
import Settings from "@lucide/svelte/icons/settings";
import Split from "@lucide/svelte/icons/split";
import Square from "@lucide/svelte/icons/square-check";
import Trash from "@lucide/svelte/icons/trash";
import Undo from "@lucide/svelte/icons/undo-2";
import Verify from "@lucide/svelte/icons/shield-check";
import Webhook from "@lucide/svelte/icons/webhook";
import type { Component } from "svelte";
import type { Action } from "../../lib/keys";
import type { Entry, Run } from "../../lib/palette";

export type Icon = Component<{ size?: number; strokeWidth?: number }>;

const ACTIONS: Partial<Record<Action, Icon>> = {
  search: Search,
  settings: Settings,
  "go-deliveries": List,
  "go-webhooks": Webhook,
  "go-secrets": KeyRound,
  "go-handler": Split,
  "go-operations": Clock,
  "go-sandbox": Flask,
  "go-projects": Folder,
  swap: GitCompare,
  "copy-comparison": Copy,
  "save-failed": Download,
  resubmit: Play,
  grammar: Search,
  "next-hit": Search,
  "previous-hit": Search,
  replay: Play,
  "edit-replay": Pencil,
  "verify-again": Verify,
  compare: GitCompare,
  "copy-payload": Copy,
  "copy-curl": Copy,
  "find-payload": Search,
  pin: Pin,
  note: Note,
  delete: Trash,
  mark: Square,
  "mark-down": ListChecks,
  "mark-up": ListChecks,
  "mark-all": ListChecks,
  "new-webhook": Plus,
  rotate: KeyRound,
  "edit-webhook": Pencil,
  "refresh-webhooks": Refresh,
  "new-job": Plus,
  "copy-report": Copy,
  export: Download,
  undo: Undo,
  "copy-address": Copy,
  "send-sample": Flask,
  "add-project": Plus,
  tunnel: Globe,
  "first-steps": ListChecks,
  keys: Keyboard,
};

const RUNS: Record<Run["does"], Icon> = {
  action: ArrowRight,
  setting: Settings,
  project: Folder,
  webhook: Webhook,
  sample: Flask,
  find: Search,
  delivery: CornerDownLeft,
  job: Clock,
  "look-up": Clock,
  copy: Copy,
  nothing: CornerDownLeft,
};

export function iconOf({ group, mono, run }: Entry): Icon {
  if (mono) return ClipboardPaste;
  if (group === "searches") return Bookmark;
  return (run.does === "action" ? ACTIONS[run.action] : undefined) ?? RUNS[run.does];
}
