"""Who is let in, and what every answer carries."""

from __future__ import annotations

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

from labelaudit.review.web.security import (
    HEADERS,
    LARGEST_BODY,
    AccessPolicy,
    SecurityMiddleware,
    new_token,
)

HOME = "http://127.0.0.1:8000"
BEARER = {"authorization": "Bearer secret"}


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the body that it was sent."""
    request = Request(scope, receive)
    await Response(b"in:" + await request.body())(scope, receive, send)


def client(host: str = "127.0.0.1", base: str = HOME) -> TestClient:
    return TestClient(SecurityMiddleware(echo, AccessPolicy("secret", host, 8000)), base_url=base)


def test_the_token_is_taken_from_the_cookie_the_bearer_and_the_address_of_the_page():
    browser = client()
    assert browser.get("/api", headers=BEARER).text == "in:"
    assert browser.get("/?token=secret").text == "in:"
    browser.cookies.set("labelaudit_8000", "secret")
    assert browser.get("/api").text == "in:"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer wrong"},
        {"authorization": "Basic secret"},
        {"authorization": "Bearer "},
        {"cookie": "labelaudit_8001=secret"},
        {"cookie": "labelaudit_8000=s\u00e9cret".encode("latin-1")},
    ],
)
def test_without_the_token_nobody_is_let_in(headers):
    browser = client()
    assert browser.get("/api", headers=headers).status_code == 401


def test_only_the_page_takes_the_token_from_the_address():
    browser = client()
    assert browser.get("/api?token=secret").status_code == 401


@pytest.mark.parametrize(
    "host", ["evil.example:8000", "127.0.0.1", "127.0.0.1:80", "127.0.0.1.evil.example:8000", ""]
)
def test_a_name_that_is_not_ours_is_refused_whatever_it_points_to(host):
    browser = client()
    answer = browser.get("/api", headers=BEARER | {"host": host})
    assert answer.status_code == 421


@pytest.mark.parametrize("user", ["user@", "user:word@", "evil.example:8000@", ":@", "@"])
def test_a_name_of_ours_behind_that_of_a_user_is_refused(user):
    browser = client()
    for name in ("127.0.0.1:8000", "localhost:8000", "[::1]:8000"):
        assert browser.get("/api", headers=BEARER | {"host": user + name}).status_code == 421


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "[::1]:8000"])
def test_every_name_of_loopback_is_ours(host):
    browser = client()
    assert browser.get("/api", headers=BEARER | {"host": host}).status_code == 200


def test_other_addresses_are_ours_only_where_the_server_listens_on_them():
    lan = BEARER | {"host": "192.168.1.5:8000"}
    browser = client()
    assert browser.get("/api", headers=lan).status_code == 421
    browser = client("0.0.0.0")
    assert browser.get("/api", headers=lan).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9000"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_another_site_may_not_ask_even_with_the_token(headers):
    browser = client()
    assert browser.post("/api", headers=BEARER | headers).status_code == 403


def test_our_own_page_may_ask():
    ours = {"origin": HOME, "sec-fetch-site": "same-origin"}
    browser = client()
    assert browser.post("/api", headers=BEARER | ours, content=b"x").text == "in:x"


def test_a_link_from_elsewhere_may_open_the_page_with_its_token():
    link = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    browser = client()
    assert browser.get("/?token=secret", headers=link).status_code == 200


def test_a_body_over_the_limit_is_refused_and_one_at_the_limit_is_not():
    browser = client()
    at = browser.post("/api", headers=BEARER, content=b"x" * LARGEST_BODY)
    over = browser.post("/api", headers=BEARER, content=b"x" * (LARGEST_BODY + 1))
    assert (at.status_code, over.status_code) == (200, 413)


def test_a_body_that_does_not_say_its_length_is_limited_too():
    pieces = (b"x" * 1000 for _ in range(LARGEST_BODY // 1000 + 1))
    browser = client()
    assert browser.post("/api", headers=BEARER, content=pieces).status_code == 413


@pytest.mark.parametrize("headers", [BEARER, {}, BEARER | {"origin": "http://evil.example"}])
def test_every_answer_forbids_scripts_and_frames_from_elsewhere(headers):
    browser = client()
    answer = browser.post("/api", headers=headers)
    assert all(answer.headers[name] == value for name, value in HEADERS.items())
    assert answer.headers["cache-control"] == "no-store"
    assert "unsafe" not in answer.headers["content-security-policy"]


def test_a_refusal_does_not_show_the_token():
    browser = client()
    answers = [browser.get("/api"), browser.get("/api", headers={"host": "x"})]
    assert all("secret" not in answer.text for answer in answers)


def test_tokens_are_long_and_differ():
    tokens = {new_token() for _ in range(20)}
    assert len(tokens) == 20
    assert all(len(token) >= 43 for token in tokens)


def test_an_answer_keeps_a_caching_rule_of_its_own():
    async def cached(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("x", headers={"cache-control": "private"})(scope, receive, send)

    browser = TestClient(
        SecurityMiddleware(cached, AccessPolicy("secret", "127.0.0.1", 8000)), base_url=HOME
    )
    assert browser.get("/", headers=BEARER).headers["cache-control"] == "private"


def test_a_websocket_is_closed_at_once():
    with pytest.raises(WebSocketDisconnect), client().websocket_connect("/", headers=BEARER):
        pass
