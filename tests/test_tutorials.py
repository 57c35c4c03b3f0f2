"""Every command of the tutorial and the how-to pages does what its page says."""

from __future__ import annotations

from pathlib import Path

import pytest

from labelaudit.cli import main
from tests.shown_commands import prepare, run, shown_commands

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "docs" / "tutorial.md", *sorted((ROOT / "docs" / "how-to").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_commands_of_a_page_work_one_after_the_other(page, tmp_path, monkeypatch, capsys):
    prepare(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    commands = list(shown_commands(page))
    assert commands
    for shown in commands:
        run(shown, main, lambda: "".join(capsys.readouterr()))
