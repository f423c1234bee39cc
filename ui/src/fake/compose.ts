import type { Altered, HeaderLine, ReplayChanges, ReplayPreview, ReplaySigner } from "../ipc";
import { hostOf, isLocal } from "../lib/targets";
import { variablesIn } from "../lib/variables";
import { TWISTS } from "./replay";

const HOP = ["connection", "keep-alive", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade"];
const CREDENTIALS = ["authorization", "cookie", "x-api-key"];

/** Fills variables in, each with one value for the request. */
function filler(): { fill: (text: string) => string; said: () => string[] } {
  const values = new Map<string, string>();
  const value = (name: string) => {
    const now = new Date();
    const made: Record<string, () => string> = {
      now: () => `${now.toISOString().slice(0, 19)}Z`,
      now_s: () => String(Math.floor(now.getTime() / 1000)),
      uuid: () => crypto.randomUUID(),
    };
    const known = values.get(name) ?? made[name]?.() ?? "";
    values.set(name, known);
    return known;
  };
  return {
    fill: (text) => {
      let filled = "";
      let at = 0;
      for (const { name, from, to, known } of variablesIn(text)) {
        if (!known) continue;
        filled += text.slice(at, from) + value(name);
        at = to;
      }
      return filled + text.slice(at);
    },
    said: () => [...values].map(([name, text]) => `{{${name}}} ${text}`),
  };
}

/** What goes out, as the real one composes it, but for the arithmetic of signatures. */
export function compose(
  received: readonly HeaderLine[],
  bodyLen: number,
  changes: ReplayChanges,
  url: string,
  signers: readonly ReplaySigner[],
  path = "/",
): ReplayPreview {
  const altered: Altered[] = [];
  const said: string[] = [];
  const local = isLocal(new URL(url).hostname);
  const headers = (changes.headers ?? received)
    .filter((line) => {
      const name = line.name.toLowerCase();
      const why = HOP.includes(name)
        ? "left out: it belongs to one connection"
        : name === "x-goog-api-key"
          ? "left out: API keys never travel in a replay"
          : !local && CREDENTIALS.includes(name)
            ? "left out: credentials stay on this machine"
            : null;
      if (why) altered.push({ name, what: why });
      return why === null;
    })
    .map((line) => ({ ...line }));
  const variables = filler();
  if (changes.fill && changes.headers) for (const line of headers) line.value = variables.fill(line.value);
  const set = (name: string, value: string) => {
    const line = headers.find((one) => one.name.toLowerCase() === name);
    if (line) Object.assign(line, { value, base64: null });
    else headers.push({ name, value, base64: null });
  };
  const len =
    changes.body.kind === "text"
      ? new TextEncoder().encode(changes.fill ? variables.fill(changes.body.text) : changes.body.text).length
      : changes.body.kind === "base64"
        ? Math.floor((changes.body.base64.replace(/[^A-Za-z0-9+/]/g, "").length * 3) / 4)
        : bodyLen;
  set("host", hostOf(url));
  set("content-length", String(len));
  altered.push({ name: "host", what: `is ${hostOf(url)}, as for every request there` });
  const to = new URL(url);
  if (to.pathname + to.search !== path)
    altered.push({ name: "path", what: `is ${to.pathname}${to.search}, that of the target` });
  if (changes.headers) said.push("headers edited");
  if (changes.body.kind !== "received") said.push("body edited");
  said.push(...variables.said());
  if (changes.id === "renew") {
    set("webhook-id", "msg_7c1e90aa-31fd-4b6e-9a55-0c2b8f6d1e7a");
    said.push("new id");
  }
  const shift = changes.time.kind === "shifted" ? changes.time.seconds : 0;
  if (changes.time.kind !== "received") {
    set("webhook-timestamp", String(Math.floor(Date.now() / 1000) + shift));
    said.push(shift === 0 ? "time of sending" : shift < 0 ? `${-shift} s in the past` : `${shift} s in the future`);
  }
  const signer = signers.find((one) => JSON.stringify(one.sign) === JSON.stringify(changes.sign));
  if (signer && changes.sign.kind !== "leave") {
    set(
      "webhook-signature",
      changes.sign.kind === "sandbox_jwt"
        ? "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsxIn0.eyJhdWQiOiJ4In0.c2ln"
        : `${changes.sign.kind === "sandbox_v1a" ? "v1a" : "v1"},K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=`,
    );
    said.push(`signed with ${signer.label.split(",")[0]}`);
  }
  const twisted = TWISTS.find((one) => one.id === changes.twist);
  if (twisted?.signs && changes.sign.kind === "leave")
    throw { code: "no_key", message: `"${twisted.label}" is signed anew. Choose what to sign with.`, detail: null };
  if (twisted?.id === "missing_header")
    headers.splice(0, headers.length, ...headers.filter((line) => line.name !== "webhook-signature"));
  if (twisted) said.push(twisted.label.toLowerCase());
  return { headers, body_len: twisted?.id === "huge_body" ? len + 2 * 1024 * 1024 : len, altered, changes: said };
}
