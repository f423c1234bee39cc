export type { Backend } from "./backend";
export type * from "./generated";
export type { DropEvent } from "./keep";
export type * from "./kept";
export { insidePollux, tauriBackend } from "./tauri";
