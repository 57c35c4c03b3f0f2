"""Rules, formats and reports of a user's own, from files, modules and installed packages.

An installed package offers its own by an entry point in the group `labelaudit.rules` (`.formats`,
`.reports`), which the registries load by themselves; a project names its own in its configuration.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Iterable
from pathlib import Path

from labelaudit.errors import ConfigError


def load_plugins(names: Iterable[str], folder: Path) -> None:
    """Import each plugin once, so that what it registers is known.

    Parameters
    ----------
    names:
        a path that ends in `.py`, or the dotted name of a module.
    folder:
        what relative paths are relative to.

    Raises
    ------
    ConfigError
        if a plugin does not exist, cannot be imported, or registers a code that is taken.
    """
    for name in names:
        try:
            if name.endswith(".py"):
                _import_file((folder / name).resolve())
            else:
                importlib.import_module(name)
        except (ImportError, SyntaxError, ValueError, OSError) as error:
            raise ConfigError(f"plugin {name!r} cannot be loaded: {error}") from error


def _import_file(path: Path) -> None:
    """Import a file under a name that no other file has."""
    place = hashlib.sha256(str(path).encode("utf-8", "surrogateescape")).hexdigest()[:12]
    name = f"labelaudit_plugin_{path.stem}_{place}"
    if name in sys.modules:
        return
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where dataclasses look for the module of a class
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
