import type { Project } from "../ipc";
import type { Deliveries } from "./deliveries.svelte";

/** The projects, the Sandbox first, and which of them the bar chooses: that is part of the list's filter. */
export class Projects {
  list = $state.raw<readonly Project[]>([]);
  readonly #deliveries: Pick<Deliveries, "filter" | "setFilter">;

  constructor(deliveries: Pick<Deliveries, "filter" | "setFilter">) {
    this.#deliveries = deliveries;
  }

  of(id: number | null): Project | undefined {
    return this.list.find((one) => one.id === id);
  }

  nameOf(id: number | null): string | null {
    return this.of(id)?.name ?? null;
  }

  get sandbox(): Project | undefined {
    return this.list.find((one) => one.sandbox);
  }

  /** Id of the one that the bar chooses; null: all of them. */
  get chosenId(): number | null {
    return this.#deliveries.filter.project;
  }

  get chosen(): Project | undefined {
    return this.of(this.chosenId);
  }

  choose(id: number | null): void {
    this.#deliveries.setFilter({ ...this.#deliveries.filter, project: id });
  }

  /** The back end tells them. One that is gone is no longer chosen. */
  apply(projects: readonly Project[]): void {
    this.list = projects;
    if (this.chosenId !== null && !this.chosen) this.choose(null);
  }

  /** The list comes by itself; until then what was just saved is known already. */
  add(project: Project): void {
    if (!this.of(project.id)) this.apply([...this.list, project]);
  }
}
