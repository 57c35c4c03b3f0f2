from __future__ import annotations

import io
import logging
from pathlib import Path

import pytest
from PIL import Image

from labelaudit.core.terminal import Terminal
from labelaudit.review.terminal.crops import drawn

pytest.importorskip("textual_image")
pytestmark = pytest.mark.filterwarnings("ignore:Image.Image.getdata")  # textual-image asks Pillow


@pytest.fixture
def path(tmp_path: Path) -> Path:
    place = tmp_path / "a.jpg"
    Image.new("RGB", (40, 30)).save(place)
    return place


@pytest.mark.parametrize("error", [ZeroDivisionError, OSError, TimeoutError, ValueError])
def test_a_terminal_of_no_size_or_answer_has_no_picture_and_goes_on(path, monkeypatch, error):
    terminal = Terminal(io.StringIO())

    def fails(*words):
        raise error

    monkeypatch.setattr(terminal, "print", fails)
    assert drawn(path, terminal) is False


def test_a_terminal_that_draws_nothing_is_not_asked(path, monkeypatch):
    terminal = Terminal(io.StringIO())
    assert drawn(path, terminal) is True
    monkeypatch.setattr(Terminal, "is_dumb_terminal", property(lambda self: True))
    assert drawn(path, terminal) is False


def test_what_a_terminal_does_not_answer_is_no_traceback_in_the_review(path):
    drawn(path, Terminal(io.StringIO()))
    assert not logging.getLogger("textual_image._terminal").isEnabledFor(logging.WARNING)
