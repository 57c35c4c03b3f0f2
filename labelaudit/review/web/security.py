"""Who may ask the server for what: checked before any request reaches the API.

The server listens on loopback and shows a dataset that may be private. Three things could reach
it anyway: another user of the machine (who does not know the token), a web page that is open in
the same browser (refused by Origin, Sec-Fetch-Site and the strict cookie), and a page whose domain
name was made to point here after it loaded (refused by Host).
"""

from __future__ import annotations

import hmac
import ipaddress
import secrets
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_BODY = 1 << 16
"""Bytes of a request's body; a decision with a class name of 10,000 characters is under this."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
"""What every answer carries, refusals included."""

_CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def new_token() -> str:
    """A token that nobody guesses: 256 bits."""
    return secrets.token_urlsafe(32)


@dataclass(frozen=True)
class AccessPolicy:
    """What a request must show to be let in."""

    token: str
    host: str  # the address that the server listens on
    port: int

    @property
    def cookie(self) -> str:
        """The name of the cookie; browsers share cookies between the ports of a host."""
        return f"labelaudit_{self.port}"

    def refusal(self, scope: Scope, headers: Headers) -> Response | None:
        """Why a request is not let in; None if it is."""
        host = headers.get("host", "")
        if not self._is_ours(host):
            return PlainTextResponse(f"not a name of this server: {host[:200]!r}\n", 421)
        if not _is_same_site(scope["method"], headers, host):
            return PlainTextResponse("another site may not ask this server\n", 403)
        if not any(self._is_token(word) for word in self._tokens(headers, scope)):
            text = "the token is missing or wrong; open the address that labelaudit printed\n"
            return PlainTextResponse(text, 401, {"www-authenticate": "Bearer"})
        return None

    def _is_ours(self, host: str) -> bool:
        """Whether a Host header names this server: by address, or by a name that is the machine's.

        A domain that was made to point here (DNS rebinding) is neither.
        """
        try:
            parts = urlsplit(f"//{host}")
            name, port = parts.hostname or "", parts.port or 80
        except ValueError:
            return False
        if port != self.port or parts.username is not None:
            return False
        if name in ("localhost", self.host):
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return not _is_loopback(self.host) and name == socket.gethostname().lower()
        return address.is_loopback or not _is_loopback(self.host)

    def _tokens(self, headers: Headers, scope: Scope) -> Iterable[str]:
        """The tokens that a request shows: as its cookie, as a bearer, in the page's address."""
        yield cookie_parser(headers.get("cookie", "")).get(self.cookie, "")
        scheme, _, word = headers.get("authorization", "").partition(" ")
        yield word if scheme.lower() == "bearer" else ""
        yield QueryParams(scope["query_string"]).get("token", "") if scope["path"] == "/" else ""

    def _is_token(self, word: str) -> bool:
        return hmac.compare_digest(word.encode("utf-8", "replace"), self.token.encode())


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_same_site(method: str, headers: Headers, host: str) -> bool:
    """Whether a browser says that the request comes from our own page, or no browser asks.

    A page elsewhere may lead here by a link (the address with the token stands in a terminal or a
    chat); more than the page itself it does not get.
    """
    origin = headers.get("origin")
    if origin is not None and origin != f"http://{host}":
        return False
    site = headers.get("sec-fetch-site", "none")
    navigation = method == "GET" and headers.get("sec-fetch-mode") == "navigate"
    return site in ("none", "same-origin") or navigation


class SecurityMiddleware:
    """Lets requests in by a `AccessPolicy`, limits their bodies and marks every answer."""

    def __init__(self, app: ASGIApp, door: AccessPolicy) -> None:
        self.app = app
        self.door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":  # there is no websocket here
            await send({"type": "websocket.close", "code": 1008})
            return
        headers, marked = Headers(scope=scope), _Marked(send)
        refusal = self.door.refusal(scope, headers)
        if refusal is None and scope["method"] in _CHANGING:
            body = await _body(headers, receive)
            if body is None:
                refusal = PlainTextResponse(f"a body has at most {LARGEST_BODY} bytes\n", 413)
            else:
                receive = _replayed(body, receive)
        await (refusal or self.app)(scope, receive, marked)


class _Marked:
    """Sends an answer with the headers that every answer carries."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            headers.setdefault("cache-control", "no-store")
        await self._send(message)


async def _body(headers: Headers, receive: Receive) -> bytes | None:
    """The whole body of a request; None if it is larger than any that has a meaning here."""
    stated = headers.get("content-length", "0")
    if not stated.isdecimal() or int(stated) > LARGEST_BODY:
        return None
    body: bytes = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if len(body) > LARGEST_BODY:
            return None
        if not message.get("more_body", False):
            return body


def _replayed(body: bytes, receive: Receive) -> Receive:
    """What gives the app a body that was read already, then whatever comes after it."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_message() -> Message:
        return waiting.pop() if waiting else await receive()

    return next_message
