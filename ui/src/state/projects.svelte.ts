import type { Project } from "../ipc";
import { projectIn, withProject } from "../lib/query-text";
import type { Deliveries } from "./deliveries.svelte";

/** The projects, the Sandbox first, and which of them the bar chooses: that is a part of the list's query. */
export class Projects {
  list = $state.raw<readonly Project[]>([]);
  readonly #deliveries: Pick<Deliveries, "query" | "setQuery">;

  constructor(deliveries: Pick<Deliveries, "query" | "setQuery">) {
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
    const name = projectIn(this.#deliveries.query)?.toLowerCase();
    return name === undefined ? null : (this.list.find((one) => one.name.toLowerCase() === name)?.id ?? null);
  }

  get chosen(): Project | undefined {
    return this.of(this.chosenId);
  }

  choose(id: number | null): void {
    this.#deliveries.setQuery(withProject(this.#deliveries.query, this.nameOf(id)));
  }

  /** The back end tells them. One that is gone is no longer chosen; one with a new name stays it. */
  apply(projects: readonly Project[]): void {
    const id = this.chosenId;
    this.list = projects;
    if (id !== null && this.chosenId !== id) this.choose(this.of(id) ? id : null);
  }

  /** The list comes by itself; until then what was just saved is known already. */
  add(project: Project): void {
    if (!this.of(project.id)) this.apply([...this.list, project]);
  }
}
