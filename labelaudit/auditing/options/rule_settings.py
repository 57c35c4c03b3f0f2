"""Settings of a rule that somebody gives, as arguments of its function."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labelaudit.auditing.rule import Rule
from labelaudit.auditing.setting_types import is_within, range_words
from labelaudit.core.registry import instead
from labelaudit.errors import ConfigError, UnknownNameError


def checked(rule: Rule, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of a rule as the arguments of its function.

    Raises
    ------
    UnknownNameError
        if the rule has no such setting.
    ConfigError
        if a value is not of the kind of its default, or not in the range of its setting.
    """
    arguments: dict[str, Any] = {}
    for written, value in settings.items():
        name = written.replace("-", "_")
        if name not in rule.settings:
            known = [known.replace("_", "-") for known in rule.settings]
            hint = instead(written, known) if known else "; it has none"
            raise UnknownNameError(f"rule {rule.name} has no setting {written!r}{hint}")
        default, limit = rule.settings[name], rule.ranges.get(name)
        if not _is_like(default, value) or (limit and not is_within(value, limit)):
            kind = " ".join((_kind(default), *([range_words(limit)] if limit else ())))
            raise ConfigError(f"{written} of rule {rule.name} must be {kind}, found {value!r}")
        arguments[name] = tuple(value) if isinstance(default, tuple) else value
    return arguments


def _is_like(default: Any, value: Any) -> bool:  # Any: whatever a configuration holds
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(default, bool) and isinstance(value, bool)
    if isinstance(default, float):
        return isinstance(value, int | float)
    if isinstance(default, tuple):
        items = value if isinstance(value, list | tuple) else None
        return items is not None and all(_is_like(default[0], item) for item in items if default)
    return isinstance(value, type(default))


def _kind(default: Any) -> str:  # Any: see _is_like
    kinds = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
    if isinstance(default, tuple):
        return f"a list, each {_kind(default[0])}" if default else "a list"
    return kinds[type(default)]
