"""A receiver that verifies deliveries with other people's libraries.

python receive.py static SECRETS.json [--port N] [--answers 503,hang,200]    standardwebhooks
python receive.py v1a JWKS_URL [...]                                         PyCA cryptography
python receive.py jwt JWKS_URL [...]                                         PyJWT

The first line says where it listens; then a line a request, printed before it is answered. What does not verify is
answered 401, the rest as --answers say: one each, the last one from then on; `hang` never answers.
"""

import argparse
import base64
import json
import sys
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks import Webhook, WebhookVerificationError

TOLERANCE_SECONDS = 300


class Refused(Exception):
    pass


def static(secrets_file):
    """Verifies with each secret of the file, which is read anew each time; says which of them matched."""

    def verify(headers, body):
        with open(secrets_file, encoding="utf-8") as file:
            secrets = json.load(file)
        matched, reason = [], None
        for secret in secrets:
            try:
                Webhook(secret).verify(body, headers)
                matched.append(True)
            except WebhookVerificationError as error:
                matched.append(False)
                reason = str(error)
        if not any(matched):
            raise Refused(reason)
        return {"matched": matched}

    return verify


def v1a(jwks_url):
    """Tries each OKP key of the served JWKS against each `v1a` entry."""

    def verify(headers, body):
        if abs(time.time() - int(headers["webhook-timestamp"])) > TOLERANCE_SECONDS:
            raise Refused("the timestamp is more than 5 minutes off")
        with urllib.request.urlopen(jwks_url, timeout=10) as response:
            keys = [key for key in json.load(response)["keys"] if (key["kty"], key.get("crv")) == ("OKP", "Ed25519")]
        content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        entries = [entry for entry in headers["webhook-signature"].split(" ") if entry.startswith("v1a,")]
        for key in keys:
            public = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(key["x"] + "=="))
            for entry in entries:
                try:
                    public.verify(base64.b64decode(entry.removeprefix("v1a,"), validate=True), content)
                except InvalidSignature:
                    continue
                return {"keys": len(keys), "with_kid": sum("kid" in key for key in keys)}
        raise Refused(f"none of {len(keys)} keys matches any of {len(entries)} signatures")

    return verify


def token(jwks_url):
    """Verifies the token with the key of its `kid`, and that it was made for this message."""
    client = jwt.PyJWKClient(jwks_url)

    def verify(headers, body):
        encoded = headers["webhook-signature"]
        try:
            key = client.get_signing_key_from_jwt(encoded)
            # Nobody has published what `aud` is: that it is there has to do.
            options = {"require": ["iss", "aud", "iat", "exp", "jti"], "verify_aud": False}
            claims = jwt.decode(encoded, key, algorithms=["RS256"], options=options)
        except jwt.PyJWTError as error:
            raise Refused(f"{type(error).__name__}: {error}") from error
        if claims["jti"] != headers["webhook-id"]:
            raise Refused("the token was made for another message")
        return {"claims": claims}

    return verify


SCHEMES = {"static": static, "v1a": v1a, "jwt": token}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("scheme", choices=SCHEMES)
    parser.add_argument("keys")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--answers", default="200")
    arguments = parser.parse_args()
    verify = SCHEMES[arguments.scheme](arguments.keys)
    answers = arguments.answers.split(",")
    lock = threading.Lock()

    class Receiver(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            headers = {name.lower(): value for name, value in self.headers.items()}
            line = {"headers": headers, "body": body.decode("utf-8", "replace")}
            try:
                line |= {"verified": True} | verify(headers, body)
            except (Refused, KeyError, ValueError) as error:
                line |= {"verified": False, "reason": str(error)}
            with lock:
                answer = "401"
                if line["verified"]:
                    answer = answers.pop(0) if len(answers) > 1 else answers[0]
                print(json.dumps(line | {"answer": answer}), flush=True)
            if answer == "hang":
                threading.Event().wait()
            self.send_response(int(answer))
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", arguments.port), Receiver)
    server.daemon_threads = True
    print(json.dumps({"listening": f"http://127.0.0.1:{server.server_port}/hook"}), flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        sys.exit(0)


main()
