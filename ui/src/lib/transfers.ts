import type { Transfer, TransferFormat } from "../ipc";
import { bytes, count, plural, span, withUnit } from "./format";

/** What an export can be. `schema`: of what arrived, not the deliveries themselves. */
export const FORMATS: readonly { id: TransferFormat; label: string; what: string; ext: string; schema?: true }[] = [
  { id: "ndjson", label: "NDJSON", what: "Everything, byte for byte. Pollux reads it back.", ext: "ndjson" },
  { id: "har", label: "HAR 1.2", what: "For browsers, Insomnia, k6 and other tools.", ext: "har" },
  { id: "cloudevents", label: "CloudEvents 1.0", what: "Structured, one a line.", ext: "cloudevents.ndjson" },
  { id: "curl", label: "cURL", what: "One command a delivery.", ext: "sh" },
  {
    id: "schema_json",
    label: "JSON Schema",
    what: "Of each event type, as it really arrived.",
    ext: "schema.json",
    schema: true,
  },
  { id: "schema_ts", label: "TypeScript", what: "The same as types.", ext: "ts", schema: true },
  { id: "schema_pydantic", label: "pydantic", what: "The same as Python models.", ext: "py", schema: true },
];

/** `marked-2026-11-21.ndjson`, in local time. */
export function exportName(what: string, format: TransferFormat, now: Date): string {
  const pad = (n: number) => String(n).padStart(2, "0");
  const day = `${now.getFullYear()}-${pad(now.getMonth() + 1)}-${pad(now.getDate())}`;
  const ext = FORMATS.find((one) => one.id === format)?.ext ?? "txt";
  return `${what}-${day}.${ext}`;
}

/** The last part of a path, of either system. */
export function fileName(path: string): string {
  return path.split(/[\\/]/).findLast((part) => part !== "") ?? path;
}

/** How far it is, 0 to 1; null where nobody knows. */
export function shareOf({ done, total, bytes: read, bytes_total }: Transfer): number | null {
  if (total !== null && total > 0) return Math.min(1, done / total);
  if (bytes_total !== null && bytes_total > 0) return Math.min(1, read / bytes_total);
  return null;
}

/** `412,300 of 1,004,118 · 313 MiB` */
export function progressWords(transfer: Transfer): string {
  const of = transfer.total === null ? "" : ` of ${count(transfer.total)}`;
  return `${count(transfer.done)}${of} · ${bytes(transfer.bytes)}`;
}

/** `Exporting 41 %`; where nobody knows of how many, `Importing 1,204`. */
export function runningWords(transfer: Transfer): string {
  const doing = transfer.kind === "export" ? "Exporting" : "Importing";
  const share = shareOf(transfer);
  if (share !== null) return `${doing} ${withUnit(Math.floor(share * 100), "%")}`;
  return transfer.done > 0 ? `${doing} ${count(transfer.done)}` : `${doing}…`;
}

/** `118 MB/s · 4 s left`, once it has run long enough to be told. */
export function paceWords(transfer: Transfer, now: number): string {
  const passed = now - transfer.started_ms;
  if (passed < 1000 || transfer.bytes === 0) return "";
  const perSecond = transfer.bytes / (passed / 1000);
  const pace = `${withUnit(perSecond < 1e7 ? (perSecond / 1e6).toFixed(1) : Math.round(perSecond / 1e6), "MB/s")}`;
  const share = shareOf(transfer);
  return share === null || share < 0.01 ? pace : `${pace} · ${span((passed / share) * (1 - share))} left`;
}

/** What came of an import: `1,180 new, each checked again · 24 were here already · 3 not taken`. */
export function importWords({ new: added, known, refused }: Transfer): string {
  const parts = [added === 0 ? "nothing new" : `${count(added)} new, each checked again`];
  if (known > 0) parts.push(`${count(known)} ${known === 1 ? "was" : "were"} here already`);
  if (refused > 0) parts.push(`${count(refused)} not taken`);
  return parts.join(" · ");
}

/** What came of an export: `1,180 deliveries · 313 MiB · of 12 a credential was left out`. */
export function exportWords(transfer: Transfer): string {
  const parts = [plural(transfer.done, "delivery", "deliveries"), bytes(transfer.bytes)];
  if (transfer.left_out > 0) parts.push(`of ${count(transfer.left_out)} a credential was left out`);
  return parts.join(" · ");
}

/** What is told once it has ended. */
export function transferTold(transfer: Transfer): { level: "info" | "warning" | "error"; text: string } {
  const name = fileName(transfer.path);
  const did = transfer.kind === "export" ? "Exported" : "Imported";
  if (transfer.state === "failed") return { level: "error", text: `${name} was not ${did.toLowerCase()}.` };
  if (transfer.state === "stopped")
    return {
      level: "warning",
      text:
        transfer.kind === "export"
          ? `The export was stopped; ${name} was not written.`
          : `The import of ${name} was stopped: ${importWords(transfer)}.`,
    };
  if (transfer.kind === "export") return { level: "info", text: `${did} to ${name}: ${exportWords(transfer)}.` };
  return { level: transfer.refused > 0 ? "warning" : "info", text: `${did} ${name}: ${importWords(transfer)}.` };
}
