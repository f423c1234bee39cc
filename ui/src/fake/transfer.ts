import type { CopyForm, Row, Selection, Transfer, TransferFormat, TransferKind } from "../ipc";
import { refused } from "./refused";
import { FakeResults } from "./results";

const BYTES_A_DELIVERY = 1900;
const STEPS = 5;
const COPIED_AT_ONCE = 100;

/** How each form begins: enough to tell them apart. */
const COPIES: Record<CopyForm, (row: Row) => string> = {
  payload: (row) => JSON.stringify({ type: row.event_type, data: { id: row.pointer } }),
  curl: (row) =>
    `curl -X POST 'http://127.0.0.1:40123/' \\\n  -H 'webhook-id: ${row.message_id}' \\\n  --data-binary '{}'`,
  httpie: (row) => `http POST http://127.0.0.1:40123/ 'webhook-id:${row.message_id}' --raw '{}'`,
  python: (row) => `import requests\n\nWEBHOOK_ID = "${row.message_id}"\n`,
  javascript: (row) => `const webhookId = "${row.message_id}";\nawait fetch("http://127.0.0.1:40123/");\n`,
  rust: (row) => `let webhook_id = "${row.message_id}";\n`,
  pytest: (row) => `def test_delivery_${row.id}():\n    ...\n`,
  vitest: (row) => `test("delivery ${row.id}", async () => {});\n`,
  ndjson: (row) => JSON.stringify({ pollux: 1, id: row.id, type: row.event_type }),
};

/** One that has just begun, but for what is said. */
export function fakeTransfer(more: Pick<Transfer, "number" | "kind" | "path"> & Partial<Transfer>): Transfer {
  return {
    format: null,
    state: "running",
    done: 0,
    total: null,
    bytes: 0,
    bytes_total: null,
    new: 0,
    known: 0,
    refused: 0,
    verified: 0,
    rejected: 0,
    unchecked: 0,
    unbound: 0,
    left_out: 0,
    unknown_projects: [],
    problems: [],
    error: null,
    started_ms: Date.now(),
    ended_ms: null,
    ...more,
  };
}

/** Exports and imports, in memory: five steps each, one every `transferTakes` ms. */
export abstract class FakeTransfer extends FakeResults {
  /** Between two steps of a transfer. */
  transferTakes = 150;
  /** What the user chooses to import; empty: nothing. */
  importChosen: string[] = ["/home/ada/deliveries.ndjson"];
  /** What an import ends with. */
  importResult: Partial<Transfer> = { new: 48, known: 2, verified: 45, rejected: 2, unchecked: 1 };
  /** Those since the start, the newest first. */
  transferList: Transfer[] = [];

  exportStart = (selection: Selection, format: TransferFormat, path: string, withCredentials: boolean) =>
    this.answer("exportStart", () => {
      const chosen = selection !== "all" && "ids" in selection ? selection.ids.length : this.rows.length;
      const left_out = withCredentials ? 0 : Math.min(3, chosen);
      return this.#begin("export", path, { format, total: chosen, left_out });
    });

  importStart = (path: string) =>
    this.answer("importStart", () => {
      const read = (this.importResult.new ?? 0) + (this.importResult.known ?? 0) + (this.importResult.refused ?? 0);
      return this.#begin("import", path, {
        format: path.endsWith(".har") ? "har" : "ndjson",
        bytes_total: read * BYTES_A_DELIVERY,
      });
    });

  transferStop = (number: number) =>
    this.answer("transferStop", () => {
      const found = this.transferList.find((one) => one.number === number);
      if (!found) throw refused("not_found", "This transfer is no longer there.");
      return found.state === "running" ? this.#tell({ ...found, state: "stopped", ended_ms: Date.now() }) : found;
    });

  transfers = () => this.answer("transfers", () => this.transferList);

  exportChoose = (name: string) => this.answer("exportChoose", (): string | null => `/home/ada/${name}`);

  importChoose = () => this.answer("importChoose", () => this.importChosen);

  copyAs = (ids: readonly number[], form: CopyForm) =>
    this.answer("copyAs", () => {
      if (ids.length > COPIED_AT_ONCE)
        throw refused("too_many", `At most 100 deliveries are copied at once; ${ids.length} were given.`);
      const rows = this.rows.filter((row) => ids.includes(row.id));
      return rows.map((row) => COPIES[form](row)).join("\n");
    });

  #begin(kind: TransferKind, path: string, more: Partial<Transfer>): number {
    const number = (this.transferList[0]?.number ?? 0) + 1;
    this.transferList.unshift(fakeTransfer({ ...more, number, kind, path }));
    setTimeout(() => this.#step(number, 1), this.transferTakes);
    return number;
  }

  #step(number: number, step: number): void {
    const found = this.transferList.find((one) => one.number === number);
    if (found?.state !== "running") return;
    const all = found.total ?? (found.bytes_total ?? 0) / BYTES_A_DELIVERY;
    const done = Math.round((all * step) / STEPS);
    const part = { ...found, done, bytes: done * BYTES_A_DELIVERY };
    if (step < STEPS) {
      this.#tell(part);
      setTimeout(() => this.#step(number, step + 1), this.transferTakes);
    } else {
      const result = found.kind === "import" ? this.importResult : {};
      this.#tell({ ...part, ...result, state: "done", ended_ms: Date.now() });
    }
  }

  #tell(transfer: Transfer): Transfer {
    this.transferList = this.transferList.map((one) => (one.number === transfer.number ? transfer : one));
    this.tell({ kind: "transfer", transfer });
    return transfer;
  }
}
