// What people get wrong about signatures, one mistake each. Those of the handler itself are in `handler.mjs`.
import { Buffer } from "node:buffer";
import { createPublicKey } from "node:crypto";
import { UnsecuredJWT, compactVerify, createRemoteJWKSet, decodeProtectedHeader, importJWK, jwtVerify } from "jose";
import { CLAIMS, Keys, NAMES, Refused, Verifier, refusing, same, secretKey, v1Entry } from "./verification.mjs";

const claimedId = (request) => Buffer.from(request.get("webhook-id") ?? "", "latin1");

class Reserialises extends Verifier {
  message(request) {
    const message = super.message(request);
    // MISTAKE: not the bytes that were signed. Equal by luck, until a space, an escape or a big number comes.
    try {
      message.body = Buffer.from(JSON.stringify(JSON.parse(request.body)));
    } catch {
      throw new Refused("the body is not JSON", 400);
    }
    return message;
  }
}

class UndecodedSecret extends Verifier {
  v1Matches(message, entries) {
    // MISTAKE: the text of the secret, where the key is what it decodes to.
    const key = this.secret.replace(/^whsec_/, "");
    return entries.some((entry) => same(entry, v1Entry(key, message)));
  }
}

class WholeSecret extends Verifier {
  v1Matches(message, entries) {
    // MISTAKE: the text of the secret, with its prefix even.
    return entries.some((entry) => same(entry, v1Entry(this.secret, message)));
  }
}

class NoTimeCheck extends Verifier {
  // MISTAKE: a delivery that somebody recorded is good for ever.
  checkTime() {}

  v1Matches(message, entries) {
    // The library would look at the time.
    return entries.some((entry) => same(entry, v1Entry(secretKey(this.secret), message)));
  }
}

class TruncatedCompare extends Verifier {
  v1Matches(message, entries) {
    const expected = v1Entry(secretKey(this.secret), message);
    // MISTAKE: the first 8 characters are 48 bits, and === takes its time with each that is right.
    return entries.some((entry) => entry.startsWith("v1,") && entry.slice(3, 11) === expected.slice(3, 11));
  }
}

class FirstSignatureOnly extends Verifier {
  entries(message) {
    // MISTAKE: during a rotation there is an entry for each secret, in any order.
    return super.entries(message).slice(0, 1);
  }
}

class CrashesOnMissingHeader extends Verifier {
  message(request) {
    // MISTAKE: a header that did not come is undefined, and undefined has no trim().
    for (const name of NAMES) request.headers[name].trim();
    return super.message(request);
  }
}

class UnsignedWithoutHeader extends Verifier {
  async verify(request) {
    // MISTAKE: verified if it is signed. Who forges a delivery leaves the signature out.
    return request.headers["webhook-signature"] === undefined ? claimedId(request) : super.verify(request);
  }
}

class NoVerification extends Verifier {
  async verify(request) {
    // MISTAKE: "we add that later".
    return claimedId(request);
  }
}

class TrustsAlg extends Verifier {
  async checkToken(message) {
    await refusing(async () => {
      const token = message.signature;
      const { alg, kid } = decodeProtectedHeader(token);
      // MISTAKE: the token says itself how it wants to be verified, and the public key is known to everybody.
      if (alg === "none") return this.checkClaims(message, UnsecuredJWT.decode(token, CLAIMS).payload);
      if (alg !== "HS256") return super.checkToken(message);
      const key = createPublicKey({ key: await this.rsaKey(kid), format: "jwk" });
      const pem = Buffer.from(key.export({ type: "spki", format: "pem" }));
      this.checkClaims(message, (await jwtVerify(token, pem, CLAIMS)).payload);
    });
  }
}

// No mistake: keys are kept for minutes, as jose's own client does, which fetches them anew for a kid that is new.
class KeepsKeys extends Verifier {
  constructor(secret, keys) {
    super(secret, keys && new Keys(keys.url, 300_000));
    this.remote = keys && createRemoteJWKSet(new URL(keys.url));
  }

  async checkToken(message) {
    await refusing(async () => {
      if (decodeProtectedHeader(message.signature).kid === undefined) throw new Refused("the token names no key");
      const { payload } = await jwtVerify(message.signature, this.remote, { algorithms: ["RS256"], ...CLAIMS });
      this.checkClaims(message, payload);
    });
  }
}

class Answers500 extends Verifier {
  async verify() {
    // MISTAKE: express.json() has read the body, and there are no bytes left.
    throw new TypeError("the body is an object, and not a Buffer");
  }
}

class DiesOnAlgNone extends Verifier {
  async checkToken(message) {
    await refusing(async () => {
      if (decodeProtectedHeader(message.signature).alg !== "none") return super.checkToken(message);
      // MISTAKE: thrown in a callback, where nobody catches it: that ends Node.
      setImmediate(() => {
        throw new Error("no key for alg none");
      });
      await new Promise(() => {});
    });
  }
}

class ComparesWholeHeader extends Verifier {
  entries(message) {
    super.entries(message);
    // MISTAKE: header === expected. During a rotation there are two in it.
    return [message.signature];
  }
}

class SplitsAtComma extends Verifier {
  entries(message) {
    // MISTAKE: header.split(",")[1] has the version of the next entry at its end.
    return [message.signature.split(",").slice(0, 2).join(",")];
  }
}

class ChecksNoClaim extends Verifier {
  async checkToken(message) {
    // MISTAKE: the signature is right. When it was made, and for whom, nobody asks.
    await refusing(async () => {
      const { kid } = decodeProtectedHeader(message.signature);
      const key = await importJWK(await this.rsaKey(kid), "RS256");
      await compactVerify(message.signature, key, { algorithms: ["RS256"] });
    });
  }
}

export const VERIFIERS = {
  none: Verifier,
  keeps_keys: KeepsKeys,
  answers_500: Answers500,
  dies_on_alg_none: DiesOnAlgNone,
  compares_whole_header: ComparesWholeHeader,
  splits_at_comma: SplitsAtComma,
  checks_no_claim: ChecksNoClaim,
  reserialises: Reserialises,
  undecoded_secret: UndecodedSecret,
  whole_secret: WholeSecret,
  no_time_check: NoTimeCheck,
  truncated_compare: TruncatedCompare,
  first_signature_only: FirstSignatureOnly,
  crashes_on_missing_header: CrashesOnMissingHeader,
  unsigned_without_header: UnsignedWithoutHeader,
  no_verification: NoVerification,
  trusts_alg: TrustsAlg,
};
