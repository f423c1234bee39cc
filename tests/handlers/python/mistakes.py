"""What people get wrong about signatures, one mistake each. Those of the handler itself are in `handler.py`."""

import base64
import dataclasses
import hashlib
import hmac
import json
import os

import jwt
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from verification import CLAIMS, NAMES, Keys, Refused, Verifier, secret_key, v1_entry


def claimed_id(headers):
    return headers.get("webhook-id", "").encode("latin-1")


class Reserialises(Verifier):
    def message(self, headers, body):
        message = super().message(headers, body)
        # MISTAKE: not the bytes that were signed. Equal by luck, until a space, an escape or an umlaut comes.
        try:
            again = json.dumps(json.loads(body), separators=(",", ":"))
        except (ValueError, RecursionError) as error:
            raise Refused("the body is not JSON", 400) from error
        return dataclasses.replace(message, body=again.encode())


class UndecodedSecret(Verifier):
    def v1_matches(self, message, entries):
        # MISTAKE: the text of the secret, where the key is what it decodes to.
        key = self.secret.removeprefix("whsec_").encode()
        return any(hmac.compare_digest(entry.encode(), v1_entry(key, message).encode()) for entry in entries)


class WholeSecret(Verifier):
    def v1_matches(self, message, entries):
        # MISTAKE: the text of the secret, with its prefix even.
        key = self.secret.encode()
        return any(hmac.compare_digest(entry.encode(), v1_entry(key, message).encode()) for entry in entries)


class NoTimeCheck(Verifier):
    def check_time(self, message):
        # MISTAKE: a delivery that somebody recorded is good for ever.
        pass

    def v1_matches(self, message, entries):
        # The library would look at the time.
        expected = v1_entry(secret_key(self.secret), message)
        return any(hmac.compare_digest(entry.encode(), expected.encode()) for entry in entries)


class TruncatedCompare(Verifier):
    def v1_matches(self, message, entries):
        expected = v1_entry(secret_key(self.secret), message)
        # MISTAKE: the first 8 characters are 48 bits, and == takes its time with each that is right.
        return any(entry.startswith("v1,") and entry[3:11] == expected[3:11] for entry in entries)


class FirstSignatureOnly(Verifier):
    def entries(self, message):
        # MISTAKE: during a rotation there is an entry for each secret, in any order.
        return super().entries(message)[:1]


class CrashesOnMissingHeader(Verifier):
    def message(self, headers, body):
        # MISTAKE: get() gives None for a header that did not come, and None has no strip().
        for name in NAMES:
            headers.get(name).strip()
        return super().message(headers, body)


class UnsignedWithoutHeader(Verifier):
    def verify(self, headers, body):
        # MISTAKE: verified if it is signed. Who forges a delivery leaves the signature out.
        if "webhook-signature" not in headers:
            return claimed_id(headers)
        return super().verify(headers, body)


class NoVerification(Verifier):
    def verify(self, headers, body):
        # MISTAKE: "we add that later".
        return claimed_id(headers)


class TrustsAlg(Verifier):
    def check_token(self, message):
        # MISTAKE: the token says itself how it wants to be verified, and the public key is known to everybody. PyJWT
        # would refuse: this is how it is done without it.
        try:
            header = jwt.get_unverified_header(message.signature)
            if header.get("alg") not in ("none", "HS256"):
                return super().check_token(message)
            if header["alg"] == "HS256" and not self.hs256_matches(message.signature, header.get("kid")):
                raise Refused("the token's signature does not match")
            checks = {"verify_signature": False, "verify_exp": True, "verify_nbf": True, "verify_aud": True}
            options = CLAIMS["options"] | checks | {"verify_iss": True}
            claims = jwt.decode(message.signature, **CLAIMS | {"options": options})
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            raise Refused(f"{type(error).__name__}: {error}") from error
        self.check_claims(message, claims)

    def hs256_matches(self, token, kid):
        pem = self.rsa_key(kid).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        content, _, signature = token.rpartition(".")
        expected = hmac.new(pem, content.encode(), hashlib.sha256).digest()
        return hmac.compare_digest(expected, base64.urlsafe_b64decode(signature + "=="))


class KeepsKeys(Verifier):
    """No mistake: keys are kept for minutes, as PyJWT's own client does, which fetches them anew for a kid that is new."""

    def __init__(self, secret, keys):
        super().__init__(secret, keys and Keys(keys.url, seconds=300))
        self.client = keys and jwt.PyJWKClient(keys.url)

    def rsa_key(self, kid):
        if kid is None:
            raise Refused("the token names no key")
        return self.client.get_signing_key(kid).key


class Answers500(Verifier):
    def verify(self, headers, body):
        # MISTAKE: somebody else has read the body, and there is none left.
        raise TypeError("the body is a dict, and not bytes")


class DiesOnAlgNone(Verifier):
    def check_token(self, message):
        try:
            algorithm = jwt.get_unverified_header(message.signature).get("alg")
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            raise Refused(f"{type(error).__name__}: {error}") from error
        # MISTAKE: what nobody catches ends the process.
        if algorithm == "none":
            os._exit(1)
        super().check_token(message)


class ComparesWholeHeader(Verifier):
    def entries(self, message):
        # MISTAKE: header == expected. During a rotation there are two in it.
        return [message.signature]


class SplitsAtComma(Verifier):
    def entries(self, message):
        # MISTAKE: header.split(",")[1] has the version of the next entry at its end.
        parts = message.signature.split(",")
        return [",".join(parts[:2])]


class ChecksNoClaim(Verifier):
    def check_token(self, message):
        # MISTAKE: the signature is right. When it was made, and for whom, nobody asks.
        checks = {name: False for name in ("verify_exp", "verify_nbf", "verify_iat", "verify_aud", "verify_iss")}
        try:
            kid = jwt.get_unverified_header(message.signature).get("kid")
            jwt.decode(message.signature, self.rsa_key(kid), algorithms=["RS256"], options=checks)
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            raise Refused(f"{type(error).__name__}: {error}") from error


VERIFIERS = {
    "none": Verifier,
    "keeps_keys": KeepsKeys,
    "answers_500": Answers500,
    "dies_on_alg_none": DiesOnAlgNone,
    "compares_whole_header": ComparesWholeHeader,
    "splits_at_comma": SplitsAtComma,
    "checks_no_claim": ChecksNoClaim,
    "reserialises": Reserialises,
    "undecoded_secret": UndecodedSecret,
    "whole_secret": WholeSecret,
    "no_time_check": NoTimeCheck,
    "truncated_compare": TruncatedCompare,
    "first_signature_only": FirstSignatureOnly,
    "crashes_on_missing_header": CrashesOnMissingHeader,
    "unsigned_without_header": UnsignedWithoutHeader,
    "no_verification": NoVerification,
    "trusts_alg": TrustsAlg,
}
