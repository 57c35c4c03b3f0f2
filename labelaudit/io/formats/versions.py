"""Older versions and copies of folders of labels, as people keep them beside the labels.

`labels_old`, `labels (1)`, `Copy of Annotations`: trainers read none of them, and together with
the labels every image would have two records.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from labelaudit.images.files import is_image

SAME_NAMES = 0.5
"""The share of the files of a version that have a namesake in the folder beside it; a choice."""

_WORDS = (
    "copy|copia|kopie|copie|backup|bak|old|orig|original|prev|previous|before|new|final|fixed"
    "|corrected|tmp|temp|v[0-9]{1,8}"
)
_BEHIND = re.compile(
    rf"(?P<stem>.+?)(?:\s*\([0-9]{{1,3}}\)|\s*\((?:{_WORDS})\)|[ _.-]+(?:{_WORDS}))", re.IGNORECASE
)
_BEFORE = re.compile(
    r"(?:copy of|kopie von|old|backup|bak|orig|original)[ _.-]+(?P<stem>.+)", re.IGNORECASE
)


_LABELS = re.compile(
    r"(?:.*[^a-z])?(?:labels?|annotations?|annots?|anns?|xmls?|jsons?|txts?|bbox(?:es)?|gt)",
    re.IGNORECASE,
)
"""Folders of labels: `bridge_old` beside `bridge` may be another bridge."""


def usual_names(name: str) -> list[str]:
    """The names that a name is a copy or a version of by its words, the longest first.

    >>> usual_names("labels_final_v2"), usual_names("labels - Copy (2)"), usual_names("old_labels")
    (['labels_final', 'labels'], ['labels - Copy', 'labels'], ['labels'])
    >>> usual_names("labels"), usual_names("labels_train"), usual_names("labels_2")
    ([], [], [])
    """
    found: list[str] = []
    waiting = [name]
    while waiting:
        one = waiting.pop(0)
        matches = (pattern.fullmatch(one) for pattern in (_BEHIND, _BEFORE))
        waiting += [match["stem"] for match in matches if match and match["stem"] not in found]
        found += [stem for stem in waiting if stem not in found]
    return found


def other_versions(files: Mapping[str, Sequence[str]]) -> list[str]:
    """The folders that hold another version of the labels in a folder beside them.

    Such a folder is called as the other, which is one of labels, but for words of a copy or a
    version. Neither it nor a folder called by the same words holds an image, and most of its files
    have a namesake in the other.

    Parameters
    ----------
    files:
        the names of the files in each folder; folders are relative, and end in a slash but for "".

    >>> other_versions({"labels/": ["a.txt"], "labels_old/": ["a.txt"], "labels_new/": ["b.txt"]})
    ['labels_old/']
    """
    suspects = sorted({pair for folder in files for pair in _suspects(folder)})
    found = (version for version, usual in suspects if _is_version(files, version, usual))
    return list(dict.fromkeys(found))


def _suspects(folder: str) -> Iterator[tuple[str, str]]:
    """Each folder that a path leads through and is called as a version is, and the usual one."""
    above = ""
    for name in folder.split("/")[:-1]:
        for stem in filter(_LABELS.fullmatch, usual_names(name)):
            yield f"{above}{name}/", f"{above}{stem}/"
        above += f"{name}/"


def _is_version(files: Mapping[str, Sequence[str]], version: str, usual: str) -> bool:
    name, stem = (path.rstrip("/").rpartition("/")[2] for path in (version, usual))
    words = name.replace(stem, "", 1)
    count = same = 0
    for folder, names in files.items():
        inside = folder.startswith(version)
        if (inside or words in folder) and any(map(is_image, names)):
            return False
        if inside:
            others = set(files.get(usual + folder[len(version) :], ()))
            count += len(names)
            same += sum(one in others for one in names)
    return 0 < count <= same / SAME_NAMES
