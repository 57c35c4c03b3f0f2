"""The review server as a process of its own, and a browser."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.review.coco_files import coco_of

EXAMPLES = Path(__file__).parents[2] / "examples"

PATIENCE_S = 600
"""How long a test waits for what must come: only a test that fails comes near it. Less would make
tests fail on a machine that is busy, or on which they are stopped for minutes."""


LISTENING = """
window.said = [];
document.addEventListener("DOMContentLoaded", () => {
  const toasts = document.getElementById("toasts");
  const listen = () => said.push(...[...toasts.children].map((note) => note.textContent));
  if (toasts) new MutationObserver(listen).observe(toasts, { childList: true });
});
"""
"""Keeps what the page says for some seconds only: a test may come to look later."""


@dataclass(frozen=True)
class Served:
    """A server that runs."""

    process: subprocess.Popen[str]
    address: str  # of the page, with its token
    api: httpx.Client  # of its API, with the token


@pytest.fixture
def serve() -> Iterator[Callable[..., Served]]:
    """Starts `labelaudit review` with these words; it is killed at the end of the test."""
    with contextlib.ExitStack() as stack:

        def started(*words: str | Path) -> Served:
            command = [sys.executable, "-m", "labelaudit", "review", "--no-browser"]
            process = subprocess.Popen(
                [*command, *map(str, words)], stdout=subprocess.PIPE, text=True
            )
            stack.callback(ended, process)
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            base, _, token = address.partition("/?token=")
            headers = {"authorization": f"Bearer {token}"}
            client = httpx.Client(base_url=base, headers=headers, timeout=PATIENCE_S)
            return Served(process, address, stack.enter_context(client))

        yield started


def ended(process: subprocess.Popen[str]) -> None:
    """Kill a process and wait for its end."""
    process.kill()
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


@pytest.fixture
def bccd(tmp_path: Path) -> Path:
    """A copy of the bundled dataset, beside which files may be written."""
    return Path(shutil.copytree(EXAMPLES / "bccd", tmp_path / "bccd"))


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Forty findings in twenty images that are not at hand."""
    return coco_of(tmp_path, [f"{n}.jpg" for n in range(20)], ["car", "bus"], pairs=2)


@pytest.fixture
def visit(chromium: Any) -> Iterator[Callable[..., Any]]:
    """Opens an address in a browser of its own; what its console complains of fails the test."""
    complaints: list[str] = []
    with contextlib.ExitStack() as stack:

        def visited(served: Served, name: str = "ann", **options: Any) -> Any:
            size = options.pop("size", (1366, 768))
            where = options.pop("where", "order=value")  # the part of the address behind the token
            before = options.pop("before", lambda page: None)
            viewport = {"width": size[0], "height": size[1]}
            context = chromium.new_context(viewport=viewport, **options)
            stack.callback(context.close)
            context.set_default_timeout(1000 * PATIENCE_S)
            context.add_init_script(f"localStorage.setItem('labelaudit.reviewer', {name!r})")
            context.add_init_script(LISTENING)
            page = context.new_page()
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("console", lambda said: complain(said, complaints))
            page.on("dialog", lambda dialog: complaints.append(dialog.message))
            before(page)
            page.goto(f"{served.address}&{where}")
            page.wait_for_selector("body[data-ready]")
            return page

        yield visited
    assert complaints == []


def complain(said: Any, complaints: list[str]) -> None:
    """Note an error in the console; an image or an answer that did not come is none."""
    if said.type == "error" and not said.text.startswith("Failed to load resource"):
        complaints.append(said.text)
