import type {
  JobOutcome,
  SandboxAdvance,
  SandboxClock,
  SandboxDeliveries,
  SandboxJob,
  SandboxOverview,
  SandboxRun,
  SandboxSettings,
} from "./generated";

/** What the window asks of the Sandbox: the emulator in the same process. Times are those of the emulator's clock. */
export interface SandboxBackend {
  sandboxOverview(): Promise<SandboxOverview>;
  /** Answers the job's name. */
  sandboxRun(request: SandboxRun): Promise<string>;
  sandboxCancelJob(name: string): Promise<void>;
  /** Ends a job now, whatever was planned. */
  sandboxFinishJob(name: string, outcome: JobOutcome): Promise<SandboxJob>;
  sandboxClockSet(warp: number): Promise<SandboxClock>;
  sandboxClockAdvance(by: SandboxAdvance): Promise<SandboxClock>;
  sandboxSettings(): Promise<SandboxSettings>;
  /** A JSON merge patch. */
  sandboxSettingsSet(patch: unknown): Promise<SandboxSettings>;
  /** Newest first; at most 200. */
  sandboxDeliveries(before: number | null, limit: number): Promise<SandboxDeliveries>;
  /** The signed JSON text of a message. */
  sandboxDeliveryBody(id: string): Promise<string>;
  sandboxDeliveryRetry(id: string): Promise<void>;
  /** New keys for v1a: the JWKS changes. */
  sandboxKeysRotate(): Promise<void>;
  sandboxReset(): Promise<void>;
}
