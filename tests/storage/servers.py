"""Servers of object storage on this machine, which fail when they are told to."""

from __future__ import annotations

import hashlib
import logging
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

logging.getLogger("werkzeug").setLevel(logging.ERROR)


@dataclass
class Fault:
    """What becomes of some requests whose method and path match."""

    pattern: str  # "GET .*a.jpg"
    kind: str  # a code of HTTP, or "cut": half of the body comes; "slow"
    times: int = 1
    seen: int = 0


@dataclass
class Faults:
    """Faults of a server, and what it was asked for."""

    waiting: list[Fault] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    before: Callable[[str], None] = lambda request: None  # called for each request

    def of(self, request: str) -> str:
        """What becomes of a request; empty: it is answered."""
        self.requests.append(request)
        self.before(request)
        for fault in self.waiting:
            if fault.seen < fault.times and re.fullmatch(fault.pattern, request):
                fault.seen += 1
                return fault.kind
        return ""

    def asked(self, pattern: str) -> int:
        """How many requests matched."""
        return sum(bool(re.fullmatch(pattern, request)) for request in self.requests)


class S3Server:
    """An S3 server, moto's, and its faults."""

    def __init__(self) -> None:
        from moto.server import DomainDispatcherApplication, create_backend_app
        from werkzeug.serving import make_server

        self.faults = Faults()
        self._inner = DomainDispatcherApplication(create_backend_app)
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        query = f"?{environ['QUERY_STRING']}" if environ["QUERY_STRING"] else ""
        fault = self.faults.of(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}{query}")
        if fault.isdigit():
            start(f"{fault} Told", [("Content-Length", "0")])
            return [b""]
        answer = b"".join(self._inner(environ, start))
        return [answer[: len(answer) // 2] if fault == "cut" else answer]


@dataclass
class WebServer:
    """A web server of some files, by their paths, and its faults."""

    files: dict[str, bytes] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)
    ranges: bool = True  # whether it gives any
    tags: bool = True  # whether it says of which version an answer is
    login: str = ""  # what the header Authorization has to be
    url: str = ""


class _Handler(BaseHTTPRequestHandler):
    """Answers for a web server."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        fault, known = self._fault(), self.server.known
        content = known.files.get(self.path.partition("?")[0])
        if content is None or fault.isdigit():
            self._answer(int(fault or 404), b"")
            return
        wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if not known.ranges or not wanted:
            self._answer(200, content, tag=content, cut=fault == "cut")
            return
        start, end = int(wanted[1]), min(int(wanted[2]) + 1, len(content))
        if start >= end:
            self._answer(416, b"", part=f"bytes */{len(content)}")
            return
        part = f"bytes {start}-{end - 1}/{len(content)}"
        self._answer(206, content[start:end], tag=content, part=part, cut=fault == "cut")

    def _fault(self) -> str:
        known = self.server.known
        fault = known.faults.of(f"GET {self.path}")
        if fault == "slow":
            time.sleep(1.5)
        return "401" if known.login not in ("", self.headers.get("Authorization")) else fault

    def _answer(
        self, code: int, body: bytes, *, tag: bytes = b"", part: str = "", cut: bool = False
    ) -> None:
        self.send_response(code)
        if part:
            self.send_header("Content-Range", part)
        if tag and self.server.known.tags:
            self.send_header("ETag", f'"{hashlib.md5(tag).hexdigest()}"')
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)
        self.close_connection = self.close_connection or cut

    def log_message(self, *_: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, known: WebServer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.known = known

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients close connections whose rest they do not need."""


@contextmanager
def web_server() -> Iterator[WebServer]:
    """A web server that runs within."""
    known = WebServer()
    server = _Server(known)
    known.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield known
    finally:
        server.shutdown()
        server.server_close()
