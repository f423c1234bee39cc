import type { Action } from "../ipc";
import { fakeActions } from "./hooks";
import { FakeProjects } from "./projects";

/** The log of what was done, in memory. */
export abstract class FakeActions extends FakeProjects {
  actionList: Action[] = fakeActions(Date.now());

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

  actions = (before: number | null, limit: number) =>
    this.answer("actions", () => {
      const from = this.actionList.filter((one) => before === null || one.id < before).reverse();
      const actions = from.slice(0, limit);
      return { actions, next_before: from.length > limit ? (actions.at(-1)?.id ?? null) : null };
    });
  actionsExport = () => this.answer("actionsExport", () => "/home/ada/Downloads/pollux-actions.ndjson");
}
