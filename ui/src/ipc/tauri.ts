import { Channel, invoke } from "@tauri-apps/api/core";
import { writeText } from "@tauri-apps/plugin-clipboard-manager";
import type { Backend } from "./backend";
import type { Live } from "./generated";

/** The commands of the shell, by their names. */
export const tauriBackend: Backend = {
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
  sampleSend: (request) => invoke("sample_send", { request }),
  secrets: () => invoke("secrets"),
  secretAdd: (project, label, text) => invoke("secret_add", { project, label, text }),
  secretRemove: (id) => invoke("secret_remove", { id }),
  secretRestore: (id) => invoke("secret_restore", { id }),
  secretReveal: (id) => invoke("secret_reveal", { id }),
  settingsSet: (settings) => invoke("settings_set", { settings }),
  listenerStart: (port) => invoke("listener_start", { port }),
  copyText: (text) => writeText(text),
  sandboxOverview: () => invoke("sandbox_overview"),
  sandboxRun: (request) => invoke("sandbox_run", { request }),
  sandboxCancelJob: (name) => invoke("sandbox_cancel_job", { name }),
  sandboxFinishJob: (name, outcome) => invoke("sandbox_finish_job", { name, outcome }),
  sandboxWebhookCreate: (name, uri, events) => invoke("sandbox_webhook_create", { name, uri, events }),
  sandboxWebhookUpdate: (id, change) => invoke("sandbox_webhook_update", { id, change }),
  sandboxWebhookDelete: (id) => invoke("sandbox_webhook_delete", { id }),
  sandboxWebhookPing: (id) => invoke("sandbox_webhook_ping", { id }),
  sandboxWebhookRotate: (id, immediately) => invoke("sandbox_webhook_rotate", { id, immediately }),
  sandboxClockSet: (warp) => invoke("sandbox_clock_set", { warp }),
  sandboxClockAdvance: (by) => invoke("sandbox_clock_advance", { by }),
  sandboxSettings: () => invoke("sandbox_settings"),
  sandboxSettingsSet: (patch) => invoke("sandbox_settings_set", { patch }),
  sandboxDeliveries: (before, limit) => invoke("sandbox_deliveries", { before, limit }),
  sandboxDeliveryBody: (id) => invoke("sandbox_delivery_body", { id }),
  sandboxDeliveryRetry: (id) => invoke("sandbox_delivery_retry", { id }),
  sandboxKeysRotate: () => invoke("sandbox_keys_rotate"),
  sandboxReset: () => invoke("sandbox_reset"),
};
