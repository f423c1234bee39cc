import type { Backend, CompareSide, CompareWith, DropEvent, ListenerState, Row, SampleRequest, Settings } from "../ipc";
import { fakeAnswers, fakeComparison } from "./compare";
import type { CompareScene } from "./compare-planes";
import { fakeAttempts } from "./detail";
import { FakeList } from "./list";
import { refused } from "./refused";
import { row as makeRow } from "./rows";

/**
 * A back end in memory, with the rules of the real one: one view, ordinals that do not move, live messages once a
 * frame, "resync" on overflow. For tests, and for the window in a plain browser.
 */
export class FakeBackend extends FakeList implements Backend {
  copied: string[] = [];
  /** What the bodies of two attempts are; by themselves, a rejected one was written again on the way. */
  compareScene: CompareScene | null = null;

  compare = (a: CompareSide, b: CompareSide) =>
    this.answer("compare", () => {
      if ("outbound" in a && "outbound" in b) {
        const [one, two] = [this.kept(a.outbound), this.kept(b.outbound)];
        return fakeAnswers(one, two, this.#around(this.#known(two.outbound.delivery)));
      }
      if ("outbound" in a || "outbound" in b)
        throw refused("not_comparable", "A delivery can be compared with a delivery, and an answer with an answer.");
      const [one, two] = [this.#known(a.delivery), this.#known(b.delivery)];
      const scene = this.compareScene ?? (one.outcome === two.outcome ? "same" : "written");
      return fakeComparison(one, two, scene, this.#around(two));
    });

  compareWith = (id: number, how: CompareWith) =>
    this.answer("compareWith", (): CompareSide | null => {
      const row = this.#known(id);
      const { attempts, lastVerified } = this.#around(row);
      const other = how === "last_verified" ? lastVerified : attempts.filter((one) => one.id < id).at(-1)?.id;
      return other ? { delivery: other } : null;
    });

  /** A delivery of the list, or an earlier attempt of one. */
  #known(id: number): Row {
    const attempts = this.rows.flatMap((row) => (row.attempts > 1 ? fakeAttempts(row) : []));
    const row = attempts.findLast((one) => one.id === id) ?? this.row(id);
    if (!row) throw refused("not_found", "This delivery is no longer there.");
    return row;
  }

  #around(row: Row) {
    const event = this.rows.find((one) => one.message_id === row.message_id && one.attempts > 1) ?? row;
    const verified = this.rows.findLast(
      (one) => one.event_type === row.event_type && one.outcome === "verified" && one.message_id !== row.message_id,
    );
    const answers = this.sent.map((one) => one.outbound).filter((one) => one.delivery === row.id);
    return { attempts: fakeAttempts(event), lastVerified: verified?.id ?? null, answers: answers.reverse() };
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

  /** What is done when something is dropped on the window, for tests. */
  drop: (event: DropEvent) => void = () => undefined;
  dropped = (onDrop: (event: DropEvent) => void) => this.answer("dropped", () => void (this.drop = onDrop));

  copyText = (text: string) => this.answer("copyText", () => void this.copied.push(text));
}
