import type { Refusal, TurnedAwayRequest } from "../ipc/generated";

/** A kind in a few words, what it means, and what to do. */
export type RefusalWords = { title: string; means: string; todo: string };

export const REFUSALS: Record<Refusal, RefusalWords> = {
  not_stored: {
    title: "Not stored",
    means: "The history could not take it, and the sender was asked to try again.",
    todo: "If this goes on, check whether the disk is full.",
  },
  no_room: {
    title: "No room",
    means: "Bodies arriving at the same time took all the memory they may, and the sender was asked to try again.",
    todo: "Send fewer large ones at once.",
  },
  too_many_connections: {
    title: "Too many connections",
    means: "The limit of open connections was reached, and the sender was asked to try again.",
    todo: "Close connections that are no longer needed, or reuse them.",
  },
  too_large: {
    title: "Body too large",
    means: "The body was over the limit. Only its beginning is kept, as a rejected delivery.",
    todo: "Raise the body limit in Settings if it was meant to arrive.",
  },
  body_too_slow: {
    title: "Body too slow",
    means: "The body came too slowly or stopped coming. What arrived of it is kept as a rejected delivery.",
    todo: "Check the sender's connection, and whether its Content-Length is right.",
  },
  body_cut_short: {
    title: "Body cut short",
    means:
      "The connection ended, or its framing broke, in the middle of the body. What arrived of it is kept as a rejected delivery.",
    todo: "Look for a sender or proxy that gives up early.",
  },
  head_too_large: {
    title: "Too many or too large headers",
    means: "It had more than 256 header lines, or its headers were too large.",
    todo: "Proxies add headers: look at what is between the sender and Pollux, and remove what is not needed.",
  },
  target_too_long: {
    title: "Address too long",
    means: "Its path and query were longer than 64 KiB.",
    todo: "Send data in the body instead.",
  },
  head_too_slow: {
    title: "Headers too slow",
    means: "Its headers did not arrive in time.",
    todo: "Look at the sender's connection. Scanners do this on purpose.",
  },
  not_http: {
    title: "Not HTTP/1.1",
    means: "It could not be read as HTTP/1.1.",
    todo: "If it speaks TLS, somebody used https:// for the local address: use http://.",
  },
  cross_site: {
    title: "Sent by a web page",
    means: "A page in a browser sent it, not a server, and no page may add anything to the history.",
    todo: "To test from here, use a terminal or a server.",
  },
  no_token: {
    title: "Without the path token",
    means: "It came from the internet without the secret first part of the path.",
    todo: "Nothing, if it was a scanner. If it was a webhook of yours, give it the current public address.",
  },
  too_many_public: {
    title: "Over the public rate",
    means: "More requests, or more bytes, came from the internet in a second than the tunnel's settings allow.",
    todo: "Raise the limit there if they were meant to arrive.",
  },
  too_many_local: {
    title: "Over the local rate",
    means: "More requests came from this machine than Settings allow.",
    todo: "Raise the rate there if it was a load test.",
  },
  other_method: {
    title: "Not a POST",
    means: "Webhooks come by POST; this did not.",
    todo: "Correct the sender's method. Browsers and health checks use GET.",
  },
};

/** `POST /nightly`, and where the head was not read so far, that. */
export function requestLine({ method, path }: Pick<TurnedAwayRequest, "method" | "path">): string | null {
  if (method === null) return null;
  return path === null ? method : `${method} ${path}`;
}
