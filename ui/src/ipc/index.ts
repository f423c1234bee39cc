export type { Backend, DropEvent } from "./backend";
export type * from "./generated";
export { insidePollux, tauriBackend } from "./tauri";
