"""The server process: its address, and what it is killed in the middle of."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import threading
import uuid

import httpx
import pytest

from labelaudit.review.web.security import AccessPolicy
from labelaudit.review.web.server import ServerError, address, listening


def test_a_port_that_is_taken_is_named():
    with listening("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServerError, match=f"127.0.0.1:{port}: .*--port"):
            listening("127.0.0.1", port)


@pytest.mark.parametrize("host", ["192.0.2.1", "no such host.invalid", "a" * 300, "x\0y"])
def test_an_address_that_is_not_ours_is_refused(host):
    with pytest.raises(ServerError, match="--host"):
        listening(host, 0)


def test_who_listens_everywhere_is_told_an_address_that_works_here():
    assert address(AccessPolicy("t", "0.0.0.0", 80)) == "http://127.0.0.1:80/?token=t"


def test_images_that_cannot_be_shown_are_told_before_the_address_of_the_page(many):
    command = [sys.executable, "-m", "labelaudit", "review", "--no-browser", str(many)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        process.stdout.readline()
        process.kill()
        said = process.stderr.read()
    assert "20 of 20 images cannot be shown: 20 not found (0.jpg, 1.jpg, 2.jpg, ...)" in said
    assert "--images says where to look" in said


def test_every_decision_that_was_answered_outlives_a_kill(serve, many):
    for pause_s in (0.1, 0.4):
        served = serve(many, "--select", "DUP001")
        told = decide_until_killed(served, pause_s)
        again = serve(many, "--select", "DUP001")
        for item, state in told.items():
            assert again.api.get(f"/api/items/{item}").json()["state"] == state
        again.process.kill()


def decide_until_killed(served, pause_s: float) -> dict[str, str]:
    """The state of every finding as the server told it before it was killed."""
    told: dict[str, str] = {}
    items = served.api.get("/api/items?count=200&state=any").json()["items"]
    killer = threading.Timer(pause_s, served.process.kill)
    killer.start()
    with contextlib.suppress(httpx.TransportError):
        for number, item in enumerate(items * 20):
            verdict = ("accept", "reject", "skip")[number % 3]
            decision = {"item": item["id"], "verdict": verdict}
            body = {"uuid": str(uuid.uuid4()), "decisions": [decision]}
            told.pop(item["id"], None)  # until it is answered, either is right
            answer = served.api.post("/api/decisions", json=body)
            told[item["id"]] = answer.json()["items"][0]["state"]
    killer.join()
    served.process.wait()
    return told


def test_small_answers_are_sent_at_once():
    with listening("127.0.0.1", 0) as made:
        assert made.proto == socket.IPPROTO_TCP  # else asyncio leaves out TCP_NODELAY: 40 ms
