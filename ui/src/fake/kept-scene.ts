import type { Transfer } from "../ipc";
import type { FakeBackend } from "./backend";
import { fakeTransfer } from "./transfer";

/** A history in which much goes on: pins and notes, deletions that can be undone, transfers of every kind. */
export function dressKept(fake: FakeBackend): void {
  const now = Date.now();
  const { rows } = fake;
  for (const [at, row] of rows.entries()) {
    const back = rows.length - at;
    if (back === 3 || back % 97 === 5) row.pinned = true;
    if (back === 5 || back === 3) row.note = "Only through edge-2. Asked for the raw bytes.";
  }
  fake.rebuildNeeded = true;
  void fake.deliveriesDelete({ ids: rows.slice(40, 52).map((row) => row.id) });
  const transfer = (number: number, more: Partial<Transfer>) =>
    fakeTransfer({
      number,
      kind: "import",
      format: "ndjson",
      path: `/home/ada/Downloads/file-${number}.ndjson`,
      state: "done",
      started_ms: now - 60_000,
      ended_ms: now - 40_000,
      ...more,
    });
  fake.transferList = [
    transfer(4, {
      kind: "export",
      path: "/home/ada/Downloads/all-2026-11-21.ndjson",
      state: "running",
      done: 412_300,
      total: 1_004_118,
      bytes: 313_000_000,
      started_ms: now - 2700,
      ended_ms: null,
    }),
    transfer(3, {
      path: "/home/ada/Downloads/runs-with-har-2026-11-20.har",
      format: "har",
      done: 1204,
      bytes: 1_900_000,
      new: 1180,
      known: 24,
      verified: 1102,
      rejected: 61,
      unchecked: 17,
    }),
    transfer(2, {
      path: "/home/ada/Downloads/half-broken.ndjson",
      done: 49,
      bytes: 90_000,
      new: 46,
      known: 1,
      refused: 2,
      verified: 40,
      unchecked: 6,
      unknown_projects: ["nightly-eval"],
      problems: [
        { line: 17, message: "This line is not JSON: a comma is missing at column 212." },
        { line: 31, message: "version is 9; this Pollux reads version 1." },
      ],
    }),
    transfer(1, {
      kind: "export",
      format: "har",
      path: "/media/stick/rejected-2026-11-19.har",
      state: "failed",
      done: 8100,
      total: 8120,
      bytes: 13_000_000,
      error: "The disk of /media/stick is full. Choose another place.",
    }),
  ];
}
