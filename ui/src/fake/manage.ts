import type {
  IpcError,
  PingResult,
  Row,
  WebhookBoard,
  WebhookDraft,
  WebhookEdit,
  WebhookRepair,
  WebhookView,
} from "../ipc";
import { FakeCustody } from "./custody";
import { fakeHooks, manyHooks, PUBLIC, sandboxHook, secret, seen, view } from "./hooks";
import { refused } from "./refused";
import { row as makeRow } from "./rows";
import type { FakeWorld } from "./world";

const GONE = refused(
  "not_found",
  "This webhook is no longer at the service. Refresh the list.",
  "Requested entity was not found.",
);
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The service with its webhooks and secrets in memory; the Sandbox's are those of its emulator. */
export abstract class FakeManage extends FakeCustody {
  abstract rows: Row[];
  abstract readonly world: FakeWorld;
  abstract arrive(...rows: Row[]): void;

  readonly hooks = new Map<number, WebhookView[]>([
    [1, fakeHooks(Date.now())],
    [2, []],
  ]);
  readonly #refreshed = new Map<number, number>();
  /** What the service refuses every reading with. */
  boardError: IpcError | null = null;
  /** The next change is acted on, and its answer is lost. */
  loseAnswer = false;
  /** Nothing since the rotation needed an older secret. */
  safe = false;
  /** Webhooks that cannot be repaired. */
  unrepairable = new Set<string>();
  pingTakes = { arrives: 212, misses: 4000 };

  /** `none|error|many|nokey|grace|unstored`; otherwise as in the drawing, where it is not yet safe to revoke. */
  webhookScene(scene: string | null): void {
    if (scene === "none") this.hooks.set(1, []);
    if (scene === "many") this.hooks.set(1, manyHooks(Date.now()));
    if (scene === "error") {
      this.#refreshed.set(1, Date.now() - 185_000);
      this.boardError = refused(
        "service_rate_limited",
        "The service takes no more requests at the moment. Wait a minute; Pollux asks again by itself.",
        "Resource has been exhausted (e.g. check quota).",
      );
    }
    if (scene === "nokey")
      this.state.projects = this.state.projects.map((one) => (one.sandbox ? one : { ...one, api_key: null }));
    if (scene === "grace") this.safe = true;
    if (scene === "unstored") this.vaultRefuses = 3;
  }

  list(project: number): WebhookView[] {
    const { receiver, webhooks, now } = this.world;
    return this.project(project).sandbox
      ? webhooks.map((hook) => sandboxHook(hook, receiver, now, Date.now()))
      : (this.hooks.get(project) ?? []);
  }

  protected hook(project: number, id: string): WebhookView {
    const found = this.list(project).find((one) => one.id === id);
    if (!found) throw GONE;
    return found;
  }

  protected set(project: number, id: string, change: Partial<WebhookView>): WebhookView {
    const { sandbox } = this.project(project);
    if (sandbox) {
      const { name, uri, state, events } = change;
      this.world.setWebhook(
        id,
        Object.fromEntries(
          Object.entries({ name, uri, state, subscribed_events: events?.map((one) => one.name) }).filter(
            ([, value]) => value !== undefined,
          ),
        ),
      );
    } else
      this.hooks.set(
        project,
        this.list(project).map((one) => (one.id === id ? { ...one, ...change } : one)),
      );
    this.tellWebhooks(project);
    return this.hook(project, id);
  }

  alarms(project: number) {
    const list = this.list(project);
    return {
      project,
      disabled: list.filter((one) => one.state === "disabled_due_to_failed_deliveries").length,
      earlier: list.filter((one) => one.place === "earlier").length,
    };
  }

  tellWebhooks(project: number): void {
    this.#refreshed.set(project, Date.now());
    this.tell({ kind: "webhooks", alarms: this.alarms(project) });
  }

  #board(project: number): WebhookBoard {
    const { sandbox, path, api_key } = this.project(project);
    const base = this.state.settings.public_address;
    const receiver = sandbox ? this.world.receiver : `${base ?? "http://127.0.0.1:4710/"}${path}`;
    const error =
      api_key === null
        ? refused("no_api_key", "This project has no API key, so its webhooks cannot be managed. Add it.")
        : sandbox
          ? null
          : this.boardError;
    return {
      project,
      webhooks: api_key === null ? [] : this.list(project),
      refreshed_ms: this.#refreshed.get(project) ?? null,
      error,
      receiver,
      receiver_public: !sandbox && base !== null,
    };
  }

  webhooks = (project: number) =>
    this.answer("webhooks", () => {
      if (
        !this.#refreshed.has(project) &&
        this.project(project).api_key &&
        (this.boardError === null || this.project(project).sandbox)
      )
        this.#refreshed.set(project, Date.now());
      return this.#board(project);
    });

  webhooksRefresh = (project: number) =>
    this.answer("webhooksRefresh", () => {
      const board = this.#board(project);
      if (board.error === null) this.#refreshed.set(project, Date.now());
      return this.#board(project);
    });

  webhookCreate = (project: number, draft: WebhookDraft, lookFirst: boolean) =>
    this.answer("webhookCreate", () => {
      const { sandbox } = this.project(project);
      const same = this.list(project).filter((one) => one.uri === draft.uri && one.name === draft.name);
      if (lookFirst && same.length) return { result: "found" as const, webhooks: same };
      if (!(sandbox ? /^https?:\/\/./ : /^https:\/\/./).test(draft.uri))
        throw refused("service_refused", "The service refused this webhook.", "uri must be an absolute https address.");
      const text = this.newText();
      const tail = text.slice(-4);
      let made: WebhookView;
      if (sandbox)
        made = sandboxHook(
          this.world.create(draft.name, draft.uri, draft.events),
          this.world.receiver,
          this.world.now,
          Date.now(),
        );
      else {
        const id = Array.from({ length: 36 }, () => Math.floor(Math.random() * 36).toString(36)).join("");
        const events = draft.events.map((name) => ({
          name,
          known: this.state.event_types.some((type) => type.name === name),
        }));
        made = view(id, draft.uri, {
          name: draft.name,
          events,
          secrets: [secret(`whsec_…${tail}`, "current", Date.now(), null, `k${tail}`)],
          place: draft.uri.startsWith(PUBLIC) ? "ours" : "elsewhere",
        });
        this.hooks.set(project, [...this.list(project), made]);
      }
      this.tellWebhooks(project);
      this.lose("webhook.create", project);
      this.note("webhook.create", made.name ?? made.uri, `${draft.events.length} events.`, project);
      return { result: "created" as const, webhook: made, secret: this.stored(text) };
    });

  protected lose(what: string, project: number): void {
    if (!this.loseAnswer) return;
    this.loseAnswer = false;
    this.note(what, "", "The connection was cut before the answer came.", project, "unknown");
    throw refused(
      "outcome_unknown",
      "The request was sent, and its answer never came: the service may have acted on it. Look at the list before trying again.",
      "connection closed before message completed",
    );
  }

  webhookUpdate = (project: number, id: string, edit: WebhookEdit) =>
    this.answer("webhookUpdate", () => {
      const change: Partial<WebhookView> = {};
      if (edit.name !== null) change.name = edit.name || null;
      if (edit.uri !== null)
        Object.assign(change, {
          uri: edit.uri,
          place: edit.uri.startsWith(PUBLIC) ? "ours" : "elsewhere",
          repaired_uri: null,
        });
      if (edit.events !== null)
        change.events = edit.events.map((name) => ({
          name,
          known: this.state.event_types.some((type) => type.name === name),
        }));
      if (edit.state !== null) change.state = edit.state;
      const hook = this.set(project, id, change);
      this.note(
        edit.state === "enabled" ? "webhook.enable" : edit.state === "disabled" ? "webhook.disable" : "webhook.update",
        hook.name ?? hook.uri,
        `Changed: ${Object.keys(change).join(", ")}.`,
        project,
      );
      return hook;
    });

  webhookDelete = (project: number, id: string) =>
    this.answer("webhookDelete", () => {
      const hook = this.hook(project, id);
      if (this.project(project).sandbox) this.world.remove(id);
      else
        this.hooks.set(
          project,
          this.list(project).filter((one) => one.id !== id),
        );
      this.tellWebhooks(project);
      this.lose("webhook.delete", project);
      this.note("webhook.delete", hook.name ?? hook.uri, "Gone for good.", project);
    });

  webhookPing = async (project: number, id: string): Promise<PingResult> => {
    const hook = await this.answer("webhookPing", () => this.hook(project, id));
    const cause = hook.state !== "enabled" ? "webhook_disabled" : hook.place !== "ours" ? "not_ours" : null;
    await wait(cause ? this.pingTakes.misses : this.pingTakes.arrives);
    if (cause) {
      this.note("webhook.ping", hook.name ?? hook.uri, "Not arrived.", project, "failed");
      return {
        result: "missing",
        waited_ms: 30_000,
        cause,
        message:
          cause === "not_ours"
            ? "Its uri is not an address of this Pollux, so the ping went elsewhere. Edit the uri, or look there."
            : "The webhook is disabled: the service answers 200 and sends nothing. Enable it and ping again.",
      };
    }
    const id2 = (this.rows.at(-1)?.id ?? 0) + 1;
    this.arrive(
      makeRow(id2, Date.now(), {
        outcome: "verified",
        event_type: "ping",
        known_type: false,
        ping: "asked",
        project,
        scheme: "v1",
      }),
    );
    const delivery = seen(id2, Date.now());
    if (!this.project(project).sandbox) this.set(project, id, { last: delivery, last_hour: hook.last_hour + 1 });
    this.note("webhook.ping", hook.name ?? hook.uri, "Arrived in 212 ms, verified.", project);
    return { result: "arrived", after_ms: this.pingTakes.arrives, delivery };
  };

  webhooksRepair = (project: number, ids: string[]) =>
    this.answer("webhooksRepair", (): WebhookRepair[] =>
      ids.map((id) => {
        const { uri, repaired_uri } = this.hook(project, id);
        if (repaired_uri === null || this.unrepairable.has(id))
          return {
            id,
            uri,
            error: refused(
              "service_failed",
              "The service could not change it. Try again later.",
              "Internal error encountered.",
            ),
          };
        this.set(project, id, { uri: repaired_uri, place: "ours", repaired_uri: null });
        this.note("webhook.repair", id, `${uri} → ${repaired_uri}`, project);
        return { id, uri: repaired_uri, error: null };
      }),
    );

  webhookFailures = (project: number, _id: string) =>
    this.answer("webhookFailures", () =>
      this.rows
        .slice(-600)
        .filter((row) => row.status >= 300 && (row.project === project || project === 1))
        .reverse()
        .slice(0, 20),
    );
}
