"""JSON Schemas (draft 2020-12) of what labelaudit writes and of its configuration.

They are made from the code and kept in files beside it, for editors and programs that check what
they read. They are of this version: keys that it does not know are refused.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from labelaudit.core.later import later

DIALECT = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]  # Any: whatever JSON holds

MADE: Mapping[str, Callable[[], Schema]] = {
    "report": later("labelaudit.schemas.report", "report"),
    "fixes": later("labelaudit.schemas.findings", "fixes"),
    "configuration": later("labelaudit.schemas.configuration", "configuration"),
    "manifest": later("labelaudit.schemas.report", "manifest"),
}
"""What there is a schema of."""


def schema(name: str) -> Schema:
    """The schema of one of `MADE`, with the rules and fixes of plugins that are loaded."""
    return {"$schema": DIALECT, **MADE[name]()}


def text(made: Schema) -> str:
    """A schema as its file holds it."""
    return json.dumps(made, indent=2, ensure_ascii=False) + "\n"


def path(name: str) -> Path:
    """The file in the package that holds a schema, without plugins."""
    return Path(__file__).parent / f"{name}.json"
