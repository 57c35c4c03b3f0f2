import sys
from pathlib import Path
from typing import Literal

from labelaudit.auditing.config import read_config
from labelaudit.cli import CLEAN

What = Literal["report", "fixes", "configuration", "manifest"]


def schema(what: What, /, *, config: Path | None = None) -> int:
    """Print the JSON Schema of something that labelaudit writes or reads, for programs and editors.

    Parameters
    ----------
    what:
        report: of `labelaudit scan --output-format json`. fixes: a line of a fix list
        (`--output-format jsonl`). configuration: a labelaudit.toml. manifest: what `labelaudit scan
        --manifest` writes.
    config:
        The configuration file whose plugins' rules are in it, too.
    """
    from labelaudit.schemas import schema as made  # noqa: PLC0415  # not for the help
    from labelaudit.schemas import text  # noqa: PLC0415

    read_config(config)
    sys.stdout.write(text(made(what)))
    return CLEAN
