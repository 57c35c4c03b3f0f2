"""The names of classes that Hugging Face's datasets declare as features, in one of three places.

Source: https://huggingface.co/docs/datasets/repository_structure and `ClassLabel` of
https://huggingface.co/docs/datasets/about_dataset_features; `dataset_info` of a README stands
between its first two lines of `---`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from labelaudit.io.formats.object_rows import CONTAINERS
from labelaudit.io.formats.text_lines import text_in

_LARGEST = 1 << 22  # bytes of a README or a JSON file of features


def names_beside(folder: Path) -> list[str]:
    """The names by their numbers, of files in a folder or in the one above; none if none is."""
    for home in (folder, folder.parent):
        for name, value_in in (
            ("README.md", _front_matter),
            ("dataset_info.json", json.loads),
            ("dataset_infos.json", json.loads),
        ):
            names = names_in(_read(home / name, value_in))
            if names:
                return names
    return []


def names_in(features: Any) -> list[str]:  # Any: whatever a file says of its features
    """The names that features declare, those of objects before others; none if there are none.

    >>> names_in({"objects": {"category": {"names": ["cat", "dog"], "_type": "ClassLabel"}}})
    ['cat', 'dog']
    >>> names_in({"name": "label", "dtype": {"class_label": {"names": {"1": "dog", "0": "cat"}}}})
    ['cat', 'dog']
    """
    nodes = list(_dictionaries(features))
    inside = [
        one
        for node in nodes
        for key in CONTAINERS
        if key in node or node.get("name") == key
        for one in _dictionaries(node.get(key, node))
    ]
    for node in (*inside, *nodes):
        names = _declared(node)
        if names:
            return names
    return []


def _declared(node: dict[Any, Any]) -> list[str]:
    """The names that one feature declares."""
    label = node.get("class_label", node if node.get("_type") == "ClassLabel" else None)
    names = label.get("names") if isinstance(label, dict) else None
    if isinstance(names, dict):
        numbered = {int(key): name for key, name in names.items() if str(key).isdecimal()}
        if sorted(numbered) != list(range(len(names))):
            return []
        names = [numbered[number] for number in range(len(names))]
    good = isinstance(names, list) and all(isinstance(name, str) for name in names)
    return names if good and names is not None else []


def _dictionaries(value: Any) -> Iterator[dict[Any, Any]]:
    """A value and all that is in it, as far as they are dictionaries, each once."""
    waiting, seen = [value], set()
    while waiting:
        one = waiting.pop(0)
        if id(one) in seen:  # YAML may name one again and again
            continue
        seen.add(id(one))
        if isinstance(one, dict):
            yield one
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


def _front_matter(text: str) -> Any:
    """The YAML between the first two lines of `---`; None if there is none."""
    import yaml  # noqa: PLC0415  # all formats are imported to ask which fits; few are read

    start, mark, rest = text.partition("---\n")
    if start.strip() or not mark:
        return None
    try:
        return yaml.safe_load(rest.partition("\n---")[0])
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def _read(path: Path, value_in: Any) -> Any:
    """What a file says; None if it is not there or cannot be read."""
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST:
            return None
        return value_in(text_in(path.read_bytes()).replace("\r\n", "\n"))
    except (OSError, ValueError, RecursionError):
        return None
