import { Channel, invoke } from "@tauri-apps/api/core";
import { getCurrentWebview } from "@tauri-apps/api/webview";
import { writeText } from "@tauri-apps/plugin-clipboard-manager";
import type { Backend } from "./backend";
import type { Live } from "./generated";

/** Whether this page is shown by the shell, and not by a browser. */
export function insidePollux(): boolean {
  return "__TAURI_INTERNALS__" in window;
}

/** The commands of the shell, by their names. */
export const tauriBackend: Backend = {
  startFailure: () => invoke("start_failure"),
  startAgain: () => invoke("start_again"),
  historyMoveAside: () => invoke("history_move_aside"),
  historyOpenOther: () => invoke("history_open_other"),
  appState: () => invoke("app_state"),
  live: (onMessage) => {
    const channel = new Channel<Live>();
    channel.onmessage = onMessage;
    return invoke("live", { channel });
  },
  viewOpen: (filter) => invoke("view_open", { filter }),
  viewRows: (view, start, count) => invoke("view_rows", { view, start, count }),
  viewFind: (view, id) => invoke("view_find", { view, id }),
  delivery: (id) => invoke("delivery", { id }),
  deliveryBody: (id, decoded) => invoke("delivery_body", { id, decoded }),
  verifyAgain: (ids) => invoke("verify_again", { ids }),
  historySizes: () => invoke("history_sizes"),
  keepPreview: (project, limits) => invoke("keep_preview", { project, limits }),
  keepSet: (project, limits) => invoke("keep_set", { project, limits }),
  deliveriesDelete: (selection) => invoke("deliveries_delete", { selection }),
  deletionUndo: (number) => invoke("deletion_undo", { number }),
  deletions: () => invoke("deletions"),
  deliveriesPin: (ids, pinned) => invoke("deliveries_pin", { ids, pinned }),
  deliveryNote: (id, text) => invoke("delivery_note", { id, text }),
  historyRebuild: () => invoke("history_rebuild"),
  sampleSend: (request) => invoke("sample_send", { request }),
  secrets: () => invoke("secrets"),
  secretAdd: (project, label, text) => invoke("secret_add", { project, label, text }),
  secretRemove: (id) => invoke("secret_remove", { id }),
  secretRestore: (id) => invoke("secret_restore", { id }),
  secretReveal: (id) => invoke("secret_reveal", { id }),
  settingsSet: (settings) => invoke("settings_set", { settings }),
  listenerStart: (port) => invoke("listener_start", { port }),
  turnedAway: (limit) => invoke("turned_away", { limit }),
  copyText: (text) => writeText(text),
  sandboxOverview: () => invoke("sandbox_overview"),
  sandboxRun: (request) => invoke("sandbox_run", { request }),
  sandboxCancelJob: (name) => invoke("sandbox_cancel_job", { name }),
  sandboxFinishJob: (name, outcome) => invoke("sandbox_finish_job", { name, outcome }),
  sandboxClockSet: (warp) => invoke("sandbox_clock_set", { warp }),
  sandboxClockAdvance: (by) => invoke("sandbox_clock_advance", { by }),
  sandboxSettings: () => invoke("sandbox_settings"),
  sandboxSettingsSet: (patch) => invoke("sandbox_settings_set", { patch }),
  sandboxDeliveries: (before, limit) => invoke("sandbox_deliveries", { before, limit }),
  sandboxDeliveryBody: (id) => invoke("sandbox_delivery_body", { id }),
  sandboxDeliveryRetry: (id) => invoke("sandbox_delivery_retry", { id }),
  sandboxKeysRotate: () => invoke("sandbox_keys_rotate"),
  sandboxReset: () => invoke("sandbox_reset"),
  tunnel: () => invoke("tunnel"),
  tunnelStart: () => invoke("tunnel_start"),
  tunnelStop: () => invoke("tunnel_stop"),
  tunnelProbe: () => invoke("tunnel_probe"),
  tunnelAuthtokenSet: (token) => invoke("tunnel_authtoken_set", { token }),
  projectAdd: (draft) => invoke("project_add", { draft }),
  projectUpdate: (id, draft) => invoke("project_update", { id, draft }),
  projectCheck: (id, draft) => invoke("project_check", { id, draft }),
  projectRemove: (id) => invoke("project_remove", { id }),
  projectRestore: (id) => invoke("project_restore", { id }),
  environmentKeys: () => invoke("environment_keys"),
  webhooks: (project) => invoke("webhooks", { project }),
  webhooksRefresh: (project) => invoke("webhooks_refresh", { project }),
  webhookCreate: (project, draft, lookFirst) => invoke("webhook_create", { project, draft, lookFirst }),
  webhookUpdate: (project, id, edit) => invoke("webhook_update", { project, id, edit }),
  webhookDelete: (project, id) => invoke("webhook_delete", { project, id }),
  webhookPing: (project, id) => invoke("webhook_ping", { project, id }),
  webhooksRepair: (project, ids) => invoke("webhooks_repair", { project, ids }),
  webhookFailures: (project, id) => invoke("webhook_failures", { project, id }),
  rotation: (project, id) => invoke("rotation", { project, id }),
  webhookRotate: (project, id, immediately) => invoke("webhook_rotate", { project, id, immediately }),
  secretStoreAgain: (id) => invoke("secret_store_again", { id }),
  secretLetGo: (id) => invoke("secret_let_go", { id }),
  secretDestroy: (id) => invoke("secret_destroy", { id }),
  placeAdd: (project, webhook, text) => invoke("place_add", { project, webhook, text }),
  placeTick: (id, done) => invoke("place_tick", { id, done }),
  placeRemove: (id) => invoke("place_remove", { id }),
  actions: (before, limit) => invoke("actions", { before, limit }),
  actionsExport: () => invoke("actions_export"),
  copySecret: (text) => invoke("copy_secret", { text }),
  compare: (a, b) => invoke("compare", { a, b }),
  compareWith: (id, how) => invoke("compare_with", { id, with: how }),
  targets: (project) => invoke("targets", { project }),
  targetSave: (draft) => invoke("target_save", { draft }),
  targetRemove: (id) => invoke("target_remove", { id }),
  targetConfirm: (url) => invoke("target_confirm", { url }),
  replayDraft: (id) => invoke("replay_draft", { id }),
  replayPreview: (plan) => invoke("replay_preview", { plan }),
  replayStart: (plan) => invoke("replay_start", { plan }),
  replayStop: (run) => invoke("replay_stop", { run }),
  replayRun: (run) => invoke("replay_run", { run }),
  outbounds: (delivery) => invoke("outbounds", { delivery }),
  outbound: (id) => invoke("outbound", { id }),
  outboundDiff: (first, other) => invoke("outbound_diff", { first, other }),
  forwards: () => invoke("forwards"),
  forwardOffer: (rule) => invoke("forward_offer", { rule }),
  forwardSet: (rule, start) => invoke("forward_set", { rule, start }),
  forwardDrop: (project) => invoke("forward_drop", { project }),
  forwardDrain: (project) => invoke("forward_drain", { project }),
  faultLab: () => invoke("fault_lab"),
  faultLabSet: (rules) => invoke("fault_lab_set", { rules }),
  checkStart: (plan) => invoke("check_start", { plan }),
  checkStop: () => invoke("check_stop"),
  checkReport: () => invoke("check_report"),
  checkExport: (format) => invoke("check_export", { format }),
  exportStart: (selection, format, path, withCredentials) =>
    invoke("export_start", { selection, format, path, withCredentials }),
  importStart: (path) => invoke("import_start", { path }),
  transferStop: (number) => invoke("transfer_stop", { number }),
  transfers: () => invoke("transfers"),
  exportChoose: (name) => invoke("export_choose", { name }),
  importChoose: () => invoke("import_choose"),
  copyAs: (ids, form) => invoke("copy_as", { ids, form }),
  dropped: async (onDrop) => {
    await getCurrentWebview().onDragDropEvent(({ payload }) => {
      // What is dragged without a file, such as selected text, is not ours.
      if (payload.type === "enter" && payload.paths.length > 0) onDrop({ at: "over" });
      else if (payload.type === "drop" && payload.paths.length > 0) onDrop({ at: "dropped", paths: payload.paths });
      else if (payload.type === "drop" || payload.type === "leave") onDrop({ at: "left" });
    });
  },
};
