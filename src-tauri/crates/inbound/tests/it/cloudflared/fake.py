#!/usr/bin/env python3
"""Stands in for cloudflared: the same flags, the same words on stderr, the same two pages on the metrics port.

It is started through a link; next to the link are `modes.json` (a list: one mode for each start, the last one stays)
and, written here, `starts.jsonl`. A file `down` there means that it has no connection.
"""

import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HERE = os.path.dirname(os.path.abspath(sys.argv[0]))
STARTS = os.path.join(HERE, "starts.jsonl")
VALUES = {"--config", "--metrics", "--output", "--protocol", "--url"}


def flags(arguments):
    if arguments[:1] != ["tunnel"]:
        sys.exit("No such command")
    found, rest = {}, arguments[1:]
    while rest:
        name = rest.pop(0)
        if name == "--no-autoupdate":
            found[name] = True
        elif name in VALUES and mode.get("knows", name) == name:
            found[name] = rest.pop(0)
        else:
            # The parser of the command line writes to stdout.
            print(f"Incorrect Usage: flag provided but not defined: -{name.lstrip('-')}\n\nNAME:\n   cloudflared tunnel", flush=True)
            sys.exit(1)
    return found


def log(level, message, **fields):
    if mode.get("plain"):
        short = {"info": "INF", "error": "ERR"}[level]
        more = "".join(f' {name}="{value}"' for name, value in fields.items())
        line = f"2026-11-21T00:48:41Z {short} {message}{more}"
    else:
        line = json.dumps({"level": level, **fields, "time": "2026-11-21T00:48:41Z", "message": message})
    print(line, file=sys.stderr, flush=True)


def fail(words):
    print(words, file=sys.stderr, flush=True)
    sys.exit(1)


def stopped(*_):
    log("info", "Tunnel server stopped")
    os._exit(0)


with open(os.path.join(HERE, "modes.json")) as file:
    modes = json.load(file)
start = sum(1 for _ in open(STARTS)) if os.path.exists(STARTS) else 0
mode = modes[min(start, len(modes) - 1)]
given = flags(sys.argv[1:])
signal.signal(signal.SIGINT, signal.SIG_IGN if mode.get("deaf") else stopped)
with open(STARTS, "a") as file:
    seen = {
        "pid": os.getpid(),
        "group": os.getpgid(0),
        "arguments": sys.argv[1:],
        "kept_from_it": sorted(name for name in os.environ if name.startswith("TUNNEL_") or name.endswith(("_API_KEY", "_AUTHTOKEN"))),
        "config_bytes": os.path.getsize(given["--config"]),
        "stdin": sys.stdin.read(),
    }
    file.write(json.dumps(seen) + "\n")

kind = mode["mode"]
if mode.get("noise"):
    for pipe in (sys.stdout, sys.stderr):
        for _ in range(mode["noise"]):
            print("x" * 1023, file=pipe)
        pipe.flush()

log("info", "Thank you for trying Cloudflare Tunnel. (https://www.cloudflare.com/website-terms/)")
log("info", "Requesting new quick Tunnel on trycloudflare.com...")
if kind == "limited":
    log(
        "error",
        "Error unmarshaling QuickTunnel response: error code: 1015",
        error="invalid character 'e' looking for beginning of value",
        status_code="429 Too Many Requests",
    )
    fail("failed to unmarshal quick Tunnel: invalid character 'e' looking for beginning of value")
if kind == "api500":
    fail("failed to parse quick Tunnel ID: invalid UUID length: 0")
if kind == "dns":
    fail('failed to request quick Tunnel: Post "https://api.trycloudflare.com/tunnel": dial tcp: lookup api.trycloudflare.com: no such host')
if kind == "refused":
    fail('failed to request quick Tunnel: Post "https://api.trycloudflare.com/tunnel": dial tcp 192.0.2.1:443: i/o timeout')
if kind == "exit":
    log("error", "Something of its own \x1b[31m went wrong")
    os._exit(mode["code"])
if kind == "mute":
    time.sleep(3600)

hostname = f"four-dashed-word-url{start}.trycloudflare.com"
ready_at = time.monotonic() + mode.get("after", 0)


def ready():
    connects = kind not in ("quic", "refusing")
    return connects and time.monotonic() >= ready_at and not os.path.exists(os.path.join(HERE, "down"))


class Metrics(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/ready":
            status = 200 if ready() else 503
            self.answer(status, {"status": status, "readyConnections": int(ready()), "connectorId": "x"})
        elif self.path == "/quicktunnel" and not mode.get("no_page"):
            self.answer(200, {"hostname": hostname})
        else:
            self.answer(404, {})

    def answer(self, status, body):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_):
        pass


host, port = given["--metrics"].rsplit(":", 1)
server = ThreadingHTTPServer((host, int(port)), Metrics)
threading.Thread(target=server.serve_forever, daemon=True).start()

log("info", "+" + "-" * 92 + "+")
log("info", "|  Your quick Tunnel has been created! Visit it at (it may take some time to be reachable):  |")
log("info", f"|  https://{hostname}".ljust(93) + "|")
log("info", "+" + "-" * 92 + "+")
log("error", f"Configuration file {given['--config']} was empty")

for _ in range(3):
    if kind == "quic":
        log("error", "Failed to dial a quic connection", error="failed to dial to edge with quic: timeout: no recent network activity", connIndex=0)
    if kind == "refusing":
        log("error", "Register tunnel error from server side", error="Unauthorized: Failed to get tunnel", connIndex=0)
if kind == "quic" and mode.get("gives_up"):
    os._exit(1)
if kind == "crash":
    time.sleep(mode["after_s"])
    print("panic: runtime error: invalid memory address", file=sys.stderr, flush=True)
    os.kill(os.getpid(), getattr(signal, mode["signal"]))
if kind == "ends":
    time.sleep(mode["after_s"])
    log("error", "Initiating shutdown", error="too old")
    os._exit(7)
while True:
    time.sleep(60)
