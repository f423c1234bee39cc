import type { Target } from "../ipc/generated";

/** An address as it will be stored, and whether it is on this machine. */
export type Address = { url: string; local: boolean };
export const FIRST_TARGET = "http://localhost:3000/";

/** Names and addresses that are of this machine. Not `app.localhost`: the resolver decides where that goes. */
export function isLocal(hostname: string): boolean {
  const host = hostname
    .toLowerCase()
    .replace(/\.$/, "")
    .replace(/^\[|\]$/g, "");
  return (
    host === "localhost" || /^127(\.\d{1,3}){3}$/.test(host) || host === "::1" || /^::ffff:7f[0-9a-f]{2}:/.test(host)
  );
}

/** What was typed in short: `3000`, `:3000/hook`, `localhost:3000`, `hooks.example.com/x`. */
function guessed(text: string): string | null {
  if (/^\d{1,5}$/.test(text)) return `http://localhost:${text}/`;
  if (text.startsWith(":")) return `http://localhost${text}`;
  if (text === "" || /^[/?#]/.test(text) || /\s/.test(text)) return null;
  // `mailto:a@b` and the like: a scheme, and no port behind the colon.
  if (!text.startsWith("[") && text.includes(":") && !/^[^:]*:\d/.test(text)) return null;
  const plain = parsed(`http://${text}`);
  return plain === null ? null : isLocal(plain.hostname) ? `http://${text}` : `https://${text}`;
}

function parsed(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

/** Reads an address as the back end does, so that a mistake is told while it is typed. */
export function readAddress(text: string): Address | { error: string } {
  const typed = text.trim();
  const full = typed.includes("://") ? typed : guessed(typed);
  const url = full === null ? null : parsed(full);
  if (!url || !/^https?:$/.test(url.protocol) || url.hostname === "" || url.port === "0") {
    return {
      error:
        typed === ""
          ? "Enter an address, such as localhost:3000/webhooks."
          : "Nothing can be sent to this address. Enter one such as localhost:3000/webhooks.",
    };
  }
  if (url.username !== "" || url.password !== "")
    return { error: "Leave out the user name and password: the address is kept in the history." };
  url.hash = "";
  return { url: url.href, local: isLocal(url.hostname) };
}

/** `localhost:3000/hook`, `https://hooks.example.com/x`: without what goes without saying. */
export function shortAddress(url: string): string {
  const read = parsed(url);
  if (!read) return url;
  const rest = `${read.host}${read.pathname === "/" && read.search === "" ? "" : read.pathname}${read.search}`;
  return read.protocol === "http:" && isLocal(read.hostname) ? rest : `${read.protocol}//${rest}`;
}

/** `hooks.example.com:8443` */
export function hostOf(url: string): string {
  return parsed(url)?.host ?? url;
}

export const isHttps = (url: string): boolean => /^https:/i.test(url);

/** What a target is called: its name, or its address without what goes without saying. */
export const targetName = (target: Pick<Target, "name" | "url">): string => target.name ?? shortAddress(target.url);

/** `dev server`, or how the address reads where no such target is kept. */
export function nameOfUrl(url: string, targets: readonly Target[]): string {
  return targets.find((one) => one.url === url && one.name !== null)?.name ?? shortAddress(url);
}
