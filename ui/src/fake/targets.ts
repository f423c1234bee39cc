import type { Target, TargetDraft } from "../ipc";
import { readAddress } from "../lib/targets";
import { refused } from "./refused";
import { FakeTunnel } from "./tunnel";

/** The addresses that deliveries are sent to, in memory. */
export abstract class FakeTargets extends FakeTunnel {
  targetList: Target[] = [];
  #nextTarget = 1;

  protected address(text: string): { url: string; local: boolean } {
    const read = readAddress(text);
    if ("error" in read) throw refused("invalid_target", read.error);
    return read;
  }

  protected target(url: string, change: Partial<Target> = {}): Target {
    const address = this.address(url);
    const found = this.targetList.find((one) => one.url === address.url);
    const target: Target = {
      ...(found ?? {
        id: this.#nextTarget++,
        project: null,
        name: null,
        ...address,
        confirmed: address.local,
        any_certificate: false,
        used_ms: null,
      }),
      ...change,
    };
    this.targetList = [...this.targetList.filter((one) => one.id !== target.id), target];
    return target;
  }

  targets = (project: number | null) =>
    this.answer("targets", () => {
      const mine = this.targetList.filter((one) => project === null || one.project === null || one.project === project);
      const used = (one: Target) => one.used_ms ?? 0;
      return [
        ...mine.filter((one) => one.name !== null),
        ...mine.filter((one) => one.name === null).sort((a, b) => used(b) - used(a)),
      ];
    });

  targetSave = (draft: TargetDraft) =>
    this.answer("targetSave", () => {
      const { url, local } = this.address(draft.url);
      const before = this.targetList.find((one) => one.id === draft.id);
      if (draft.id === null || !before || before.url === url)
        return this.target(url, {
          ...(before ? { id: before.id } : {}),
          project: draft.project,
          name: draft.name,
          any_certificate: draft.any_certificate,
        });
      const changed: Target = {
        ...before,
        url,
        local,
        confirmed: local,
        project: draft.project,
        name: draft.name,
        any_certificate: draft.any_certificate,
      };
      this.targetList = [...this.targetList.filter((one) => one.id !== before.id && one.url !== url), changed];
      return changed;
    });

  targetRemove = (id: number) =>
    this.answer("targetRemove", () => {
      this.targetList = this.targetList.filter((one) => one.id !== id);
    });

  targetConfirm = (url: string) => this.answer("targetConfirm", () => this.target(url, { confirmed: true }));
}
