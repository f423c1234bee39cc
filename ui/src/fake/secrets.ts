import type { Row, SecretView, VerifiedAgain } from "../ipc";
import { fakeSecrets } from "./catalog";
import { FakeHistory } from "./history";
import { refused } from "./refused";

/** Secrets of deliveries in memory, and what they verify. */
export abstract class FakeSecrets extends FakeHistory {
  /** ms that every answer takes; 0: the next microtask. */
  delay = 0;
  secretList: SecretView[] = fakeSecrets(Date.now());
  readonly #removed = new Map<string, SecretView>();

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

  secrets = () => this.answer("secrets", () => this.secretList);

  secretAdd = (project: number, label: string, text: string) =>
    this.answer("secretAdd", () => {
      if (!text.startsWith("whsec_"))
        throw refused("wrong_secret_prefix", "A secret starts with whsec_ and goes on in base64; this text does not.");
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
      if (!secret) throw refused("not_found", "This secret is no longer there.");
      this.secretList = [...this.secretList, secret];
      return secret;
    });

  secretReveal = (id: string) => this.answer("secretReveal", () => `whsec_example-of-${id}`);
}
