"""Files of one name in several folders, of which a name without its folder means none."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from labelaudit.core.columns import Ints, Texts
from labelaudit.images.files import listed


def namesakes(names: Texts, folders: Sequence[Path]) -> Ints:
    """How many files under some folders are called as each name is but for its folders, (n,).

    A file that several folders hold, since one lies in the other, counts once.
    """
    there = {os.path.abspath(folder / name) for folder in folders for name in listed(folder)}
    count = Counter(map(os.path.basename, there))
    lasts = (name.replace("\\", "/").rpartition("/")[2] for name in names.tolist())
    return np.array([count[last] for last in lasts], np.int64)
