import type { Settings } from "../ipc/generated";
import { count } from "./format";

/** The settings as they stand in the form's fields. */
export type Draft = {
  anyPort: boolean;
  port: string;
  body: string;
  rejected: string;
  localRate: string;
  tolerance: string;
  audience: string;
  issuer: string;
  watchJobs: boolean;
  grace: string;
};
export type DraftErrors = Partial<Record<"port" | "body" | "rejected" | "localRate" | "tolerance" | "grace", string>>;

export const LIMITS = { bodyMib: 100, rejectedKib: 102_400, localRate: 1_000_000, toleranceS: 86_400, graceMin: 1440 };
const USUAL_PORT = 4710;

export function draftOf(settings: Settings): Draft {
  return {
    anyPort: settings.port === null,
    port: String(settings.port ?? USUAL_PORT),
    body: String(settings.max_body_mib),
    rejected: String(settings.rejected_body_kib),
    localRate: String(settings.local_per_second),
    tolerance: String(settings.tolerance_s),
    audience: settings.audience ?? "",
    issuer: settings.issuer ?? "",
    watchJobs: settings.watch_jobs,
    grace: String(settings.grace_minutes),
  };
}

/** The settings to save, or what is wrong with each field. */
export function readDraft(draft: Draft, before: Settings): { settings: Settings } | { errors: DraftErrors } {
  const errors: DraftErrors = {};
  const port = draft.anyPort ? null : whole(draft.port, 1, 65_535);
  const body = whole(draft.body, 1, LIMITS.bodyMib);
  const rejected = whole(draft.rejected, 1, LIMITS.rejectedKib);
  const localRate = whole(draft.localRate, 0, LIMITS.localRate);
  const tolerance = whole(draft.tolerance, 1, LIMITS.toleranceS);
  const grace = whole(draft.grace, 0, LIMITS.graceMin);
  if (port === undefined) errors.port = "A port is a whole number from 1 to 65535.";
  if (body === undefined) errors.body = `A whole number from 1 to ${LIMITS.bodyMib}.`;
  if (rejected === undefined) errors.rejected = `A whole number from 1 to ${count(LIMITS.rejectedKib)}.`;
  if (localRate === undefined) errors.localRate = "A whole number from 0 to 1,000,000. 0: no limit.";
  if (tolerance === undefined) errors.tolerance = "Whole seconds, from 1 to 86,400.";
  if (grace === undefined) errors.grace = "Whole minutes, from 0 to 1,440.";
  if (
    port === undefined ||
    body === undefined ||
    rejected === undefined ||
    localRate === undefined ||
    tolerance === undefined ||
    grace === undefined
  )
    return { errors };
  return {
    settings: {
      ...before,
      port,
      max_body_mib: body,
      rejected_body_kib: rejected,
      local_per_second: localRate,
      tolerance_s: tolerance,
      audience: draft.audience.trim() || null,
      issuer: draft.issuer.trim() || null,
      watch_jobs: draft.watchJobs,
      grace_minutes: grace,
    },
  };
}

function whole(text: string, least: number, most: number): number | undefined {
  if (!/^\d{1,9}$/.test(text.trim())) return undefined;
  const value = Number(text.trim());
  return value >= least && value <= most ? value : undefined;
}
