// The signature of a delivery, as Standard Webhooks and Google's guide have it. A mistake of `mistakes.mjs` takes the
// place of one method, the rest stays right.
import { Buffer, isUtf8 } from "node:buffer";
import { createHmac, createPublicKey, timingSafeEqual, verify } from "node:crypto";
import { decodeProtectedHeader, errors, importJWK, jwtVerify } from "jose";
import { Webhook, WebhookVerificationError } from "standardwebhooks";

const TOLERANCE_SECONDS = 300;
export const NAMES = ["webhook-id", "webhook-timestamp", "webhook-signature"];
// What is demanded of the claims. 60 seconds for clocks that differ.
export const CLAIMS = {
  audience: "pollux-sandbox",
  issuer: "https://generativelanguage.googleapis.com",
  requiredClaims: ["exp", "aud", "iss"],
  clockTolerance: 60,
};

export class Refused extends Error {
  constructor(reason, status = 401) {
    super(reason);
    this.status = status;
  }
}

// The headers as the bytes they came in: Node hands them on as Latin-1.
class Message {
  constructor(id, timestamp, signature, body) {
    this.id = Buffer.from(id, "latin1");
    this.timestamp = timestamp;
    this.signature = signature;
    this.body = body;
  }

  content() {
    return Buffer.concat([this.id, Buffer.from(`.${this.timestamp}.`, "latin1"), this.body]);
  }

  isText() {
    return isUtf8(this.id) && isUtf8(this.body);
  }
}

export class Verifier {
  constructor(secret, keys) {
    this.secret = secret;
    this.keys = keys;
    // A secret that is none ends the program here, not with the first delivery.
    this.webhook = secret && new Webhook(secret);
  }

  // The message id of a genuine delivery; throws Refused for any other.
  async verify(request) {
    const message = this.message(request);
    this.checkTime(message);
    await this.checkSignature(message);
    return message.id;
  }

  message(request) {
    const [id, timestamp, signature] = NAMES.map((name) => {
      // `headers` joins a header that came twice by commas: which of the two was meant?
      const values = request.headersDistinct[name] ?? [];
      if (values.length !== 1 || values[0] === "") throw new Refused(`${name} is missing, or came twice`, 400);
      return values[0];
    });
    return new Message(id, timestamp, signature, request.body);
  }

  checkTime(message) {
    // parseInt() and Number() also take "5 minutes", " 5", "+5" and "1e9".
    if (!/^[1-9][0-9]{0,18}$/.test(message.timestamp)) {
      throw new Refused("webhook-timestamp is no Unix time in seconds", 400);
    }
    if (Math.abs(Date.now() / 1000 - Number(message.timestamp)) > TOLERANCE_SECONDS) {
      throw new Refused("webhook-timestamp is more than 5 minutes off");
    }
  }

  async checkSignature(message) {
    if (this.keys && isToken(message.signature)) return this.checkToken(message);
    const entries = this.entries(message);
    if (this.secret && this.v1Matches(message, entries)) return;
    if (this.keys && (await this.v1aMatches(message, entries))) return;
    throw new Refused("no signature matches");
  }

  entries(message) {
    const entries = message.signature.split(" ").filter((entry) => entry !== "");
    if (entries.some((entry) => entry.split(",").length > 2)) {
      throw new Refused("webhook-signature is no list separated by spaces", 400);
    }
    return entries;
  }

  v1Matches(message, entries) {
    const good = entries.filter((entry) => decoded(entry, "v1", 32));
    // The library decodes the body as UTF-8, where the specification takes any bytes.
    if (!message.isText()) return good.some((entry) => same(entry, v1Entry(secretKey(this.secret), message)));
    const headers = {
      "webhook-id": message.id.toString(),
      "webhook-timestamp": message.timestamp,
      "webhook-signature": good.join(" "),
    };
    try {
      this.webhook.verify(message.body, headers, { jsonParse: false });
      return true;
    } catch (error) {
      if (error instanceof WebhookVerificationError) return false;
      throw error;
    }
  }

  async v1aMatches(message, entries) {
    const signatures = entries.map((entry) => decoded(entry, "v1a", 64)).filter(Boolean);
    if (signatures.length === 0) return false;
    // Google's keys have no `kid`: each one is tried.
    const matching = await this.keys.find((key) => signatures.some((signature) => ed25519(key, message, signature)));
    return matching !== undefined;
  }

  async checkToken(message) {
    await refusing(async () => {
      const { kid } = decodeProtectedHeader(message.signature);
      const key = await importJWK(await this.rsaKey(kid), "RS256");
      const { payload } = await jwtVerify(message.signature, key, { algorithms: ["RS256"], ...CLAIMS });
      this.checkClaims(message, payload);
    });
  }

  async rsaKey(kid) {
    const key = await this.keys.find((key) => kid !== undefined && key.kty === "RSA" && key.kid === kid);
    if (!key) throw new Refused("no key has the token's kid");
    return key;
  }

  checkClaims(message, claims) {
    // A token that says for which message it was made is good for no other.
    if ((claims.jti ?? message.id.toString("latin1")) !== message.id.toString("latin1")) {
      throw new Refused("the token was made for another message");
    }
  }
}

// A JWKS, fetched anew when nothing in it fits, but not for each forged delivery.
export class Keys {
  #keepMs;
  #fetched = -Infinity;
  #fetching;

  // `keepMs`: how long they are good, whatever does not fit.
  constructor(url, keepMs = 1000) {
    this.url = url;
    this.#keepMs = keepMs;
  }

  // The first key that fits; undefined without one.
  async find(fits) {
    this.#fetching ??= this.#fetch();
    const found = (await this.#fetching).find(fits);
    if (found || performance.now() - this.#fetched < this.#keepMs) return found;
    this.#fetching = this.#fetch();
    return (await this.#fetching).find(fits);
  }

  async #fetch() {
    this.#fetched = performance.now();
    try {
      const response = await fetch(this.url, { signal: AbortSignal.timeout(5000) });
      return (await response.json()).keys;
    } catch (error) {
      this.#fetching = undefined;
      throw new Refused(`the keys could not be fetched: ${error.message}`);
    }
  }
}

// What is wrong with a token or its key refuses the delivery; jose throws TypeError at some of it.
export async function refusing(check) {
  try {
    await check();
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof TypeError) {
      throw new Refused(`${error.name}: ${error.message}`);
    }
    throw error;
  }
}

const isToken = (signature) => !signature.includes(",") && signature.split(".").length === 3;

// The bytes of an entry in canonical base64; undefined for an entry of another form or version.
function decoded(entry, version, length) {
  const [found, text = ""] = entry.split(",");
  const value = Buffer.from(text, "base64");
  return found === version && value.length === length && value.toString("base64") === text ? value : undefined;
}

export const secretKey = (secret) => Buffer.from(secret.replace(/^whsec_/, ""), "base64");

export const v1Entry = (key, message) => `v1,${createHmac("sha256", key).update(message.content()).digest("base64")}`;

export function same(one, other) {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function ed25519(key, message, signature) {
  if (key.kty !== "OKP" || key.crv !== "Ed25519") return false;
  try {
    return verify(null, message.content(), createPublicKey({ key, format: "jwk" }), signature);
  } catch {
    // A key of the set that is none.
    return false;
  }
}
