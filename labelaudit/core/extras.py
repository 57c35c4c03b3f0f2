"""Packages that come with an extra, and what to say where they lack."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec

from labelaudit.errors import ConfigError


def check_installed(modules: Sequence[str], what: str, extra: str = "detect") -> None:
    """Raises `ConfigError`, which names the command, unless all modules can be imported.

    Parameters
    ----------
    modules:
        by the names they are imported by; none is imported.
    what:
        needs them.
    extra:
        that installs them.
    """
    lacking = [name for name in modules if find_spec(name) is None]
    if lacking:
        raise ConfigError(f"{what} needs {', '.join(lacking)}: pip install 'labelaudit[{extra}]'")
