import type { Backend, Live, Outbound, ReplayPlan, ReplayRun } from "../ipc";
import { asIpcError } from "../lib/errors";
import { plainPlan, resultWords } from "../lib/replay";
import type { About } from "./about.svelte";
import type { Deliveries } from "./deliveries.svelte";
import type { DetailState } from "./detail.svelte";
import type { LastAddresses } from "./last-addresses.svelte";
import { Leaving } from "./leaving.svelte";
import type { Navigation } from "./navigation";
import type { Projects } from "./projects.svelte";
import { ReplayEditor, type Started, type EditorCalls } from "./replay-editor.svelte";
import { Runs, type RunCalls, type Watch } from "./runs.svelte";
import { Selection, type SelectionCalls } from "./selection.svelte";
import { Answers, Sent, type SentCalls } from "./sent.svelte";
import { Targets, type TargetCalls } from "./targets.svelte";
import type { Toasts } from "./toasts.svelte";

/** What it asks of the back end. */
type ReplayCalls = Pick<Backend, "replayStart"> & TargetCalls & RunCalls & SentCalls & SelectionCalls & EditorCalls;

/** What the state needs to know of the window around it. */
export type ReplayAround = {
  list: Deliveries;
  detail: DetailState;
  about: Pick<About, "twists">;
  navigation: Pick<Navigation, "reveal">;
  projects: Pick<Projects, "chosenId">;
  lastAddresses: LastAddresses;
};
/** An address is asked for: to send these deliveries there, or only to have it among the targets. */
export type AddressAsked = { ids: readonly number[]; project: number };

/** Deliveries sent on by hand. */
export class Replay {
  asking = $state.raw<AddressAsked | null>(null);
  /** What is being started: for whoever is asked whether it may leave this machine. */
  starting = $state.raw<ReplayPlan | null>(null);
  /** A replay with one key is being started. */
  busy = $state(false);
  readonly targets: Targets;
  readonly runs: Runs;
  readonly sent: Sent;
  readonly answers: Answers;
  readonly selection: Selection;
  readonly editor: ReplayEditor;
  readonly leaving: Leaving;
  readonly #backend: ReplayCalls;
  readonly #toasts: Toasts;
  readonly #around: ReplayAround;

  constructor(backend: ReplayCalls, toasts: Toasts, around: ReplayAround) {
    this.#backend = backend;
    this.#toasts = toasts;
    this.#around = around;
    this.targets = new Targets(backend, toasts);
    this.runs = new Runs(backend, toasts, (run, shown) => this.#ended(run, shown));
    this.leaving = new Leaving(this.targets);
    this.sent = new Sent(backend);
    this.answers = new Answers(backend);
    this.selection = new Selection(backend, toasts, around.list);
    this.editor = new ReplayEditor(backend, {
      start: (plan, watch) => this.start(plan, watch),
      twists: () => around.about.twists,
      failed: (thrown) => toasts.failed(thrown),
    });
  }

  /** What concerns it of what the back end tells. */
  live(message: Live): void {
    if (message.kind === "replay") this.runs.apply(message.run);
    else if (message.kind === "forward" && message.forward.last?.delivery === this.sent.of) void this.sent.refresh();
  }

  /** The delivery that is chosen in the list, or open where the list does not hold it. */
  get #active(): { id: number; project: number } | null {
    const { list, detail } = this.#around;
    const row = list.activeIndex < 0 ? detail.detail?.row : list.rowAt(list.activeIndex);
    return row ? { id: row.id, project: row.project } : null;
  }

  /** What a replay is about now: the marked deliveries, or the chosen one. */
  get subject(): AddressAsked | null {
    const active = this.#active;
    const { selection } = this;
    if (selection.size > 0)
      return { ids: selection.inOrder, project: active?.project ?? this.#around.projects.chosenId ?? 0 };
    return active && { ids: [active.id], project: active.project };
  }

  /** Sends it to the current target as received, at once. */
  async now(subject: AddressAsked | null = this.subject): Promise<void> {
    if (subject === null || this.busy) return;
    this.busy = true;
    try {
      if (!this.targets.loaded) await this.targets.load();
      const urls = this.targets.current(subject.project);
      if (urls.length === 0) this.asking = subject;
      else this.#told(await this.start(plainPlan(subject.ids, urls)));
    } finally {
      this.busy = false;
    }
  }

  /** Opens it for editing. */
  async edit(subject: AddressAsked | null = this.subject): Promise<void> {
    if (subject === null) return;
    if (!this.targets.loaded) await this.targets.load();
    await this.editor.open(subject.ids, subject.project, this.targets.current(subject.project));
  }

  /** The address that was asked for. Throws what is wrong with it: the dialog shows it beside its field. */
  async give(text: string): Promise<void> {
    const asked = this.asking;
    if (!asked) return;
    const target = await this.targets.save({ id: null, project: null, name: null, url: text, any_certificate: false });
    this.asking = null;
    if (asked.ids.length > 0) {
      this.targets.choose(asked.project, [target.url]);
      this.#told(await this.start(plainPlan(asked.ids, [target.url])));
    } else if (this.editor.fields)
      this.editor.set({ targets: [...new Set([...this.editor.fields.targets, target.url])] });
    else this.targets.choose(asked.project, [...new Set([...this.targets.current(asked.project), target.url])]);
  }

  /** The same request once more. Where what was changed is not remembered any more, it is asked for. */
  async again(outbound: Outbound, project: number): Promise<void> {
    const plan =
      outbound.changes.length === 0 ? plainPlan([outbound.delivery], [outbound.url]) : this.runs.planOf(outbound.id);
    if (plan)
      this.#told(
        await this.start({
          ...plan,
          deliveries: [outbound.delivery],
          targets: [outbound.url],
          times: 1,
          delay_ms: 0,
          concurrency: 1,
        }),
      );
    else {
      await this.editor.open([outbound.delivery], project, [outbound.url]);
      this.#toasts.info("The changes made then are no longer known: set them here again.");
    }
  }

  #told(started: Started): void {
    if (typeof started === "object") this.#toasts.failed(started);
  }

  /** Starts a run; asks before anything leaves this machine for the first time. */
  async start(plan: ReplayPlan, watch: Watch | null = null): Promise<Started> {
    this.starting = plan;
    const release = watch === null ? null : this.runs.hold();
    try {
      const sent = await this.leaving.run(() => this.#backend.replayStart(plan));
      if (!sent.done) return "cancelled";
      this.#around.lastAddresses.replayed = plan.targets;
      this.runs.begin(sent.value, plan, watch);
      const active = this.#active;
      if (active && plan.deliveries.includes(active.id)) this.targets.choose(active.project, plan.targets);
      return "started";
    } catch (thrown) {
      return asIpcError(thrown);
    } finally {
      release?.();
    }
  }

  /** One request is told in a line, with the way to it; the others stand in their card. */
  #ended(run: ReplayRun, shown: boolean): void {
    void this.sent.refresh();
    const [outbound] = run.outbounds;
    if (shown || run.total !== 1 || !outbound) return;
    this.runs.dismiss(run.run);
    const said = resultWords(outbound, this.targets.list);
    this.#toasts.show(said.level, said.text, {
      detail: said.detail,
      button: { label: "Show", run: () => void this.#show(outbound) },
    });
  }

  async #show(outbound: Outbound): Promise<void> {
    await this.#around.navigation.reveal(outbound.delivery);
    this.#around.detail.tab = "replays";
    await this.sent.reveal(outbound.delivery, outbound.id);
  }
}
