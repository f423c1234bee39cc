export type { Backend, DropEvent } from "./backend";
export type * from "./generated";
export type { JobsBackend } from "./jobs";
export { insidePollux, tauriBackend } from "./tauri";
