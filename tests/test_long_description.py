"""What a package index shows: README.md, in which no link is dead."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from email import message_from_string
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
README = (ROOT / "README.md").read_text("utf-8")
TARGET = re.compile(r"\]\(([^)\s]+)\)")


def described(folder: Path, **environment: str) -> str:
    """The description in the metadata that a wheel is built with."""
    known = {name: text for name, text in os.environ.items() if not name.startswith("GITHUB_")}
    subprocess.run(
        [sys.executable, "setup.py", "--quiet", "egg_info", "--egg-base", str(folder)],
        cwd=ROOT,
        env={**known, **environment},
        check=True,
    )
    text = (folder / "labelaudit.egg-info" / "PKG-INFO").read_text("utf-8")
    message = message_from_string(text)
    assert message["Description-Content-Type"] == "text/markdown"
    body: str = message.get_payload()
    return body


def test_links_lead_to_the_files_of_this_version(tmp_path: Path):
    body = described(tmp_path, GITHUB_REPOSITORY="somebody/labelaudit")
    targets = TARGET.findall(body)
    own = [target for target in TARGET.findall(README) if ":" not in target and target[0] != "#"]
    assert len(targets) == len(TARGET.findall(README))
    assert len(own) > 30
    address = "https://github.com/somebody/labelaudit"
    for target in own:
        assert (ROOT / target.partition("#")[0]).exists()
        kind = "raw" if re.search(rf"!\[[^\]]*\]\({re.escape(target)}\)", README) else "blob"
        assert f"]({address}/{kind}/v{VERSION}/{target})" in body


def test_without_a_known_repository_words_are_left_and_no_dead_link(tmp_path: Path):
    body = described(tmp_path)
    assert all(":" in target or target[0] == "#" for target in TARGET.findall(body))
    assert "[look at them](" in README
    assert "look at them" in body
    assert body.count("\n") == pytest.approx(README.count("\n"), abs=2)
