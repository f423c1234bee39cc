import type { Place } from "../ipc";
import { FakeActions } from "./actions";
import { fakeHooks, fakePlaces } from "./hooks";
import { refused } from "./refused";

/** Where a webhook's secret is kept, as the user wrote it down. */
export abstract class FakePlaces extends FakeActions {
  #places = new Map<string, Place[]>(
    fakeHooks(0)
      .slice(0, 1)
      .map((hook) => [hook.id, fakePlaces(Date.now())]),
  );
  #nextPlace = 10;

  protected placesOf(webhook: string): Place[] {
    return this.#places.get(webhook) ?? [];
  }

  /** A new secret is in none of them yet. */
  protected untickPlaces(webhook: string): void {
    this.#places.set(
      webhook,
      this.placesOf(webhook).map((place) => ({ ...place, done: false, done_ms: null })),
    );
  }

  #holding(id: number): [string, Place[]] {
    const found = [...this.#places].find(([, list]) => list.some((place) => place.id === id));
    if (!found) throw refused("not_found", "This place is no longer there.");
    return found;
  }
  placeAdd = (_project: number, webhook: string, text: string) =>
    this.answer("placeAdd", () => {
      const list = [...this.placesOf(webhook), { id: this.#nextPlace++, text, done: false, done_ms: null }];
      this.#places.set(webhook, list);
      return list;
    });
  #changePlaces(id: number, change: (list: Place[]) => Place[]): Place[] {
    const [webhook, list] = this.#holding(id);
    const next = change(list);
    this.#places.set(webhook, next);
    return next;
  }
  placeTick = (id: number, done: boolean) =>
    this.answer("placeTick", () =>
      this.#changePlaces(id, (list) =>
        list.map((one) => (one.id === id ? { ...one, done, done_ms: done ? Date.now() : null } : one)),
      ),
    );
  placeRemove = (id: number) =>
    this.answer("placeRemove", () => this.#changePlaces(id, (list) => list.filter((one) => one.id !== id)));
}
