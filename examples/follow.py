#!/usr/bin/env python3
"""Follows a feed live and never loses or repeats a message. Python's standard library alone.

    python3 examples/follow.py http://127.0.0.1:8080/v1/feeds/<key> [file that remembers the cursor]

docs/reading.md says what this does and why. Each message is one line of JSON on standard output.
"""
import http.client
import json
import os
import sys
import time
import urllib.error
import urllib.request

SILENCE_SECONDS = 35  # a live feed says something every 10 s: what is silent for longer is a dead line
RETRY_SECONDS_MAX = 30


def open_stream(feed, cursor):
    headers = {"Accept": "text/event-stream"}
    if cursor:
        headers["Last-Event-ID"] = cursor
    return urllib.request.urlopen(urllib.request.Request(feed + "/live", headers=headers), timeout=SILENCE_SECONDS)


def events_of(stream):
    """Blocks of server-sent events as (id, name, data); data is None where an id stands alone."""
    block = {}
    for line in stream:
        line = line.decode("utf-8").rstrip("\r\n")
        if line == "":
            if block:
                yield block.get("id"), block.get("event", "message"), block.get("data")
            block = {}
        elif not line.startswith(":"):
            field, _, value = line.partition(":")
            block[field] = value.removeprefix(" ")


def follow(feed, cursor, remember):
    """Returns when the feed is gone."""
    last = -1
    failures = 0
    while True:
        wait = min(2**failures / 2, RETRY_SECONDS_MAX)
        try:
            with open_stream(feed, cursor) as stream:
                for event_id, name, data in events_of(stream):
                    failures = 0
                    if name == "gap":  # the cursor is of another log: everything follows, from the oldest message on
                        last = -1
                        print("gap: throw away what was read before", file=sys.stderr)
                    elif name == "gone":
                        return
                    elif name == "message" and data is not None:
                        message = json.loads(data)
                        if int(message["position"]) <= last:
                            continue
                        last = int(message["position"])
                        print(data, flush=True)
                    if event_id:  # only now: what was not printed yet must come again
                        cursor = event_id
                        remember(cursor)
            wait = 1  # the service ended it in order: slow, or drain
        except urllib.error.HTTPError as refusal:
            problem = json.load(refusal) if "json" in refusal.headers.get("Content-Type", "") else {}
            if not problem.get("retryable", refusal.code >= 500):
                raise SystemExit(f"{refusal.code}: {problem.get('detail', 'no feed')}") from None
            wait = int(refusal.headers.get("Retry-After", wait))
        except (OSError, ValueError, http.client.HTTPException) as broken:
            print(f"{broken}; trying again in {wait} s", file=sys.stderr)
        failures += 1
        time.sleep(wait)


def main(feed, state=None):
    cursor = None
    if state and os.path.exists(state):
        with open(state, encoding="ascii") as file:
            cursor = file.read().strip()

    def remember(cursor):
        if state:
            with open(state + ".new", "w", encoding="ascii") as file:
                file.write(cursor)
            os.replace(state + ".new", state)

    follow(feed.rstrip("/"), cursor or "AQAAAAAAAAAA", remember)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (KeyboardInterrupt, BrokenPipeError):
        os._exit(130)
