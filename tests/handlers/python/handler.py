"""A handler of Gemini's webhooks with Flask and `standardwebhooks`: right, or with one mistake.

python handler.py [--port N] [--secret whsec_…] [--jwks URL] [--mistake NAME]     the secret also as HANDLER_SECRET

The first line says where it listens. Without --jwks it knows `v1` only. GET /handled counts how often it acted on
each message, which a sender cannot see from the answers.
"""

import argparse
import collections
import json
import os
import queue
import sys
import threading
import time

from flask import Flask, jsonify, request
from waitress.server import create_server

from mistakes import VERIFIERS
from verification import Keys, Refused, Verifier

HANDLER_MISTAKES = ("not_idempotent", "fails_on_unknown_type", "slow", "small_body_limit", "crashes_on_list")
SLOW_SECONDS = 6
MIB = 1024 * 1024


def log(*words):
    print(*words, file=sys.stderr, flush=True)


def finished(event):
    log("finished:", event.get("data"))


def failed(event):
    log("failed:", event.get("data"))


def waits(event):
    log("waits for an answer:", event.get("data"))


ACTIONS = {
    "batch.succeeded": finished,
    "batch.failed": failed,
    "batch.expired": failed,
    "batch.cancelled": failed,
    "interaction.completed": finished,
    "interaction.requires_action": waits,
    "interaction.failed": failed,
    "interaction.cancelled": failed,
    "video.generated": finished,
}


def event_of(body):
    """The event; None when the body is none: it was signed all the same, so that it is logged and acknowledged."""
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) and isinstance(event.get("type"), str) else None


class Work:
    """What there is to do, after the answer: the sender waits for a few seconds only."""

    def __init__(self):
        self.waiting = queue.SimpleQueue()
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            event = self.waiting.get()
            try:
                act(event)
            except Exception as error:  # the next one is to be done all the same
                log("the work failed:", repr(error))


def act(event):
    if event is None:
        return log("signed, but no event")
    action = ACTIONS.get(event["type"])
    if action is None:
        return log("an event of an unknown type:", event["type"])
    action(event)


def application(verifier, mistake):
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 4 * MIB
    if mistake == "small_body_limit":
        # MISTAKE: a limit that was copied from somewhere.
        app.config["MAX_CONTENT_LENGTH"] = 100 * 1024
    work = Work()
    lock = threading.Lock()
    handled = collections.Counter()

    @app.post("/hook")
    def hook():
        body = request.get_data()
        try:
            message_id = verifier.verify(request.headers, body).decode("utf-8", "backslashreplace")
        except Refused as refused:
            log("refused:", refused)
            return str(refused), refused.status
        event = event_of(body)
        if mistake == "crashes_on_list" and body.startswith(b"["):
            # MISTAKE: a list has no type. The signature is right all the same.
            log("to do:", json.loads(body)["type"])
        if mistake == "fails_on_unknown_type" and event is not None:
            # MISTAKE: a KeyError at a type that came later, which Flask answers with 500.
            log("to do:", ACTIONS[event["type"]].__name__)
        with lock:
            # Seen and marked in one step: the same message may come twice at once.
            repeated = handled[message_id] > 0
            # MISTAKE of not_idempotent: retries and duplicates are done again.
            if not repeated or mistake == "not_idempotent":
                handled[message_id] += 1
        if repeated and mistake != "not_idempotent":
            return "seen before", 200
        if mistake == "slow":
            # MISTAKE: the sender gives up meanwhile, and sends it again.
            time.sleep(SLOW_SECONDS)
            act(event)
        else:
            work.waiting.put(event)
        return "accepted", 200

    @app.get("/handled")
    def counts():
        with lock:
            return jsonify(handled=dict(handled))

    return app


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--secret", default=os.environ.get("HANDLER_SECRET"))
    parser.add_argument("--jwks")
    parser.add_argument("--mistake", choices=[*VERIFIERS, *HANDLER_MISTAKES], default="none")
    arguments = parser.parse_args()
    if not arguments.secret and not arguments.jwks:
        parser.error("--secret or --jwks is needed")
    verifier = VERIFIERS.get(arguments.mistake, Verifier)(arguments.secret, arguments.jwks and Keys(arguments.jwks))
    # waitress, since Flask's own server is not for production: it reads a request to its end before a thread gets it,
    # so that slow clients hold none up. A thread for each of a burst, since the slow variant sleeps in it. Its limit is
    # beyond Flask's, since it would close the connection on whoever still sends.
    server = create_server(
        application(verifier, arguments.mistake),
        host="127.0.0.1",
        port=arguments.port,
        threads=64,
        connection_limit=1000,
        max_request_body_size=64 * MIB,
    )
    print(json.dumps({"listening": f"http://127.0.0.1:{server.effective_port}/hook"}), flush=True)
    server.run()


main()
