"""What the text of a module says of the things that it adds to a registry, without importing it."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

_END = re.compile(r"^(?:\)|(?=(?:async )?def |class ))", re.MULTILINE)
"""Where a call that starts a line ends: at a bracket that does, or before what it decorates."""


@dataclass(frozen=True, eq=False, repr=False)
class Declaration:
    """One call that adds a thing, as it stands in the text of a module."""

    module: str  # its dotted name
    text: str  # from the call on

    @cached_property
    def said(self) -> Mapping[str, Any] | None:  # Any: literals
        """Its keyword arguments, those of calls within too; None where it cannot be read as a call.

        Only arguments that are literals, or lists of them; a member of an enumeration, `Need.MODEL`
        say, is its dotted text. Any other is there as None. What stands without a keyword is under
        its place: "0" is the name.
        """
        end = _END.search(self.text, 1)
        try:
            tree = ast.parse(self.text[: end.end() if end else None].strip(), mode="eval")
        except (SyntaxError, ValueError):
            return None
        found: dict[str, Any] = {}
        for call in ast.walk(tree):
            if isinstance(call, ast.Call):
                named = {one.arg: one.value for one in call.keywords if one.arg}
                placed = {str(place): value for place, value in enumerate(call.args)}
                for name, value in (placed | named).items():
                    found.setdefault(name, _literal(value))
        return found


def declarations(text: str, adding: str, module: str) -> Mapping[str, Declaration] | None:
    """What a module adds, by name; None if the text does not say it plainly, so that it is asked.

    Parameters
    ----------
    text:
        of the module.
    adding:
        how each call begins that adds a thing; the name follows.
    module:
        its dotted name.
    """
    count = text.count(adding)
    if not count:
        return {}
    begins = re.compile(rf"^{re.escape(adding)}\s*([\"'])([^\"'\n]+)\1", re.MULTILINE)
    found = list(begins.finditer(text))
    if len(found) < count:  # in a loop, say, or with a name that is worked out
        return None
    decorator = len(adding) - len(adding.lstrip("@"))
    return {one[2]: Declaration(module, text[one.start() + decorator :]) for one in found}


def _literal(node: ast.expr) -> Any:  # Any: whatever literal there is
    if isinstance(node, ast.Tuple | ast.List):
        values = tuple(map(_literal, node.elts))
        return None if None in values else values
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f"{node.value.id}.{node.attr}"
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None
