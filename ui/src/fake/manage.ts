import type {
  Action,
  IpcError,
  NewSecret,
  PingResult,
  Place,
  Row,
  WebhookBoard,
  WebhookDraft,
  WebhookEdit,
  WebhookRepair,
  WebhookView,
} from "../ipc";
import { fakeActions, fakeHooks, fakePlaces, manyHooks, PUBLIC, sandboxHook, secret, seen, view } from "./hooks";
import { FakeProjects } from "./projects";
import { fakeRotation } from "./rotation";
import { row as makeRow } from "./rows";
import type { FakeWorld } from "./world";

const DAY = 86_400_000;
const refused = (code: string, message: string, detail: string | null = null): IpcError => ({ code, message, detail });
const GONE = refused(
  "not_found",
  "This webhook is no longer at the service. Refresh the list.",
  "Requested entity was not found.",
);
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The service with its webhooks and secrets in memory; the Sandbox's are those of its emulator. */
export abstract class FakeManage extends FakeProjects {
  abstract rows: Row[];
  abstract readonly world: FakeWorld;
  abstract copied: string[];
  abstract arrive(...rows: Row[]): void;

  readonly hooks = new Map<number, WebhookView[]>([
    [1, fakeHooks(Date.now())],
    [2, []],
  ]);
  readonly #refreshed = new Map<number, number>();
  #places = new Map<string, Place[]>(
    fakeHooks(0)
      .slice(0, 1)
      .map((hook) => [hook.id, fakePlaces(Date.now())]),
  );
  /** What the service refuses every reading with. */
  boardError: IpcError | null = null;
  /** How many times storing a secret goes wrong from now on. */
  vaultRefuses = 0;
  /** The next change is acted on, and its answer is lost. */
  loseAnswer = false;
  /** Nothing since the rotation needed an older secret. */
  safe = false;
  /** Webhooks that cannot be repaired. */
  unrepairable = new Set<string>();
  pingTakes = { arrives: 212, misses: 4000 };
  readonly #made = new Map<string, NewSecret>();
  actionList: Action[] = fakeActions(Date.now());

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

  #hook(project: number, id: string): WebhookView {
    const found = this.list(project).find((one) => one.id === id);
    if (!found) throw GONE;
    return found;
  }

  #set(project: number, id: string, change: Partial<WebhookView>): WebhookView {
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
    return this.#hook(project, id);
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

  protected note(what: string, target: string, detail: string, project: number | null = null, result = "done"): void {
    const name = this.state.projects.find((one) => one.id === project)?.name ?? null;
    this.actionList.push({
      id: this.actionList.length + 1,
      at_ms: Date.now(),
      who: "ada, window",
      project: name,
      what,
      target,
      result,
      detail,
    });
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
      const text = this.#newText();
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
      this.#lose("webhook.create", project);
      this.note("webhook.create", made.name ?? made.uri, `${draft.events.length} events.`, project);
      return { result: "created" as const, webhook: made, secret: this.#stored(text) };
    });

  #newText(): string {
    return `whsec_bm90LWEtcmVhbC1zZWNyZXQt${Math.random().toString(16).slice(2, 6).padEnd(4, "0")}`;
  }

  #lose(what: string, project: number): void {
    if (!this.loseAnswer) return;
    this.loseAnswer = false;
    this.note(what, "", "The connection was cut before the answer came.", project, "unknown");
    throw refused(
      "outcome_unknown",
      "The request was sent, and its answer never came: the service may have acted on it. Look at the list before trying again.",
      "connection closed before message completed",
    );
  }

  #stored(text: string): NewSecret {
    const problem =
      this.vaultRefuses > 0
        ? refused(
            "vault_failed",
            "The keychain refused to keep this secret. Copy it now: it can never be read again.",
            "org.freedesktop.Secret.Error.IsLocked",
          )
        : null;
    if (problem) this.vaultRefuses--;
    const made: NewSecret = {
      id: `k${text.slice(-4)}`,
      text,
      hint: `whsec_…${text.slice(-4)}`,
      stored_in: problem ? null : this.state.secret_store.kind,
      problem,
    };
    this.#made.set(made.id, made);
    return made;
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
      const hook = this.#set(project, id, change);
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
      const hook = this.#hook(project, id);
      if (this.project(project).sandbox) this.world.remove(id);
      else
        this.hooks.set(
          project,
          this.list(project).filter((one) => one.id !== id),
        );
      this.tellWebhooks(project);
      this.#lose("webhook.delete", project);
      this.note("webhook.delete", hook.name ?? hook.uri, "Gone for good.", project);
    });

  webhookPing = async (project: number, id: string): Promise<PingResult> => {
    const hook = await this.answer("webhookPing", () => this.#hook(project, id));
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
    if (!this.project(project).sandbox) this.#set(project, id, { last: delivery, last_hour: hook.last_hour + 1 });
    this.note("webhook.ping", hook.name ?? hook.uri, "Arrived in 212 ms, verified.", project);
    return { result: "arrived", after_ms: this.pingTakes.arrives, delivery };
  };

  webhooksRepair = (project: number, ids: string[]) =>
    this.answer("webhooksRepair", (): WebhookRepair[] =>
      ids.map((id) => {
        const { uri, repaired_uri } = this.#hook(project, id);
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
        this.#set(project, id, { uri: repaired_uri, place: "ours", repaired_uri: null });
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

  rotation = (project: number, id: string) =>
    this.answer("rotation", () => {
      const pending = this.rows
        .slice(-400)
        .filter((row) => row.status >= 300 && row.project === project)
        .slice(-4)
        .reverse();
      return fakeRotation(this.#hook(project, id), this.#places.get(id) ?? [], pending, Date.now(), this.safe);
    });

  webhookRotate = (project: number, id: string, immediately: boolean) =>
    this.answer("webhookRotate", () => {
      const hook = this.#hook(project, id);
      const now = Date.now();
      const text = this.#newText();
      const old = hook.secrets.map((one) =>
        one.state === "expired"
          ? one
          : {
              ...one,
              state: immediately ? ("expired" as const) : ("grace" as const),
              expires_ms: immediately ? now : Math.min(one.expires_ms ?? now + DAY, now + DAY),
            },
      );
      const secrets = [secret(`whsec_…${text.slice(-4)}`, "current", now, null, `k${text.slice(-4)}`), ...old];
      if (this.project(project).sandbox)
        this.world.setWebhook(id, {
          secrets: [
            ...(immediately
              ? []
              : this.world
                  .webhook(id)
                  .secrets.map((one) => ({ ...one, expires_ms: one.expires_ms ?? this.world.now + DAY }))),
            { hint: `whsec_...${text.slice(-4)}`, expires_ms: null },
          ],
        });
      else this.#set(project, id, { secrets });
      this.#places.set(
        id,
        (this.#places.get(id) ?? []).map((place) => ({ ...place, done: false, done_ms: null })),
      );
      this.#lose("webhook.rotate", project);
      this.note(
        immediately ? "webhook.rotate_now" : "webhook.rotate",
        hook.name ?? hook.uri,
        `whsec_…${text.slice(-4)} is current.`,
        project,
      );
      return { webhook: this.#hook(project, id), secret: this.#stored(text) };
    });

  secretStoreAgain = (id: string) =>
    this.answer("secretStoreAgain", () => {
      const made = this.#made.get(id);
      if (!made) throw refused("not_found", "This secret is no longer in memory.");
      return this.#stored(made.text);
    });
  secretLetGo = (id: string) => this.answer("secretLetGo", () => void this.#made.delete(id));
  secretDestroy = (id: string) =>
    this.answer("secretDestroy", () => {
      for (const [project, list] of this.hooks)
        this.hooks.set(
          project,
          list.map((hook) => ({
            ...hook,
            secrets: hook.secrets.map((one) => (one.key === id ? { ...one, available: false } : one)),
          })),
        );
      this.secretList = this.secretList.map((one) =>
        one.id === id ? { ...one, available: false, destroyed_ms: Date.now() } : one,
      );
      this.note("secret.destroy", id, "Its hint is kept.");
    });

  #placesOf(id: number): [string, Place[]] {
    const found = [...this.#places].find(([, list]) => list.some((place) => place.id === id));
    if (!found) throw refused("not_found", "This place is no longer there.");
    return found;
  }
  #nextPlace = 10;
  placeAdd = (_project: number, webhook: string, text: string) =>
    this.answer("placeAdd", () => {
      const list = [...(this.#places.get(webhook) ?? []), { id: this.#nextPlace++, text, done: false, done_ms: null }];
      this.#places.set(webhook, list);
      return list;
    });
  #changePlaces(id: number, change: (list: Place[]) => Place[]): Place[] {
    const [webhook, list] = this.#placesOf(id);
    const next = change(list);
    this.#places.set(webhook, next);
    return next;
  }
  placeTick = (id: number, done: boolean) =>
    this.answer("placeTick", () =>
      this.#changePlaces(id, (list) =>
        list.map((one) => (one.id === id ? { ...one, done, done_ms: done ? Date.now() : null } : one)),
      ),
    );
  placeRemove = (id: number) =>
    this.answer("placeRemove", () => this.#changePlaces(id, (list) => list.filter((one) => one.id !== id)));

  actions = (before: number | null, limit: number) =>
    this.answer("actions", () => {
      const from = this.actionList.filter((one) => before === null || one.id < before).reverse();
      const actions = from.slice(0, limit);
      return { actions, next_before: from.length > limit ? (actions.at(-1)?.id ?? null) : null };
    });
  actionsExport = () => this.answer("actionsExport", () => "/home/ada/Downloads/pollux-actions.ndjson");
  copySecret = (text: string) => this.answer("copySecret", () => void this.copied.push(text));
}
