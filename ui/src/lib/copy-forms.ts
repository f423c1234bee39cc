import type { CopyForm } from "../ipc";

/** What a copy is called once it is on the clipboard. */
export const FORM_NAMES: Record<CopyForm, string> = {
  payload: "Payload",
  curl: "cURL command",
  httpie: "HTTPie command",
  python: "Python",
  javascript: "JavaScript",
  rust: "Rust",
  pytest: "Test for pytest",
  vitest: "Test for Vitest",
  ndjson: "NDJSON",
};
