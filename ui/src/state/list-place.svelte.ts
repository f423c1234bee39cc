/**
 * `ordinal` is -1 where it does not stand in this list, or its place is not known yet; `absent`: it is known not to be
 * in it.
 */
export type Active = { id: number; ordinal: number; absent?: boolean };

/**
 * Which part of a list is shown, in ordinals. The matches have [first, first + matched), the newest the highest. While
 * older ones are still being looked for, `first` falls and no ordinal moves: the list grows at its bottom.
 *
 * The screen shows the newest on top: visual index = upTo - 1 - ordinal. While following, `upTo` is the end; once the
 * reader has moved, `upTo` stands still, and so does everything on the screen, however many rows arrive. Only while the
 * list is shorter than the screen, rows go on coming in: there is room for them.
 */
export class ListPlace {
  /** The ordinal of the oldest match that is known. */
  first = $state(0);
  /** How many matches are known. */
  matched = $state(0);
  /** False while older matches are still being looked for. */
  exact = $state(true);
  /** The end of what is shown, as an ordinal. */
  upTo = $state(0);
  /** How many rows are shown. */
  shown = $derived(Math.max(0, this.upTo - this.first));
  unseen = $derived(this.matched - this.shown);
  following = $state(true);
  active = $state.raw<Active | null>(null);
  /** Rises when the list should go back to its top. */
  jumps = $state(0);
  /** How many rows the screen has room for. */
  #room = 0;

  /** The end of what matches, as an ordinal. */
  get end(): number {
    return this.first + this.matched;
  }

  /** A list was opened. `keep`: the reader stays where he was. */
  protected place(to: { first: number; matched: number; exact: boolean }, keep: boolean): void {
    const { shown, unseen } = this;
    this.first = to.first;
    this.matched = to.matched;
    this.exact = to.exact;
    if (!keep || this.following) return this.#top();
    // While older ones are still missing, a place can only be told from the newest.
    const upTo = to.exact ? to.first + shown : this.end - unseen;
    this.upTo = Math.max(this.first, Math.min(upTo, this.end));
    this.#fill();
  }

  /** Older matches were found. */
  protected reach(first: number, exact: boolean): void {
    const { end } = this;
    this.first = Math.min(this.first, first);
    this.matched = end - this.first;
    this.exact = exact;
    this.#fill();
  }

  /** New ones came. */
  protected grow(by: number): void {
    this.matched += by;
    if (this.following) this.upTo = this.end;
    else this.#fill();
  }

  /** Some are gone: the reader stays as far from the newest as before. */
  protected shrink(first: number, matched: number): void {
    const unseen = this.following ? 0 : this.unseen;
    this.first = first;
    this.matched = matched;
    this.upTo = Math.max(first, this.end - unseen);
    this.#fill();
  }

  /** While the list is shorter than the screen nothing is held back: there is room for it. */
  #fill(): void {
    this.upTo = Math.max(this.upTo, Math.min(this.end, this.first + this.#room));
  }

  #top(): void {
    this.upTo = this.end;
    this.following = true;
    this.jumps++;
  }

  /** Says how many whole rows the screen has room for. */
  setRoom(rows: number): void {
    this.#room = rows;
    this.#fill();
  }

  /** The reader has moved: from now on nothing shifts that fills the screen. */
  hold(): void {
    this.following = false;
  }

  follow(): void {
    this.#top();
  }

  /** Visual index of the chosen row, or -1 when it is not in this view. */
  get activeIndex(): number {
    const { active, first, upTo } = this;
    return active === null || active.ordinal < first || active.ordinal >= upTo ? -1 : upTo - 1 - active.ordinal;
  }
}
