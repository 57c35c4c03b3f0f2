"""What all tests share."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from benchmarks.postgresql_server import PostgresServer, programs
from labelaudit.review.queue.places import QueuePlace, place_of

# Tests run beside each other; threads of OpenMP that wait for a core spin, which costs minutes.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# How long an example takes says nothing where tests run beside each other. A check that others wait
# for must not depend on chance, either; on a developer's machine it may.
hypothesis.settings.register_profile("here", deadline=None)
hypothesis.settings.register_profile("ci", derandomize=True, deadline=None)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "here")

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nothing that a test does is remembered in the cache of who runs it."""
    os.environ.setdefault("LABELAUDIT_CACHE", str(tmp_path_factory.mktemp("cache")))


BY_FIXTURE = {"chromium": "browser", "shared_data": "large"}
"""The marker of each test that needs a fixture, be it through others."""

BY_PLACE = {
    "deployment": "training",
    "detector": "training",
    "label_errors/evaluation": "training",
    "label_errors/test_classifier.py": "training",
    "label_errors/test_find.py": "training",
    "label_errors/test_scoring.py": "training",
    "benchmarks/test_label_errors_baselines.py": "training",
    "benchmarks/test_label_errors_held_out.py": "training",
    "benchmarks/test_label_errors_nanodet.py": "training",
    "benchmarks/test_training.py": "training",
    "cli/test_model_options.py": "training",
    "cli/test_impact.py": "training",
    "cli/test_export.py": "training",
    "cli/test_predict.py": "training",
    "cli/test_train.py": "training",
    "test_every_backbone.py": "training",
    "test_recipes.py": "training",
    "impact": "training",
    "training": "training",
    "torch": "training",
    "review/web/test_schema.py": "property",
}
"""The marker of all tests in a folder or a file of tests."""


def place_marker(path: Path) -> str | None:
    """The marker of the tests in a file, or None; `path` may also be a folder."""
    tests = Path(__file__).parent
    here = (mark for place, mark in BY_PLACE.items() if path.is_relative_to(tests / place))
    return next(here, None)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Files of which all tests are left out are not imported: torch takes seconds."""
    mark = place_marker(collection_path)
    return True if mark and f"not {mark}" in config.getoption("-m") else None


@pytest.hookimpl(tryfirst=True)  # before those that `-m` leaves out are taken away
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each test the markers that follow from where it is and what it needs."""
    for item in items:
        marks = {place_marker(item.path)}
        marks |= {BY_FIXTURE.get(name) for name in getattr(item, "fixturenames", ())}
        if hypothesis.is_hypothesis_test(getattr(item, "obj", None)):
            marks.add("property")
        for mark in sorted(filter(None, marks)):
            item.add_marker(mark)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rewrite-golden",
        action="store_true",
        help="write what the tests see to tests/golden/; read the difference before you commit it",
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compares text with the file of that name in tests/golden/."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--rewrite-golden"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return compare


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresServer]:
    """A PostgreSQL server; without one, the tests that need it are skipped."""
    pytest.importorskip("psycopg", reason="there is no psycopg: pip install labelaudit[postgres]")
    if programs() is None:
        pytest.skip("there is no PostgreSQL server on this machine")
    with PostgresServer() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def queue_place(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], QueuePlace]:
    """Where queues are, by their names: in files, and in PostgreSQL."""
    if request.param == "sqlite":
        return lambda name: tmp_path / f"{name}.sqlite"
    server = request.getfixturevalue("postgresql")
    mark = f"q{secrets.token_hex(6)}"
    return lambda name: place_of(server.url(f"{mark}_{re.sub('[^a-z0-9]', '_', name)}"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real datasets beside the checkout; without it, the tests are skipped."""
    if not SHARED.is_dir():
        pytest.skip("the real datasets are not beside this checkout")
    return SHARED


QUIET = "--headless --no-sandbox --disable-gpu --disable-background-networking"
FLAGS = [*QUIET.split(), "--disable-component-update", "--disable-sync"]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:  # Any: playwright is imported only where there is a browser
    """A browser without a window."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("there is no chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()
