from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

from labelaudit.cli import CLEAN, application
from labelaudit.cli.notes import note
from labelaudit.errors import ConfigError


def completion(
    # In the order of cyclopts: Python keeps but one of two unions that differ in their order.
    shell: Literal["zsh", "bash", "fish", "powershell"] | None = None,
    /,
    *,
    install: bool = False,
) -> int:
    """Let a shell complete commands and options by the tab key.

    Prints the script that a shell reads for it; or, with --install, puts it where the shell looks
    for such scripts and adds a line to its start-up file.

    Parameters
    ----------
    shell:
        zsh, bash, fish or powershell; the one that this runs in if absent.
    install:
        Write the script to the home folder instead of printing it.
    """
    # Only here: it takes the modules of all commands some time to load.
    from cyclopts.completion.detect import ShellDetectionError  # noqa: PLC0415

    app = application()
    try:
        if install:
            path: Path = app.install_completion(shell=shell)
            note(f"{path}: what tab completes; it works in shells that are started from now on")
        else:
            sys.stdout.write(app.generate_completion(shell=shell))
    except ShellDetectionError as error:
        raise ConfigError(
            "cannot tell which shell this is: say labelaudit completion bash, zsh, fish or "
            "powershell"
        ) from error
    return CLEAN
