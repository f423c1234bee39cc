import type { BatchPreview, JobMetadata, ResultSave, ResultSource, ResultView, RowFilter } from "../ipc";
import { bareJob } from "./job-detail";
import { refused } from "./refused";
import { FOUND, type FakeFound } from "./result-found";
import { FakeLines } from "./result-lines";
import { picture, plainText, someJson } from "./result-media";
import { FakeSecrets } from "./secrets";

const HOUR = 3_600_000;
const ROWS_AT_MOST = 200;
const STEPS = 4;

type Held = { view: ResultView; found: FakeFound; lines: FakeLines | null; source: ResultSource; read: number };

/** Results that are opened, in memory: they come in a few steps, one every `resultTakes` ms. */
export abstract class FakeResults extends FakeSecrets {
  /** Between two steps of fetching. */
  resultTakes = 120;
  /** What is found, by a part of the name; the first that fits counts. */
  found: [part: string, scene: keyof typeof FOUND][] = [
    ["p3n8", "video"],
    ["v7k2", "video"],
    ["a91k", "text"],
    ["interactions/", "interaction"],
    ["v1_", "interaction"],
    ["int_", "interaction"],
  ];
  /** What the user chooses to save to; null: nothing. */
  saveChosen: string | null | undefined = undefined;
  resubmitted: { title: string; receivers: readonly string[] | null; metadata: readonly JobMetadata[] }[] = [];
  readonly #held = new Map<number, Held>();
  #nextResult = 1;

  /** Opens what a scene has, by its name. */
  scene(name: string): FakeFound {
    return FOUND[name] ?? { kind: "binary", bytes: 1 };
  }

  #find(name: string): FakeFound {
    const scene = this.found.find(([part]) => name.includes(part))?.[1];
    return this.scene(scene ?? (name in FOUND ? name : "rows"));
  }

  #nameOf(source: ResultSource): { name: string; project: number | null } {
    if (source.of === "job") return { name: source.name, project: source.project };
    if (source.of === "name") return { name: source.text, project: source.project };
    if (source.of === "file") return { name: source.path, project: null };
    const row = this.rows.find((one) => one.id === source.delivery);
    if (!row) throw refused("not_found", "This delivery is no longer there.");
    if (row.outcome !== "verified" && !source.confirmed)
      throw { ...refused("not_found", "This delivery is not verified."), code: "not_verified" };
    return { name: source.path === "data.id" ? "batches/8x2k4q9v" : (row.pointer ?? ""), project: row.project };
  }

  resultOpen = (source: ResultSource) =>
    this.answer("resultOpen", () => {
      const { name, project } = this.#nameOf(source);
      const found = this.#find(name);
      const view: ResultView = {
        id: this.#nextResult++,
        project,
        job: name.startsWith("batches/") || found.kind === "interaction" ? name : null,
        name: name.startsWith("batches/") ? `files/batch-${name.slice(8)}` : name,
        kind: "unknown",
        state: "resolving",
        error: null,
        mime_type: null,
        bytes: 0,
        total: null,
        read_us: null,
        expires_ms: null,
        delivery: source.of === "pointer" ? source.delivery : null,
        kept_with: null,
        summary: null,
        has_requests: found.requests ?? false,
      };
      const lines = found.lines ? new FakeLines(found.lines) : null;
      this.#held.set(view.id, { view, found, lines, source, read: 0 });
      this.#step(view.id, 0);
      return this.#held.get(view.id)?.view ?? view;
    });

  #step(id: number, step: number): void {
    const held = this.#held.get(id);
    if (!held || held.view.state === "stopped") return;
    if (this.resultTakes > 0) setTimeout(() => this.#stepped(id, step), this.resultTakes);
    else this.#stepped(id, STEPS);
  }

  #stepped(id: number, step: number): void {
    const held = this.#held.get(id);
    if (!held || held.view.state === "stopped") return;
    const { found, lines, view } = held;
    const total = found.bytes ?? 0;
    const expires_ms = Date.now() + (found.expires ?? 47 * HOUR + 38 * 60_000);
    if (found.error) {
      this.#change(id, { state: "failed", error: found.error, expires_ms: found.expires ? expires_ms : null });
      return;
    }
    const share = Math.min(1, (step + 1) / STEPS);
    held.read = lines ? Math.floor(lines.lines * share) : 0;
    const common: Partial<ResultView> = {
      kind: found.kind,
      mime_type: found.mime_type ?? (lines ? "application/jsonl" : null),
      total: found.sizeless ? null : total,
      bytes: Math.floor(total * share),
      expires_ms,
      summary: lines ? lines.summary(held.read) : null,
    };
    const done = share === 1;
    const read_us = lines ? 31_000 : null;
    this.#change(id, { ...common, state: done ? "ready" : "downloading", read_us: done ? read_us : null });
    if (!done && view.state !== "stopped") this.#step(id, step + 1);
  }

  #change(id: number, change: Partial<ResultView>): ResultView {
    const held = this.#opened(id);
    held.view = { ...held.view, ...change };
    this.tell({ kind: "result", result: held.view });
    return held.view;
  }

  #opened(id: number): Held {
    const held = this.#held.get(id);
    if (!held) throw refused("not_found", "This result is no longer open.");
    return held;
  }

  #lines(id: number): FakeLines {
    const { lines } = this.#opened(id);
    if (!lines) throw refused("not_found", "This result has no rows.");
    return lines;
  }

  results = () => this.answer("results", () => [...this.#held.values()].map((one) => one.view).reverse());
  resultStop = (id: number) =>
    this.answer("resultStop", () => {
      const { view } = this.#opened(id);
      return view.state === "ready" ? view : this.#change(id, { state: "stopped" });
    });
  resultGoOn = (id: number) =>
    this.answer("resultGoOn", () => {
      const held = this.#opened(id);
      if (held.found.error && held.found.expires === undefined) held.found = this.scene("rows");
      held.lines ??= held.found.lines ? new FakeLines(held.found.lines) : null;
      const view = this.#change(id, { state: "downloading", error: null });
      this.#step(id, Math.floor((held.read / Math.max(1, held.lines?.lines ?? 1)) * STEPS));
      return view;
    });
  resultClose = (id: number) => this.answer("resultClose", () => void this.#held.delete(id));

  resultRows = (id: number, filter: RowFilter, text: string, start: number, count: number) =>
    this.answer("resultRows", () => {
      const held = this.#opened(id);
      const lines = this.#lines(id);
      const found = lines.matching(filter, text, held.read);
      const matched = typeof found === "number" ? found : found.length;
      const upTo = Math.min(matched, start + Math.min(count, ROWS_AT_MOST));
      const places = Array.from({ length: Math.max(0, upTo - start) }, (_, i) =>
        typeof found === "number" ? start + i : (found[start + i] ?? 0),
      );
      return { first: start, matched, exact: held.view.state === "ready", rows: places.map((n) => lines.row(n)) };
    });
  resultNextFailed = (id: number, from: number, back: boolean) =>
    this.answer("resultNextFailed", () => {
      const bad = this.#lines(id).bad();
      return (back ? bad.findLast((n) => n <= from) : bad.find((n) => n >= from)) ?? null;
    });
  resultStrip = (id: number, parts: number) => this.answer("resultStrip", () => this.#lines(id).strip(parts));
  resultRow = (id: number, number: number) => this.answer("resultRow", () => this.#lines(id).line(number));
  resultBytes = (id: number, limit: number) =>
    this.answer("resultBytes", () => {
      const { found } = this.#opened(id);
      const whole =
        found.kind === "image" ? picture() : found.kind === "json" ? someJson() : plainText(found.bytes ?? 0, limit);
      return whole.slice(0, limit).buffer;
    });

  resultSaveChoose = (name: string) =>
    this.answer("resultSaveChoose", (): string | null =>
      this.saveChosen === undefined ? `/home/ada/${name}` : this.saveChosen,
    );
  resultSave = (id: number, what: ResultSave, path: string) =>
    this.answer("resultSave", () => {
      const { view } = this.#opened(id);
      const sum = view.summary;
      const failed = (sum?.failed ?? 0) + (view.has_requests && sum?.missing_named ? (sum.missing ?? 0) : 0);
      const lines = sum === null ? 0 : what === "all" ? sum.answered : failed;
      const unknown = what === "failed" && view.has_requests ? (sum?.unparsable ?? 0) : 0;
      return { path, lines, bytes: view.bytes, requests: what === "failed" && view.has_requests, unknown };
    });
  resultRequests = (id: number, _path: string) =>
    this.answer("resultRequests", () => {
      const held = this.#opened(id);
      if (held.lines) held.lines = new FakeLines({ ...held.lines.shape, named: true });
      return this.#change(id, { has_requests: true, summary: held.lines?.summary(held.read) ?? null });
    });
  resultKeep = (id: number, delivery: number, keep: boolean) =>
    this.answer("resultKeep", () => this.#change(id, { kept_with: keep ? delivery : null }));

  resubmitPreview = (id: number) =>
    this.answer("resubmitPreview", (): BatchPreview => {
      const lines = this.#lines(id);
      const keys = lines.bad().map((n) => lines.row(n).key ?? "");
      const first = {
        key: keys[0],
        request: { contents: [{ role: "user", parts: [{ text: "Judge this answer." }] }] },
      };
      return {
        requests: keys.length,
        bytes: keys.length * 1830,
        keys: keys.slice(0, 5),
        first: JSON.stringify(first),
        problems: [],
        receiver: "https://ada-hooks.ngrok.app/nightly",
      };
    });
  resubmit = (id: number, title: string, receivers: readonly string[] | null, metadata: readonly JobMetadata[]) =>
    this.answer("resubmit", () => {
      this.resubmitted.push({ title, receivers, metadata });
      return bareJob({ kind: "batch", name: "batches/0bn7aa5ucd", title, project: this.#opened(id).view.project ?? 0 });
    });
}
