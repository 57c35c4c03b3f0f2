"""The server process: an address, a token, and uvicorn in between."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable

import uvicorn
from PIL import Image

from labelaudit.errors import LabelauditError
from labelaudit.review.web.api import application
from labelaudit.review.web.security import AccessPolicy, new_token
from labelaudit.review.web.service import ReviewService

BACKLOG = 128
"""Connections that may wait before the server has started."""

LAST_WORDS_S = 3
"""Seconds that answers under way have when the server is told to stop."""


class ServerError(LabelauditError):
    """An address that the server cannot listen on."""


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens already, so that a browser may come before the server is ready.

    Raises
    ------
    ServerError
        if the address is not one of this machine, or the port is taken.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
        family, kind, protocol, _, address = found[0]
        with contextlib.ExitStack() as stack:
            # asyncio sends small answers at once (TCP_NODELAY) only where the protocol is said:
            # else each waits 40 ms for the acknowledgement of its own headers.
            made = stack.enter_context(socket.socket(family, kind, protocol))
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind(address)
            made.listen(BACKLOG)
            stack.pop_all()  # it stays open
    except (OSError, ValueError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ServerError(
            f"{host}:{port}: {reason}; choose another by --host and --port"
        ) from error
    return made


def serve(
    work: ReviewService, at: socket.socket, host: str, started: Callable[[str], None]
) -> None:
    """Serve the review until somebody interrupts it; `started` is told the page's address.

    Parameters
    ----------
    work:
        what the page asks for.
    at:
        a socket that listens.
    host:
        the name that the page is asked for by.
    started:
        told the address of the page.
    """
    port = int(at.getsockname()[1])
    door = AccessPolicy(new_token(), host, port)
    config = uvicorn.Config(
        application(work, door),
        log_level="warning",
        access_log=False,  # addresses hold the token
        server_header=False,
        proxy_headers=False,  # nobody stands in between; a header must not say who asks
        ws="none",
        timeout_graceful_shutdown=LAST_WORDS_S,
    )
    # This process opens images of a known dataset, within the bound of `image_tiles`.
    Image.MAX_IMAGE_PIXELS = None
    work.warm()
    started(address(door))
    uvicorn.Server(config).run(sockets=[at])


def address(door: AccessPolicy) -> str:
    """The address of the page with its token, for a browser.

    >>> address(AccessPolicy("t0k3n", "::1", 8000))
    'http://[::1]:8000/?token=t0k3n'
    """
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(door.host, door.host)  # noqa: S104  # to everybody
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{door.port}/?token={door.token}"
