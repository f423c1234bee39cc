"""The signature of a delivery, as Standard Webhooks and Google's guide have it.

A mistake of `mistakes.py` takes the place of one method, the rest stays right.
"""

import base64
import hashlib
import hmac
import json
import re
import threading
import time
import urllib.request
from dataclasses import dataclass

import jwt
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks import Webhook, WebhookVerificationError

TOLERANCE_SECONDS = 300
NAMES = ("webhook-id", "webhook-timestamp", "webhook-signature")
AUDIENCE = "pollux-sandbox"
ISSUER = "https://generativelanguage.googleapis.com"


class Refused(Exception):
    def __init__(self, reason, status=401):
        super().__init__(reason)
        self.status = status


@dataclass
class Message:
    """The headers as the bytes they came in: WSGI hands them on as if they were Latin-1."""

    id: bytes
    timestamp: bytes
    signature: str
    body: bytes

    def content(self):
        return self.id + b"." + self.timestamp + b"." + self.body

    def is_text(self):
        try:
            self.id.decode(), self.body.decode()
        except UnicodeDecodeError:
            return False
        return True


class Verifier:
    def __init__(self, secret, keys):
        self.secret = secret
        self.keys = keys
        # A secret that is none ends the program here, not with the first delivery.
        self.webhook = Webhook(secret) if secret else None

    def verify(self, headers, body):
        """The message id of a genuine delivery; raises Refused for any other."""
        message = self.message(headers, body)
        self.check_time(message)
        self.check_signature(message)
        return message.id

    def message(self, headers, body):
        for name in NAMES:
            if not headers.get(name):
                raise Refused(f"{name} is missing", 400)
        message_id, timestamp, signature = (headers[name] for name in NAMES)
        return Message(message_id.encode("latin-1"), timestamp.encode("latin-1"), signature, body)

    def check_time(self, message):
        # float() and int() also take "1e9", " 5", "+5" and "1_000".
        if not re.fullmatch(rb"[1-9][0-9]{0,18}", message.timestamp):
            raise Refused("webhook-timestamp is no Unix time in seconds", 400)
        if abs(time.time() - int(message.timestamp)) > TOLERANCE_SECONDS:
            raise Refused("webhook-timestamp is more than 5 minutes off")

    def check_signature(self, message):
        if self.keys and is_token(message.signature):
            return self.check_token(message)
        entries = self.entries(message)
        if self.secret and self.v1_matches(message, entries):
            return
        if self.keys and self.v1a_matches(message, entries):
            return
        raise Refused("no signature matches")

    def entries(self, message):
        entries = [entry for entry in message.signature.split(" ") if entry]
        # A header that came twice reaches WSGI as one, joined by commas: which of the two was meant?
        if any(entry.count(",") > 1 for entry in entries):
            raise Refused("webhook-signature is no list separated by spaces", 400)
        return entries

    def v1_matches(self, message, entries):
        # The library raises ValueError at what is no entry, also when a good one follows, and reads base64 leniently.
        good = [entry for entry in entries if decoded(entry, "v1", 32)]
        # The library decodes the body as UTF-8, where the specification takes any bytes.
        if not message.is_text():
            return any(hmac.compare_digest(entry, v1_entry(secret_key(self.secret), message)) for entry in good)
        values = (message.id.decode(), message.timestamp.decode(), " ".join(good))
        try:
            self.webhook.verify(message.body, dict(zip(NAMES, values)), json_parse=False)
        except WebhookVerificationError:
            return False
        return True

    def v1a_matches(self, message, entries):
        signatures = [signature for entry in entries if (signature := decoded(entry, "v1a", 64))]
        # Google's keys have no `kid`: each one is tried.
        return bool(signatures) and self.keys.find(lambda key: any(ed25519(key, message, one) for one in signatures))

    def check_token(self, message):
        token = message.signature
        try:
            kid = jwt.get_unverified_header(token).get("kid")
            key = self.rsa_key(kid)
            claims = jwt.decode(token, key, algorithms=["RS256"], **CLAIMS)
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            raise Refused(f"{type(error).__name__}: {error}") from error
        self.check_claims(message, claims)

    def rsa_key(self, kid):
        found = self.keys.find(lambda key: kid is not None and (key.get("kty"), key.get("kid")) == ("RSA", kid))
        if not found:
            raise Refused("no key has the token's kid")
        return jwt.PyJWK(found, algorithm="RS256").key

    def check_claims(self, message, claims):
        # A token that says for which message it was made is good for no other.
        if claims.get("jti", message.id.decode("latin-1")) != message.id.decode("latin-1"):
            raise Refused("the token was made for another message")


# What jwt.decode is to demand of the claims. 60 seconds for clocks that differ.
CLAIMS = {"audience": AUDIENCE, "issuer": ISSUER, "leeway": 60, "options": {"require": ["exp", "aud", "iss"]}}


class Keys:
    """A JWKS, fetched anew when nothing in it fits, but not for each forged delivery."""

    def __init__(self, url, seconds=1):
        self.url = url
        # How long they are good, whatever does not fit.
        self.seconds = seconds
        self.lock = threading.Lock()
        self.keys = []
        self.fetched = None

    def find(self, fits):
        """The first key that fits; None without one."""
        for key in self.current():
            if fits(key):
                return key
        return next((key for key in self.newer() if fits(key)), None)

    def current(self):
        with self.lock:
            return self.keys if self.fetched is not None else self.fetch()

    def newer(self):
        with self.lock:
            return [] if time.monotonic() - self.fetched < self.seconds else self.fetch()

    def fetch(self):
        self.fetched = time.monotonic()
        try:
            with urllib.request.urlopen(self.url, timeout=5) as response:
                self.keys = json.load(response)["keys"]
        except (OSError, ValueError, LookupError) as error:
            raise Refused(f"the keys could not be fetched: {error}") from error
        return self.keys


def is_token(signature):
    return "," not in signature and signature.count(".") == 2


def decoded(entry, version, length):
    """The bytes of an entry in canonical base64; None for an entry of another form or version."""
    found, _, text = entry.partition(",")
    try:
        value = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    canonical = base64.b64encode(value).decode() == text
    return value if found == version and canonical and len(value) == length else None


def secret_key(secret):
    return base64.b64decode(secret.removeprefix("whsec_") + "==")


def v1_entry(key, message):
    return "v1," + base64.b64encode(hmac.new(key, message.content(), hashlib.sha256).digest()).decode()


def ed25519(key, message, signature):
    if (key.get("kty"), key.get("crv")) != ("OKP", "Ed25519"):
        return False
    try:
        public = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(key["x"] + "=="))
        public.verify(signature, message.content())
    except (InvalidSignature, LookupError, ValueError):
        return False
    return True
