import type { CompareSide, CompareWith, Row } from "../ipc";
import { fakeAnswers, fakeComparison, type Around } from "./compare";
import type { CompareScene } from "./compare-planes";
import { fakeAttempts } from "./detail";
import { refused } from "./refused";
import { FakeSandbox } from "./sandbox";

/** Comparisons, in memory. */
export abstract class FakeComparing extends FakeSandbox {
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
      const { attempts, lastVerified } = this.#around(this.#known(id));
      const other = how === "last_verified" ? lastVerified : attempts.filter((one) => one.id < id).at(-1)?.id;
      return other ? { delivery: other } : null;
    });

  /** A delivery of the list, or an earlier attempt of one. */
  #known(id: number): Row {
    const attempts = this.rows.flatMap((row) => (row.attempts > 1 ? fakeAttempts(row) : []));
    const row = attempts.findLast((one) => one.id === id) ?? this.rows.find((one) => one.id === id);
    if (!row) throw refused("not_found", "This delivery is no longer there.");
    return row;
  }

  #around(row: Row): Around {
    const event = this.rows.find((one) => one.message_id === row.message_id && one.attempts > 1) ?? row;
    const verified = this.rows.findLast(
      (one) => one.event_type === row.event_type && one.outcome === "verified" && one.message_id !== row.message_id,
    );
    const answers = this.sent.map((one) => one.outbound).filter((one) => one.delivery === row.id);
    return { attempts: fakeAttempts(event), lastVerified: verified?.id ?? null, answers: answers.reverse() };
  }
}
