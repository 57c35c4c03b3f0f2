"""Commands that are printed, to be typed as they stand."""

from __future__ import annotations

import shlex
from pathlib import PurePath

from labelaudit.core.mirror_names import shown
from labelaudit.core.text import plain


def command(*words: object) -> str:
    r"""A command line of labelaudit, with its words quoted for a shell where they need it.

    >>> print(command("scan", "my labels.json", "--fix"))
    labelaudit scan 'my labels.json' --fix
    """
    return plain(shlex.join(["labelaudit", *map(word, words)]))


def word(value: object) -> str:
    """A value as a word of a command line; a path is one that no option is taken for.

    >>> word(PurePath("-labels")), word("--fix")
    ('./-labels', '--fix')
    """
    text = shown(value)
    return f"./{text}" if isinstance(value, PurePath) and text.startswith("-") else text
