import type { IpcError } from "../ipc/generated";

export type Severity = "info" | "warning" | "error";
export type ErrorAction = "settings" | "secrets" | "retry" | null;
type Rule = { severity: Severity; action: ErrorAction };

/**
 * The one place where an error code becomes a way of showing it. The sentence itself comes from the back end. A code that is not
 * here is an error without an action: nothing is swallowed. Codes are matched whole, then by their part before the first dot.
 */
const RULES: Record<string, Rule> = {
  port_taken: { severity: "error", action: "settings" },
  port_denied: { severity: "error", action: "settings" },
  listener: { severity: "error", action: "settings" },
  not_listening: { severity: "warning", action: "settings" },
  not_found: { severity: "warning", action: null },
  gone: { severity: "warning", action: null },
  invalid: { severity: "warning", action: null },
  secret: { severity: "warning", action: "secrets" },
  secret_store: { severity: "warning", action: "secrets" },
  keychain: { severity: "warning", action: "secrets" },
  busy: { severity: "warning", action: "retry" },
  timeout: { severity: "warning", action: "retry" },
};
const UNKNOWN: Rule = { severity: "error", action: null };

export function ruleFor(code: string): Rule {
  return RULES[code] ?? RULES[code.split(".")[0] ?? ""] ?? UNKNOWN;
}

/** Whatever was thrown, as the one error shape. */
export function asIpcError(thrown: unknown): IpcError {
  if (typeof thrown === "object" && thrown !== null) {
    const { code, message, detail } = thrown as Partial<Record<keyof IpcError, unknown>>;
    if (typeof message === "string") {
      return { code: typeof code === "string" ? code : "window", message, detail: typeof detail === "string" ? detail : null };
    }
  }
  return { code: "window", message: typeof thrown === "string" && thrown ? thrown : "Something went wrong in the window.", detail: null };
}
