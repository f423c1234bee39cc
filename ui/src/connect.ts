import { insidePollux, tauriBackend, type Backend } from "./ipc";

/** The shell's commands inside Pollux; in a plain browser, and only while developing, a back end in memory. */
export async function connect(): Promise<Backend> {
  if (insidePollux()) return tauriBackend;
  if (import.meta.env.DEV) {
    const { fakeFromAddress } = await import("./fake/from-address");
    return fakeFromAddress(new URL(window.location.href));
  }
  throw { code: "window", message: "This page is the window of Pollux. Start the app to use it.", detail: null };
}
