import type {
  AppState,
  Backend,
  Filter,
  IpcError,
  JobOutcome,
  ListenerState,
  Live,
  Row,
  SampleRequest,
  SandboxAdvance,
  SandboxDelivery,
  SandboxRun,
  SecretView,
  Settings,
  TunnelProvider,
  VerifiedAgain,
} from "../ipc";
import { fakeSecrets, fakeState } from "./catalog";
import { fakeBody, fakeDetail } from "./detail";
import { FakeHandler } from "./handler";
import { matches } from "./matches";
import { fakeRow, row as makeRow } from "./rows";
import { dressSandbox } from "./scene";
import { FakeTurnedAway } from "./turned-away";
import { FakeWorld } from "./world";

const PAGE = 200;
const OVERFLOW = 2000;

/** RFC 7396, as the emulator reads a patch: what a patch does not name stays. */
function merged<T>(target: T, patch: unknown): T {
  if (typeof patch !== "object" || patch === null) return patch as T;
  return Object.entries(patch).reduce(
    (into, [name, value]) => ({ ...into, [name]: merged((into as Record<string, unknown>)[name], value) }),
    target,
  );
}

/**
 * A back end in memory, with the rules of the real one: one view, ordinals from the oldest, live messages once a frame, "resync" on
 * overflow. For tests, and for the window in a plain browser.
 */
export class FakeBackend extends FakeHandler implements Backend {
  state: AppState = fakeState();
  rows: Row[] = [];
  secretList: SecretView[] = fakeSecrets(Date.now());
  copied: string[] = [];
  /** Calls that were made, for tests. */
  calls: string[] = [];
  /** When set, the named command rejects with it. */
  failures = new Map<keyof Backend, IpcError>();
  /** ms that every answer takes; 0: the next microtask. */
  delay = 0;
  readonly world = new FakeWorld(
    (delivery, broken) => this.#received(delivery, broken),
    () => this.tell({ kind: "sandbox" }),
  );
  readonly turned = new FakeTurnedAway();
  #view: { number: number; filter: Filter; ids: number[] } | null = null;
  #nextView = 1;
  #sink: ((message: Live) => void) | null = null;
  #pending: Row[] = [];
  #timer: ReturnType<typeof setTimeout> | null = null;
  #removed = new Map<string, SecretView>();

  /** Deliveries arrive. They are told at the next frame. */
  arrive(...rows: Row[]): void {
    this.rows.push(...rows);
    this.#pending.push(...rows);
    this.handled(rows);
    this.#timer ??= setTimeout(() => this.flush(), 16);
  }

  flush(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const arrived = this.#pending;
    this.#pending = [];
    const view = this.#view;
    if (!view || arrived.length === 0) return;
    const newest = view.ids.at(-1) ?? 0;
    const added = arrived.filter((row) => row.id > newest && matches(view.filter, row));
    for (const row of added) view.ids.push(row.id);
    if (added.length > OVERFLOW) this.tell({ kind: "resync", view: view.number });
    else this.tell({ kind: "rows", view: view.number, added, matched: view.ids.length, total: this.rows.length });
    this.tellCounts();
  }

  tell(message: Live): void {
    this.#sink?.(structuredClone(message));
  }

  /** The counts are another. */
  tellCounts(): void {
    this.tell({ kind: "counts", counts: this.#counts() });
  }

  change(row: Row): void {
    const at = this.rows.findIndex((r) => r.id === row.id);
    if (at >= 0) this.rows[at] = row;
    this.tell({ kind: "changed", rows: [row] });
  }

  protected async answer<T>(command: keyof Backend, value: () => T): Promise<T> {
    this.calls.push(command);
    // Like the real one, the work is done when the call comes, and the answer travels.
    const failure = this.failures.get(command) ?? this.notStarted(command);
    const result = failure ? null : value();
    await (this.delay ? new Promise((resolve) => setTimeout(resolve, this.delay)) : Promise.resolve());
    if (failure) throw failure;
    return structuredClone(result) as T;
  }

  #counts() {
    return {
      ...this.state.counts,
      turned_away: this.turned.total,
      total: this.rows.length,
      kept_bytes: this.rows.length * 2100,
      per_minute: this.rows.length ? 18 : 0,
    };
  }

  appState = () =>
    this.answer("appState", () => ({
      ...this.state,
      counts: this.#counts(),
      alarms: this.state.projects.map((one) => this.alarms(one.id)),
    }));

  live = (onMessage: (message: Live) => void) =>
    this.answer("live", () => {
      this.#sink = onMessage;
    });

  viewOpen = (filter: Filter) =>
    this.answer("viewOpen", () => {
      const found = this.rows.filter((row) => matches(filter, row));
      this.#view = { number: this.#nextView++, filter, ids: found.map((row) => row.id) };
      return {
        view: this.#view.number,
        matched: found.length,
        total: this.rows.length,
        took_us: 600 + found.length / 20,
        rows: found.slice(-PAGE),
      };
    });

  viewRows = (view: number, start: number, count: number) =>
    this.answer("viewRows", () => {
      if (this.#view?.number !== view)
        throw { code: "not_found", message: "This view is no longer there.", detail: null };
      return this.#view.ids.slice(start, start + Math.min(count, PAGE)).flatMap((id) => this.#row(id) ?? []);
    });

  viewFind = (view: number, id: number) =>
    this.answer("viewFind", () => {
      const at = this.#view?.number === view ? this.#view.ids.indexOf(id) : -1;
      return at < 0 ? null : at;
    });

  delivery = (id: number) =>
    this.answer("delivery", () => {
      const row = this.#row(id);
      if (!row) throw { code: "not_found", message: "This delivery is no longer there.", detail: null };
      return fakeDetail(row, this.#attempts(row), fakeBody(row));
    });

  deliveryBody = (id: number, _decoded: boolean) =>
    this.answer("deliveryBody", () => {
      const row = this.#row(id);
      return (row ? fakeBody(row) : new Uint8Array()).slice().buffer;
    });

  verifyAgain = (ids: readonly number[]) =>
    this.answer("verifyAgain", () =>
      this.#judgeAgain(
        this.rows.filter((row) => ids.includes(row.id)),
        ids.length,
      ),
    );

  /** A key verifies what was unchecked and has headers; the rest stays. */
  #judgeAgain(rows: readonly Row[], asked: number): VerifiedAgain {
    const doubtful = rows.filter((row) => row.outcome !== "verified");
    const partial = doubtful.filter((row) => row.truncated).length;
    const matched = doubtful.filter((row) => row.outcome === "unchecked" && row.message_id !== null && !row.truncated);
    for (const row of matched)
      this.change({ ...row, outcome: "verified", reason: "valid", cause: "", judged_ms: Date.now() });
    return {
      looked: doubtful.length,
      verified: matched.length,
      rejected: doubtful.length - partial - matched.length,
      partial,
      skipped: asked - doubtful.length,
    };
  }

  sampleSend = (request: SampleRequest) =>
    this.answer("sampleSend", () => {
      const id = (this.rows.at(-1)?.id ?? 0) + 1;
      const broken = this.state.broken_kinds.find((kind) => kind.id === request.broken);
      const row = makeRow(id, Date.now(), {
        outcome: broken ? "rejected" : "verified",
        event_type: request.event_type,
        scheme: request.scheme,
        sandbox: true,
        project: 3,
        pointer: "files/sample-1",
        reason: broken?.reason ?? "verified",
        cause: broken ? "no match" : "",
        status: broken ? 401 : 200,
      });
      this.arrive(row);
      return { message_id: row.message_id ?? "", status: row.status, took_us: 2100 };
    });

  secrets = () => this.answer("secrets", () => this.secretList);

  secretAdd = (project: number, label: string, text: string) =>
    this.answer("secretAdd", () => {
      if (!text.startsWith("whsec_"))
        throw {
          code: "wrong_secret_prefix",
          message: "A secret starts with whsec_ and goes on in base64; this text does not.",
          detail: null,
        };
      const secret: SecretView = {
        id: `s${Date.now()}`,
        project,
        label,
        hint: `whsec_…${text.slice(-4)}`,
        added_ms: Date.now(),
        stored_in: "keychain",
        builtin: false,
        warnings: [],
        key_state: { state: "current" },
        available: true,
        webhook: null,
        destroyed_ms: null,
      };
      this.secretList = [...this.secretList, secret];
      const own = this.rows.filter((row) => row.project === project && row.outcome !== "verified");
      setTimeout(
        () =>
          this.tell({
            kind: "verify_again",
            run: { project, of: own.length, done: true, given: true, sum: this.#judgeAgain(own, own.length) },
          }),
        this.delay,
      );
      return secret;
    });

  secretRemove = (id: string) =>
    this.answer("secretRemove", () => {
      const secret = this.secretList.find((s) => s.id === id);
      if (secret) this.#removed.set(id, secret);
      this.secretList = this.secretList.filter((s) => s.id !== id);
    });

  secretRestore = (id: string) =>
    this.answer("secretRestore", () => {
      const secret = this.#removed.get(id);
      if (!secret) throw { code: "not_found", message: "This secret is no longer there.", detail: null };
      this.secretList = [...this.secretList, secret];
      return secret;
    });

  secretReveal = (id: string) => this.answer("secretReveal", () => `whsec_example-of-${id}`);

  settingsSet = (settings: Settings) =>
    this.answer("settingsSet", () => {
      const before = this.state.settings.tunnel;
      this.state.settings = structuredClone(settings);
      this.tunnelFollows(before);
      return settings;
    });

  listenerStart = (port: number | null) =>
    this.answer("listenerStart", () => {
      const used = port ?? 40_123;
      const listener: ListenerState = { state: "listening", address: `http://127.0.0.1:${used}/`, port: used };
      this.state.listener = listener;
      return listener;
    });

  turnedAway = (limit: number) => this.answer("turnedAway", () => this.turned.view(limit));

  sandboxOverview = () => this.answer("sandboxOverview", () => this.world.overview());
  sandboxRun = (request: SandboxRun) => this.answer("sandboxRun", () => this.world.run(request));
  sandboxCancelJob = (name: string) =>
    this.answer("sandboxCancelJob", () => void this.world.end(name, "cancel", undefined, true));
  sandboxFinishJob = (name: string, outcome: JobOutcome) =>
    this.answer("sandboxFinishJob", () => this.world.end(name, outcome, undefined, true));
  sandboxClockSet = (warp: number) => this.answer("sandboxClockSet", () => this.world.setWarp(warp));
  sandboxClockAdvance = (by: SandboxAdvance) => this.answer("sandboxClockAdvance", () => this.world.advance(by));
  sandboxSettings = () => this.answer("sandboxSettings", () => this.world.settings);
  sandboxSettingsSet = (patch: unknown) =>
    this.answer("sandboxSettingsSet", () => (this.world.settings = merged(this.world.settings, patch)));
  sandboxDeliveries = (before: number | null, limit: number) =>
    this.answer("sandboxDeliveries", () => this.world.page(before, limit));
  sandboxDeliveryBody = (id: string) =>
    this.answer("sandboxDeliveryBody", () => {
      const found = this.world.log.find((one) => one.id === id);
      if (!found) throw { code: "not_found", message: "This delivery is no longer there.", detail: null };
      return JSON.stringify({
        type: found.event_type,
        version: "v1",
        timestamp: new Date(found.created_ms).toISOString(),
        data: { id: found.job ?? found.webhook },
      });
    });
  sandboxDeliveryRetry = (id: string) => this.answer("sandboxDeliveryRetry", () => this.world.retry(id));
  sandboxKeysRotate = () => this.answer("sandboxKeysRotate", () => undefined);
  sandboxReset = () => this.answer("sandboxReset", () => this.world.reset());

  copyText = (text: string) => this.answer("copyText", () => void this.copied.push(text));

  #received(delivery: SandboxDelivery, broken: boolean): { id: number; status: number } {
    const id = (this.rows.at(-1)?.id ?? 0) + 1;
    const row = makeRow(id, Date.now(), {
      outcome: broken ? "rejected" : "verified",
      event_type: delivery.event_type,
      scheme: delivery.scheme as Row["scheme"],
      sandbox: true,
      project: 3,
      pointer: delivery.job,
      message_id: delivery.id,
      attempt: delivery.attempts.length + 1,
      attempts: delivery.attempts.length + 1,
      reason: broken ? "no_matching_signature" : "verified",
      cause: broken ? "re-serialised" : "",
      status: broken ? 401 : 200,
      known_type: delivery.event_type !== this.world.settings.payload.ping_type,
      ping: delivery.event_type === this.world.settings.payload.ping_type ? "type" : null,
    });
    this.arrive(row);
    return { id, status: row.status };
  }

  #row(id: number): Row | undefined {
    const at = this.rows[id - 1];
    return at?.id === id ? at : this.rows.find((row) => row.id === id);
  }

  #attempts(row: Row): Row[] {
    return Array.from({ length: row.attempts }, (_, i) =>
      i === row.attempts - 1
        ? row
        : {
            ...row,
            id: row.id - (row.attempts - 1 - i) * 12,
            attempt: i + 1,
            received_ms: row.received_ms - (row.attempts - 1 - i) ** 2 * 290_000,
            outcome: "rejected" as const,
            cause: "no match",
            status: 401,
            duplicate: false,
          },
    );
  }
}

/** `?rows=100418&sandbox=busy&webhooks=many&rate=5&listener=failed&store=file&theme=light&tunnel=reconnecting&provider=own&replay=slow&forward=down&check=done&faults=on&start=newer&disk=full&part=on&turned=some`: what the window is to be shown with. */
export function fakeFromAddress(address: URL): FakeBackend {
  const fake = new FakeBackend();
  const query = address.searchParams;
  const rows = Number(query.get("rows") ?? 100_418);
  const now = Date.now();
  for (let id = 1; id <= rows; id++) fake.rows.push(fakeRow(id, now - (rows - id) ** 1.15 * 9000 - 400, now));
  if (query.get("listener") === "failed")
    fake.state.listener = {
      state: "failed",
      code: "port_in_use",
      message: "Another program listens there already. Stop it, or let Pollux use another port.",
      port: 4710,
      next_free: 4711,
    };
  if (query.get("store") === "file")
    fake.state.secret_store = {
      kind: "file",
      note: "This session has no keychain, so secrets are kept in a file that only you can read.",
    };
  const theme = query.get("theme");
  if (theme === "light" || theme === "dark") fake.state.settings.theme = theme;
  const scene = query.get("sandbox") ?? "busy";
  if (scene === "gone")
    fake.failures.set("sandboxOverview", {
      code: "no_sandbox",
      message: "The Sandbox does not run, because no port on this computer could be opened for it.",
      detail: "Address already in use (os error 98)",
    });
  else if (scene !== "empty") dressSandbox(fake.world);
  fake.webhookScene(query.get("webhooks"));
  fake.startScene(query.get("start"));
  fake.tunnelScene(query.get("tunnel") ?? "online", query.get("provider") as TunnelProvider | null);
  fake.replayScene(query.get("replay"));
  fake.handlerScene(query.get("forward"), query.get("check"), query.get("faults"));
  if (query.get("disk") === "full")
    fake.state.disk = {
      free: 843_055_104,
      reserve: 1_073_741_824,
      folder: "/home/ada/.local/share/dev.pollux.inspector",
    };
  if (query.get("part") === "on")
    fake.rows.push(
      makeRow(rows + 1, now, {
        outcome: "rejected",
        reason: "no_matching_signature",
        cause: "no match",
        status: 401,
        warnings: 1,
        body_len: 1_048_576,
        truncated: true,
      }),
    );
  fake.turned.scene(query.get("turned"));
  const rate = Number(query.get("rate") ?? 0);
  if (rate > 0)
    setInterval(() => fake.arrive(fakeRow((fake.rows.at(-1)?.id ?? 0) + 1, Date.now(), Date.now())), 1000 / rate);
  return fake;
}
