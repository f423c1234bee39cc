export type { Backend } from "./backend";
export type * from "./generated";
export { insidePollux, tauriBackend } from "./tauri";
