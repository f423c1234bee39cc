import type { Backend, DeliveryJob, Detail } from "../ipc";

/** What it asks of the back end. */
type Calls = Pick<Backend, "deliveryJob">;

/** One that is open is read again so often at most. */
const AGAIN_MS = 1000;

/** What is known of the job of the delivery that is open, and of further attempts of its event. */
export class DeliveryJobs {
  #of = $state<number | null>(null);
  #told = $state.raw<DeliveryJob | null>(null);
  #project: number | null = null;
  #event: string | null = null;
  #readAt = 0;
  #asked = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;
  readonly #backend: Calls;

  constructor(backend: Calls) {
    this.#backend = backend;
  }

  /** Null until it was told, and where it cannot be. */
  of(delivery: number): DeliveryJob | null {
    return this.#of === delivery ? this.#told : null;
  }

  /** Another delivery is looked at, or the same one was read again. */
  show(detail: Detail | null): void {
    const id = detail?.row.id ?? null;
    const project = detail?.row.project ?? null;
    if (id === this.#of) {
      if (id !== null) this.#again();
      return;
    }
    this.#of = id;
    // What is known of one attempt of an event holds for the others: nothing flashes on the way between them.
    const event = detail?.row.message_id ?? null;
    if (event === null || event !== this.#event || project !== this.#project) this.#told = null;
    [this.#event, this.#project] = [event, project];
    void this.#read();
  }

  /** What runs is another, so that attempts can be seen again, or no more. */
  moved(): void {
    if (this.#of !== null) this.#again();
  }

  /** Something of the project's jobs is another. */
  changed(project: number): void {
    if (this.#of !== null && project === this.#project) this.#again();
  }

  #again(): void {
    this.#timer ??= setTimeout(() => void this.#read(), Math.max(0, this.#readAt + AGAIN_MS - Date.now()));
  }

  async #read(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#readAt = Date.now();
    const asked = ++this.#asked;
    const id = this.#of;
    if (id === null) return;
    // What cannot be told is not shown: the delivery itself says what is wrong with it.
    const told = await this.#backend.deliveryJob(id).catch(() => null);
    if (asked === this.#asked) this.#told = told;
  }
}
