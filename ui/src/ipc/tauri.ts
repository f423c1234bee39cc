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
};
