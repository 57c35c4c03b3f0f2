from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from labelaudit.auditing.config import Settings, configured
from labelaudit.auditing.rule import RULES
from labelaudit.errors import LabelauditError
from tests.schemas.conftest import problems

DOCS = Path(__file__).parents[2] / "docs"

GOOD = [
    "",
    'select = ["GEO", "near-duplicate-box", "Ref001", "all"]\nignore = "geo00"',
    'severity = "warning"\nfail-on = "error"\nformat = "coco"\nimages = ["a", "b"]',
    'baseline = "known.json"\npixels = "never"\nby = ["class"]',
    "[rules.tiny-box]\nmin-side = 1.5\n[rules.GEO006]\nmin_side = 2\n",
    '[severities]\nGEO = "info"\n[fixes]\ntiny-box = "none"\nDUP002 = "safe"',
    '[per-class-ignores]\ncar = ["GEO006"]\n[per-path-ignores]\n"old/*" = "ALL"',
    "[network]\ntrain-size = [320, 256]\nstrides = [8, 16]",
    '[contract]\nclasses = ["car"]\nbox-side = {min = 8}\n'
    '[[contract.targets]]\nrule = "zero-area"\nmax = 0',
    '[train]\nepochs = 3\nmerge = {vehicle = ["car"]}',
]

BAD = [
    'selct = ["GEO"]',
    'select = ["GOE"]',
    "select = 3",
    'ignore = ["near-duplicate"]',
    'severity = "fatal"',
    'fail-on = "none"',
    'format = "cocoa"',
    'pixels = "sometimes"',
    "[rules.zero-aera]\nmin-side = 1.5",
    "[rules.zero-area]\nmin-sied = 1.5",
    '[rules.zero-area]\nmin-side = "a"',
    "[rules.GEO]\nmin-sied = 1.5",
    '[severities]\nGEO006 = "safe"',
    '[severities]\nGOE006 = "info"',
    '[fixes]\ntiny-box = "never"',
    '[per-class-ignores]\ncar = ["GOE006"]',
    "[network]\ntrain-sise = 320",
    "[contract]\nclases = []",
    "[contract]\nbox-side = {mim = 8}",
    "[[contract.targets]]\nmax = 0",
    "[train]\nepoch = 3",
]


def is_read(content: dict[str, Any]) -> bool:
    try:
        configured(Path("labelaudit.toml"), content)
    except LabelauditError:
        return False
    return True


@pytest.mark.parametrize("text", GOOD)
def test_what_is_read_is_as_the_schema_says(text: str):
    content = tomllib.loads(text)
    assert problems("configuration", content) == []
    assert is_read(content)


@pytest.mark.parametrize("text", BAD)
def test_what_is_refused_is_not(text: str):
    content = tomllib.loads(text)
    assert problems("configuration", content)
    # What labels are read as, and how one trains, is looked at when that is done.
    assert not is_read(content) or set(content) & {"train", "format"}


@pytest.mark.parametrize("page", ["configuration.md", "contract.md", "network.md"])
def test_what_the_documentation_shows_is_as_the_schema_says(page: str):
    blocks = re.findall(r"```toml\n(.*?)```", (DOCS / page).read_text("utf-8"), re.DOTALL)
    assert blocks
    for block in blocks:
        content = tomllib.loads(block)
        if "project" in content:  # of a package with plugins
            continue
        content = content.get("tool", {}).get("labelaudit", content)
        assert problems("configuration", content) == [], block


def test_every_key_and_every_setting_is_in_it():
    from labelaudit.schemas import schema

    made = schema("configuration")
    declared = {name.replace("_", "-") for name in Settings.__struct_fields__}
    assert set(made["properties"]) == declared
    for rule in RULES.values():
        settings = {name.replace("_", "-"): value for name, value in rule.settings.items()}
        for key in (rule.code, rule.name):
            assert problems("configuration", {"rules": {key: listed(settings)}}) == []


def listed(settings: dict[str, Any]) -> dict[str, Any]:
    """Settings as TOML has them: lists for tuples."""
    return {key: list(one) if isinstance(one, tuple) else one for key, one in settings.items()}
