import type { IpcError } from "../ipc/generated";

export type Severity = "info" | "warning" | "error";
export type ErrorAction = "settings" | "secrets" | "projects" | "refresh" | "tunnel" | "targets" | null;
type Rule = { severity: Severity; action: ErrorAction };

/**
 * The one place where an error code becomes a way of showing it. The sentence itself comes from the back end. A code
 * that is not here is an error without an action: nothing is swallowed.
 */
const RULES: Record<string, Rule> = {
  port_in_use: { severity: "error", action: "settings" },
  bind_refused: { severity: "error", action: "settings" },
  not_listening: { severity: "warning", action: "settings" },
  invalid_setting: { severity: "warning", action: "settings" },
  vault_failed: { severity: "error", action: "secrets" },
  empty_secret: { severity: "warning", action: "secrets" },
  invalid_secret_base64: { severity: "warning", action: "secrets" },
  wrong_secret_prefix: { severity: "warning", action: "secrets" },
  private_key_given: { severity: "warning", action: "secrets" },
  invalid_public_key: { severity: "warning", action: "secrets" },
  not_found: { severity: "warning", action: null },
  unknown_project: { severity: "warning", action: null },
  not_decodable: { severity: "warning", action: null },
  queue_full: { severity: "warning", action: null },
  no_sandbox: { severity: "error", action: null },
  sandbox_unreachable: { severity: "error", action: null },
  sandbox_refused: { severity: "warning", action: null },
  service_key_refused: { severity: "error", action: "projects" },
  no_api_key: { severity: "warning", action: "projects" },
  service_rate_limited: { severity: "warning", action: null },
  service_failed: { severity: "warning", action: null },
  service_refused: { severity: "warning", action: null },
  service_unreachable: { severity: "warning", action: null },
  service_timed_out: { severity: "warning", action: null },
  service_unreadable: { severity: "warning", action: null },
  outcome_unknown: { severity: "error", action: "refresh" },
  rotated_but_lost: { severity: "error", action: null },
  not_rotated: { severity: "warning", action: null },
  name_taken: { severity: "warning", action: "projects" },
  path_taken: { severity: "warning", action: "projects" },
  invalid_path: { severity: "warning", action: null },
  invalid_base_url: { severity: "warning", action: null },
  invalid_name: { severity: "warning", action: null },
  builtin_project: { severity: "warning", action: null },
  tunnel_none: { severity: "warning", action: "tunnel" },
  tunnel_offline: { severity: "warning", action: "tunnel" },
  invalid_authtoken: { severity: "warning", action: "tunnel" },
  invalid_target: { severity: "warning", action: "targets" },
  invalid_forward: { severity: "warning", action: null },
  invalid_fault: { severity: "warning", action: null },
  check_running: { severity: "warning", action: null },
  invalid_replay: { severity: "warning", action: null },
  body_incomplete: { severity: "warning", action: null },
  holds_secret: { severity: "error", action: null },
  no_key: { severity: "warning", action: null },
  no_secret: { severity: "warning", action: "secrets" },
  not_json: { severity: "warning", action: null },
  view_replaced: { severity: "info", action: null },
};
/**
 * Codes of a provider, and of what concerns the public address: there are many, and all of them are mended in one
 * place.
 */
const OF_TUNNEL = /^(ngrok|cloudflared|tunnel|own|probe)_/;
const TUNNEL: Rule = { severity: "error", action: "tunnel" };
const UNKNOWN: Rule = { severity: "error", action: null };

export function ruleFor(code: string): Rule {
  return RULES[code] ?? (OF_TUNNEL.test(code) ? TUNNEL : UNKNOWN);
}

/** Whatever was thrown, as the one error shape. */
export function asIpcError(thrown: unknown): IpcError {
  if (typeof thrown === "object" && thrown !== null) {
    const { code, message, detail } = thrown as Partial<Record<keyof IpcError, unknown>>;
    if (typeof message === "string") {
      return {
        code: typeof code === "string" ? code : "window",
        message,
        detail: typeof detail === "string" ? detail : null,
      };
    }
  }
  return {
    code: "window",
    message: typeof thrown === "string" && thrown ? thrown : "Something went wrong in the window.",
    detail: null,
  };
}
