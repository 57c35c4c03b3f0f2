"""The schema of the fix list, a line of which is a finding, from the kinds of fixes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from labelaudit.auditing.findings import Safety, Severity
from labelaudit.auditing.fixes import KINDS, FixKind
from labelaudit.auditing.fixes.values import CLASS
from labelaudit.dataset.tables import ProblemKind, RecordType

Schema = dict[str, Any]  # Any: whatever JSON holds

TEXT: Schema = {"type": "string"}
TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
NUMBER_OR_NULL: Schema = {"type": ["number", "null"]}
SHARE_OR_NULL: Schema = {"type": ["number", "null"], "minimum": 0, "maximum": 1}
COUNT: Schema = {"type": "integer", "minimum": 0}
RUN: Schema = {  # source, first and last record
    "type": "array",
    "prefixItems": [{"type": "string"}, {"type": "integer"}, {"type": "integer"}],
    "minItems": 3,
    "maxItems": 3,
}
NOTHING: Mapping[str, Schema] = MappingProxyType({})
SEVERITY: Schema = {"enum": [str(one) for one in sorted(Severity, reverse=True)]}


def closed(required: Mapping[str, Schema], optional: Mapping[str, Schema] = NOTHING) -> Schema:
    """An object of these keys and no others; the optional ones may be absent."""
    return {
        "type": "object",
        "properties": {**required, **optional},
        "required": list(required),
        "additionalProperties": False,
    }


def listed(items: Schema, **more: Any) -> Schema:
    """A list of such items."""
    return {"type": "array", "items": items, **more}


def reference(name: str) -> Schema:
    """What `definitions` say under a name."""
    return {"$ref": f"#/$defs/{name}"}


def fixes() -> Schema:
    """A line of the fix list."""
    return {
        "title": "A finding of labelaudit, a line of its fix list",
        **reference("finding"),
        "$defs": definitions(),
    }


def definitions() -> dict[str, Schema]:
    """What a schema that speaks of findings refers to."""
    return {
        "finding": _finding(),
        "fix": {"anyOf": [_fix(KINDS[name]) for name in KINDS]},
        "record": closed(
            {"source": TEXT_OR_NULL, "record": {"type": "integer", "minimum": -1}},
            {"name": TEXT_OR_NULL},
        ),
        "box": listed(NUMBER_OR_NULL, minItems=4, maxItems=4),
        "records": closed(
            {},
            {
                **{name: reference("record") for name in ("box", "other", "image", "category")},
                "problem": closed(
                    {
                        "source": TEXT_OR_NULL,
                        "part": {"enum": [part.value for part in RecordType]},
                        "record": {"type": "integer", "minimum": -1},
                        "kind": {"enum": [kind.value for kind in ProblemKind]},
                        "field": TEXT,
                    }
                ),
            },
        ),
    }


def _finding() -> Schema:
    return closed(
        {
            "code": {"type": "string", "minLength": 1},
            "name": {"type": "string", "minLength": 1},
            "severity": SEVERITY,
            "source": TEXT_OR_NULL,
            "place": TEXT_OR_NULL,
            "image": TEXT_OR_NULL,
            "annotations": listed({}, maxItems=2),
            "boxes": listed(reference("box"), maxItems=2),
            "classes": listed(TEXT_OR_NULL, maxItems=2),
            "message": TEXT,
            "probability": SHARE_OR_NULL,
            "doubt": SHARE_OR_NULL,
            "fix": {"anyOf": [reference("fix"), {"type": "null"}]},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{16}(-[1-9][0-9]*)?$"},
            "records": reference("records"),
        },
        {
            "wrong": closed({"boxes": listed(RUN), "images": listed(RUN)}),
            "assumed_size": listed({"type": "number"}, minItems=2, maxItems=2),
            "decisions": listed({"type": "object"}),  # these two by the export of a review queue
            "obsolete": {"const": True},
        },
    )


_CHANGES: Mapping[str, Schema] = {
    "box": reference("box"),
    "class": TEXT_OR_NULL,
    "category": reference("record"),
    "image": reference("record"),
    "into": reference("record"),
    "fixes": listed(reference("fix")),
    "field": TEXT,
    "name": TEXT,
}
"""What keys of changes hold; others hold anything."""


def _fix(kind: FixKind) -> Schema:
    """The fixes of one kind."""
    keys = [value.key for value in kind.values.values()]
    if CLASS in kind.values.values():
        keys.append("category")
    return closed(
        {
            "kind": {"const": kind.name},
            "safety": {"enum": [safety.value for safety in Safety]},
            "part": {"enum": [part.value for part in RecordType]},
            "changes": closed({key: _CHANGES.get(key, {}) for key in keys}),
        },
        {"source": TEXT_OR_NULL, "record": reference("record")},
    )
