import type { Code, IpcError } from "../ipc";

/** What the back end says no with. */
export function refused(code: Code, message: string, detail: string | null = null): IpcError {
  return { code, message, detail };
}
