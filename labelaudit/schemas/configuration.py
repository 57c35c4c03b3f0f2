"""The schema of a configuration file, from the declared keys and the rules that there are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from labelaudit.auditing.config import Settings
from labelaudit.auditing.contract.read import ContractTable
from labelaudit.auditing.options.words import PIXELS, SAFETIES, SEVERITIES
from labelaudit.auditing.rule import RULES, Rule
from labelaudit.auditing.rule_docs import page
from labelaudit.io.formats import FORMATS
from labelaudit.schemas.tables import network_table, train_table

Schema = dict[str, Any]  # Any: whatever JSON holds

SEVERAL: Sequence[str] = ("select", "ignore")
IGNORES: Sequence[str] = ("per-class-ignores", "per-path-ignores")


def configuration() -> Schema:
    """A `labelaudit.toml`, or the table `tool.labelaudit` of a `pyproject.toml`."""
    _, definitions = msgspec.json.schema_components(
        [Settings, ContractTable], ref_template="#/$defs/{name}"
    )
    made = definitions.pop("Settings") | {"title": "The configuration of labelaudit"}
    keys = made["properties"]
    for key in SEVERAL:
        keys[key] = _several(reference("selector")) | _default(keys[key])
    for key in IGNORES:
        keys[key]["additionalProperties"] = _several(reference("selector"))
    for key, words in (("severity", SEVERITIES), ("fail-on", SEVERITIES), ("pixels", PIXELS)):
        keys[key] = {"enum": list(words), **_default(keys[key])}
    keys["format"] = {"enum": ["", *FORMATS], **_default(keys["format"])}
    keys["severities"] = _by_rule({"enum": list(SEVERITIES)})
    keys["fixes"] = _by_rule({"enum": list(SAFETIES)})
    keys["rules"] = _rules()
    keys["contract"] = {"anyOf": [reference("ContractTable"), {"type": "null"}]}
    definitions.pop("NetworkTable")
    keys["network"] = network_table()
    keys["train"] = train_table()
    settings = {f"settings-of-{rule.code}": _settings(rule) for rule in RULES.values()}
    return {**made, "$defs": {**definitions, "selector": _selector(), **settings}}


def reference(name: str) -> Schema:
    """What `$defs` say under a name."""
    return {"$ref": f"#/$defs/{name}"}


def _default(key: Schema) -> Schema:
    return {"default": key["default"]} if "default" in key else {}


def _several(items: Schema) -> Schema:
    """One, or a list of them."""
    return {"anyOf": [items, {"type": "array", "items": items}]}


def _selector() -> Schema:
    """A rule by code or name, several by how their codes begin, or all; in letters of any case."""
    names = [rule.name for rule in RULES.values()]
    beginnings = {code[:length] for code in RULES for length in range(1, len(code) + 1)}
    words = ["ALL", *sorted(beginnings), *names]
    return {
        "type": "string",
        "anyOf": [{"enum": words}, {"pattern": f"^({'|'.join(map(_any_case, words))})$"}],
    }


def _any_case(word: str) -> str:
    """A pattern that matches a word in letters of any case; JSON Schema has no flag for it."""
    return "".join(
        f"[{one.lower()}{one.upper()}]" if one.isalpha() else re.escape(one) for one in word
    )


def _by_rule(value: Schema) -> Schema:
    """Something for each of some rules."""
    return {
        "type": "object",
        "propertyNames": reference("selector"),
        "additionalProperties": value,
    }


def _rules() -> Schema:
    """The settings of rules by code or name; of several rules, anything that one of them has."""
    each = {
        key: reference(f"settings-of-{rule.code}")
        for rule in RULES.values()
        for key in (rule.code, rule.name)
    }
    every = sorted({key for rule in RULES.values() for key in _keys(rule)})
    return {
        "type": "object",
        "properties": each,
        "propertyNames": reference("selector"),
        "additionalProperties": {"type": "object", "propertyNames": {"enum": every}},
    }


def _keys(rule: Rule) -> list[str]:
    """The settings of a rule, in either way to write them."""
    return [key for name in rule.settings for key in (name.replace("_", "-"), name)]


def _settings(rule: Rule) -> Schema:
    described = {one.name: one.text for one in page(rule).settings}
    properties: dict[str, Schema] = {}
    ranges = rule.ranges
    for name, default in rule.settings.items():
        kind = _like(default) | _limits(ranges.get(name))
        written = name.replace("_", "-")
        said: Mapping[str, Any] = {"description": described.get(written, ""), "default": default}
        properties[name] = kind
        properties[written] = {**kind, **said}
    return {
        "type": "object",
        "description": rule.summary,
        "properties": properties,
        "additionalProperties": False,
    }


def _limits(limits: msgspec.Meta | None) -> Schema:
    """A range in the words of JSON Schema."""
    if limits is None:
        return {}
    named = {"minimum": limits.ge, "exclusiveMinimum": limits.gt, "maximum": limits.le}
    return {name: limit for name, limit in named.items() if limit is not None}


def _like(default: Any) -> Schema:  # Any: see `Rule.settings`
    """What a setting may be, by its default."""
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string"}
    if isinstance(default, tuple):
        items = _like(default[0]) if default else {}
        return {"type": "array", "items": items}
    return {"type": kinds[type(default)]}
