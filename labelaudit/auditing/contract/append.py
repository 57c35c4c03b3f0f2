"""A contract put into a configuration file, behind all that stands there already."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from labelaudit.core.whole_files import replacing
from labelaudit.errors import ConfigError

PROJECT_FILE = "pyproject.toml"
"""A file of many programs, each of which has a table of its own in it."""

MARK = b"\xef\xbb\xbf"
"""What some editors of Windows put before the first byte of a file."""


def table_in(path: Path) -> str:
    """What the table of a contract is called in a file."""
    return "tool.labelaudit.contract" if path.name == PROJECT_FILE else "contract"


def check_free_of_contract(path: Path) -> None:
    """Refuse a file that has a contract already, or that is no TOML file.

    Raises
    ------
    ConfigError
        if it is one of these, or cannot be read.
    """
    content = _read(path)
    if content and _contract(path, _parsed(path, content)) is not None:
        raise ConfigError(
            f"{path}: there is a contract in it already, which is not replaced; edit it, or take "
            f"[{table_in(path)}] out first"
        )


def append(path: Path, contract: Callable[[str], str]) -> None:
    """Put a contract into a file, at once; it is made if it is not there.

    All bytes of the file stay. What is added has its ends of lines.

    Parameters
    ----------
    path:
        of the file.
    contract:
        the text of the contract for a table of this name.

    Raises
    ------
    ConfigError
        if the file has a contract already, cannot be read or written, or holds what nothing can be
        put behind.
    """
    check_free_of_contract(path)
    before = _read(path)
    added = contract(table_in(path))
    if before.removeprefix(MARK).strip():
        added = ("" if before.endswith(b"\n") else "\n") + "\n" + added
    ends = "\r\n" if b"\r\n" in before else "\n"
    after = before + added.replace("\n", ends).encode()
    _check_same(path, before, after)
    try:
        with replacing(path) as file:
            file.write(after)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror or error}") from error


def _check_same(path: Path, before: bytes, after: bytes) -> None:
    """Refuse an addition that would change what stood there, or that cannot be read."""
    try:
        new = _parsed(path, after)
    except ConfigError as error:
        table, _, _ = table_in(path).rpartition(".")
        raise ConfigError(
            f"{path}: no contract can be put behind what is in it ({error}); write "
            f"{f'{table} as a table of its own, [{table}]' if table else 'it to another file'}"
        ) from error
    holder = new
    for part in table_in(path).split(".")[:-1]:
        holder = holder[part]
    holder.pop("contract")
    old = _parsed(path, before)
    if path.name == PROJECT_FILE:
        old.setdefault("tool", {}).setdefault("labelaudit", {})
    if new != old:
        raise ConfigError(f"{path}: a contract behind what is in it would change it")


def _contract(path: Path, content: dict[str, Any]) -> Any:  # Any: whatever a file holds
    for part in table_in(path).split("."):
        if not isinstance(content, dict) or part not in content:
            return None
        content = content[part]
    return content


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error


def _parsed(path: Path, content: bytes) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415  # only what writes one needs it

    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{path}: not a TOML file: {error}") from error
