"""The file that a COCO dictionary is read from: it is there as long as a dataset needs it."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from pathlib import Path

from labelaudit.io.formats.coco.dictionary import CocoDict, write_dictionary

FILE = "labels.json"
"""What the file of a dictionary is called in messages."""


class DictionaryFolder:
    """A folder with the file of a dictionary, removed once nothing holds this any more."""

    def __init__(self, source: CocoDict) -> None:
        folder = tempfile.mkdtemp(prefix="labelaudit-")
        weakref.finalize(self, _removed_by, os.getpid(), folder)
        self.path = Path(folder) / FILE
        write_dictionary(source, self.path)


def _removed_by(process: int, folder: str) -> None:
    """Remove the folder, if it is of this process: a fork holds it, too."""
    if os.getpid() == process:
        shutil.rmtree(folder, ignore_errors=True)
