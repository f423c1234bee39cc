import type {
  AnswerDiff,
  CheckPlan,
  CheckReport,
  FaultLab,
  FaultRule,
  ForwardOffer,
  ForwardRule,
  ForwardStart,
  ForwardView,
  Outbound,
  OutboundDetail,
  ReplayDraft,
  ReplayPlan,
  ReplayPreview,
  ReplayRun,
  Target,
  TargetDraft,
} from "./generated";

/** The other direction: replays, forwarding, the handler check, and the fault lab. */
export interface OutboundBackend {
  /** Named ones of this project and of none, then those remembered from their use, the latest first. */
  targets(project: number | null): Promise<Target[]>;
  targetSave(draft: TargetDraft): Promise<Target>;
  targetRemove(id: number): Promise<void>;
  /** The user agrees that deliveries leave this machine for this address. */
  targetConfirm(url: string): Promise<Target>;
  replayDraft(id: number): Promise<ReplayDraft>;
  replayPreview(plan: ReplayPlan): Promise<ReplayPreview>;
  /**
   * Rejects with `confirm_target` (its address in `detail`) where one of the targets is not on this machine and was
   * never agreed to.
   */
  replayStart(plan: ReplayPlan): Promise<ReplayRun>;
  replayStop(run: number): Promise<ReplayRun>;
  /** With its first 200 outbounds. */
  replayRun(run: number): Promise<ReplayRun>;
  /** What was sent on of a delivery, newest first, 200 at most. */
  outbounds(delivery: number): Promise<Outbound[]>;
  outbound(id: number): Promise<OutboundDetail>;
  outboundDiff(first: number, other: number): Promise<AnswerDiff>;
  forwards(): Promise<ForwardView[]>;
  forwardOffer(rule: ForwardRule): Promise<ForwardOffer>;
  /** `start`: only where it is switched on with it. Rejects like `replayStart`. */
  forwardSet(rule: ForwardRule, start: ForwardStart | null): Promise<ForwardView>;
  /** Drops what waits; answers how many that were. */
  forwardDrop(project: number): Promise<number>;
  /** Tries now, whatever the back-off. */
  forwardDrain(project: number): Promise<ForwardView>;
  faultLab(): Promise<FaultLab>;
  /** All rules, in the order in which they are tried. */
  faultLabSet(rules: FaultRule[]): Promise<FaultLab>;
  /** One check at a time. Rejects like `replayStart`. */
  checkStart(plan: CheckPlan): Promise<CheckReport>;
  checkStop(): Promise<CheckReport | null>;
  /** The one that runs, or the last one. */
  checkReport(): Promise<CheckReport | null>;
  /** Writes the report among the user's downloads; answers the file's path. */
  checkExport(format: "json" | "junit"): Promise<string>;
}
