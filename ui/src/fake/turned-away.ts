import type { Refusal, TurnedAway, TurnedAwayRequest } from "../ipc";

const STATUS: Record<Refusal, number> = {
  not_stored: 503,
  no_room: 503,
  too_many_connections: 503,
  too_large: 413,
  body_too_slow: 408,
  body_cut_short: 400,
  head_too_large: 431,
  target_too_long: 414,
  head_too_slow: 408,
  not_http: 400,
  cross_site: 403,
  no_token: 404,
  too_many_public: 429,
  too_many_local: 429,
  other_method: 405,
};
const REMEMBERED = 1000;

/** What the fake listener turned away: as the real one remembers it. */
export class FakeTurnedAway {
  readonly list: TurnedAwayRequest[] = [];
  total = 0;
  readonly #counts = new Map<Refusal, number>();

  add(refusal: Refusal, reason: string, more: Partial<TurnedAwayRequest> = {}): void {
    this.total++;
    this.#counts.set(refusal, (this.#counts.get(refusal) ?? 0) + 1);
    this.list.unshift({
      number: this.total,
      at_ms: Date.now(),
      refusal,
      status: STATUS[refusal],
      method: "POST",
      path: "/",
      peer: "127.0.0.1:51234",
      reason,
      ...more,
    });
    this.list.splice(REMEMBERED);
  }

  view(limit: number): TurnedAway {
    const kinds = (Object.keys(STATUS) as Refusal[]).flatMap((refusal) => {
      const count = this.#counts.get(refusal) ?? 0;
      return count > 0 ? [{ refusal, status: STATUS[refusal], count }] : [];
    });
    return { total: this.total, kinds, newest: this.list.slice(0, limit), remembered: this.list.length };
  }

  /** `some|many`: what the window is to be shown with. */
  scene(scene: string | null): void {
    if (scene === null) return;
    const now = Date.now();
    const add = (refusal: Refusal, reason: string, more: Partial<TurnedAwayRequest>) => this.add(refusal, reason, more);
    for (let i = 0; i < (scene === "many" ? 1200 : 12); i++)
      add("no_token", "It came from the internet without the path token.", {
        method: i % 3 ? "GET" : "POST",
        path: ["/.env", "/wp/login.php", "/…/x"][i % 3] ?? "/",
        peer: `198.51.100.${i % 250}:4${1000 + i}`,
        at_ms: now - 900_000 + i * 700,
      });
    add("other_method", "PROPFIND is not taken: webhooks come by POST.", {
      method: "PROPFIND",
      path: "/a-rather-long-path/that-somebody/thought-of/when-looking/for-something-else/entirely",
      at_ms: now - 41_000,
    });
    add("cross_site", "A web page at https://evil.example sent it, and not a server.", { at_ms: now - 33_000 });
    add("not_http", "It speaks TLS; the listener takes plain HTTP. Use http:// in the address.", {
      method: null,
      path: null,
      at_ms: now - 12_000,
    });
    add("head_too_large", "It has more than 256 header lines.", { path: "/nightly", at_ms: now - 3000 });
  }
}
