"""The generated pages are up to date, and what the written ones show is what happens."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPT = runpy.run_path(str(ROOT / "scripts" / "generate_docs.py"))


@pytest.mark.parametrize("name", sorted(SCRIPT["PAGES"]))
def test_a_generated_page_is_up_to_date(name):
    text = "\n".join(SCRIPT["PAGES"][name]()) + "\n"
    message = f"docs/{name} is out of date: run python scripts/generate_docs.py"
    assert (ROOT / "docs" / name).read_text("utf-8") == text, message
