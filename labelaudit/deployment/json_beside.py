"""The description of an exported file in a JSON file beside it, where the format has no room."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from labelaudit.core.whole_files import replacing
from labelaudit.deployment.description import AGAIN, ModelDescription
from labelaudit.errors import ConfigError

BESIDE = ".json"
"""What its name has after that of the exported file."""

NOTHING: Mapping[str, bytes] = MappingProxyType({})


def write_model(
    path: Path, content: bytes, description: ModelDescription, others: Mapping[str, bytes] = NOTHING
) -> None:
    """Write an exported file and its description, which says of what bytes it is.

    Parameters
    ----------
    path: the exported file.
    content: of it.
    description: of it.
    others: of files that belong to it, by the suffix that they have in place of its own.
    """
    digest = _digest(content, *others.values())
    text = json.loads(description.as_json()) | {"digest": digest}
    parts = {path.with_suffix(suffix): data for suffix, data in others.items()}
    parts |= {beside(path): json.dumps(text, indent=1).encode(), path: content}
    for place, data in parts.items():
        with replacing(place) as file:
            file.write(data)


def read_model(path: Path, others: Sequence[str] = ()) -> tuple[bytes, ModelDescription]:
    """The content and the description of a file that `write_model` wrote.

    Parameters
    ----------
    path: the exported file.
    others: the suffixes of files that belong to it.

    Raises
    ------
    ConfigError
        if the description or a file is missing, damaged, or that of another file.
    """
    place, content = beside(path), path.read_bytes()
    if not place.is_file():
        raise ConfigError(
            f"{path}: a model of unknown outputs; labelaudit export says what they are in "
            f"{place.name}, which has to lie beside it"
        )
    missing = [suffix for suffix in others if not path.with_suffix(suffix).is_file()]
    if missing:
        raise ConfigError(f"{path}: {path.with_suffix(missing[0]).name} is missing beside it")
    try:
        kept = json.loads(place.read_bytes())
    except ValueError as error:
        raise ConfigError(f"{place}: damaged ({error}); {AGAIN}") from error
    digest = kept.pop("digest", None) if isinstance(kept, dict) else None
    description = ModelDescription.of_json(json.dumps(kept), place)
    if digest != _digest(content, *(path.with_suffix(one).read_bytes() for one in others)):
        raise ConfigError(
            f"{path}: {place.name} describes another file, or this one is damaged; {AGAIN}"
        )
    return content, description


def beside(path: Path) -> Path:
    """Where the description of an exported file is."""
    return path.with_name(path.name + BESIDE)


def _digest(*contents: bytes) -> str:
    state = hashlib.blake2b(digest_size=16)
    for content in contents:
        state.update(content)
    return state.hexdigest()
