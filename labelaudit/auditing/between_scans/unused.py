"""What a project has agreed to leave out and that is not there any more."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from fnmatch import fnmatch

from labelaudit.auditing.findings import Severity
from labelaudit.auditing.run import Options
from labelaudit.auditing.scan import Scan
from labelaudit.core.registry import suggestion
from labelaudit.dataset.tables import Dataset, DatasetPart


def unused_ignores(dataset: Dataset, options: Options) -> Iterator[str]:
    """Keys of `per-class-ignores` and `per-path-ignores` that no class and no path has.

    Nothing of a part of a dataset, beyond which they may well have one.
    """
    if dataset.part != DatasetPart():
        return
    names = set(dataset.class_names)
    for name in options.per_class_ignores:
        if name not in names:
            near = suggestion(name, names) or "; take it out"
            yield f"per-class-ignores: no class is called {name!r}{near}"
    paths = [*dataset.images.name.tolist(), *dataset.files.path.tolist()]
    for pattern in options.per_path_ignores:
        if not any(fnmatch(path, pattern) for path in paths):
            yield f"per-path-ignores: {pattern!r} is of no image and no label file; take it out"


def stale_entries(found: Scan, baseline: Mapping[str, Collection[str]]) -> int:
    """How many entries of a baseline no finding has any more.

    None where nobody can tell: only a part of the dataset was looked at, not every rule of the
    baseline ran, or mild findings were left out.

    Parameters
    ----------
    found:
        what a scan with this baseline found.
    baseline:
        fingerprints by rule.
    """
    whole = found.dataset.part == DatasetPart() and not found.fixed
    ran = {rule.code for rule in found.rules}
    if not whole or not ran.issuperset(baseline) or found.options.min_severity > Severity.INFO:
        return 0
    return max(0, sum(map(len, baseline.values())) - found.known)
