"""A file that was cut: what is found in each part, and what of all of them is the file's."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from labelaudit.auditing.findings import Findings
from labelaudit.auditing.rule import RULES
from labelaudit.auditing.run import Options
from labelaudit.auditing.shards.audit_shard import Gathered, ShardReport, found_by
from labelaudit.auditing.shards.kept import boxes_named, kept_of, repointed
from labelaudit.auditing.shards.plan import ShardPlan
from labelaudit.core.columns import MISSING, Ints, Rows
from labelaudit.core.rows import row_numbers_after
from labelaudit.dataset.merge import with_root
from labelaudit.dataset.tables import Boxes, Dataset, Keypoints, LoadProblems, Masks, RecordType


@dataclass(frozen=True, eq=False)
class FilePart:
    """Some images of a file with all of their boxes."""

    dataset: Dataset
    box: Ints  # (boxes,) the row of each in the file, ascending
    image: Ints  # (images,) likewise
    problem: Ints  # (problems,) likewise


@dataclass(frozen=True, eq=False)
class PartReport:
    """What is kept of a part of a file."""

    boxes: Boxes  # that findings, problems or rules about files name; their images are the file's
    masks: Masks  # `box` is their row here
    keypoints: Keypoints  # likewise
    box: Ints  # (boxes,) the row of each in the file, ascending
    findings: Findings  # about these boxes, and about images and problems of the file


def audited_part(part: FilePart, options: Options, plan: ShardPlan, known: Gathered) -> PartReport:
    """What is found in a part of a file and kept of it: the second pass.

    Parameters
    ----------
    part:
        as it was read for the first pass.
    options, plan:
        see `gathered`.
    known:
        of all shards, and of this file.
    """
    dataset = with_root(part.dataset, known.root)
    context = known.context(dataset, options)
    findings = found_by(plan.images, context, options)
    kept = boxes_named(dataset, findings)
    for code in plan.files:
        keeps = RULES[code].keeps
        kept |= keeps(context) if keeps else True
    smaller = dataset.keep(boxes=kept)
    new_rows = {
        "images": _and_missing(part.image),
        "problems": _and_missing(part.problem),
        "boxes": row_numbers_after(kept),
    }
    return PartReport(
        smaller.boxes.repointed({"images": new_rows["images"]}),
        smaller.masks,
        smaller.keypoints,
        part.box[kept],
        repointed(findings, new_rows),
    )


def audited_file(
    records: Dataset,
    parts: Sequence[PartReport],
    options: Options,
    plan: ShardPlan,
    known: Gathered,
) -> ShardReport:
    """What is found in a file, and kept of it, now that all parts are audited.

    Parameters
    ----------
    records:
        everything in the file but boxes; problems of boxes name their rows in the file.
    parts:
        of each of its parts, in any order.
    options, plan, known:
        see `audited_part`.
    """
    row = np.concatenate([np.empty(0, np.int64), *(part.box for part in parts)])
    order = np.argsort(row)
    place = np.empty(len(row) + 1, np.int32)
    place[order] = np.arange(len(row), dtype=np.int32)
    place[-1] = MISSING
    starts = np.cumsum([0, *(len(part.box) for part in parts)]).tolist()
    moved = [
        {"boxes": np.append(place[start : start + len(part.box)], np.int32(MISSING))}
        for part, start in zip(parts, starts, strict=False)
    ]
    pairs = list(zip(parts, moved, strict=True))
    masks = Masks.concat([Masks.empty(), *(part.masks.repointed(new) for part, new in pairs)])
    points = [part.keypoints.repointed(new) for part, new in pairs]
    keypoints = Keypoints.concat([Keypoints.empty(), *points])
    dataset = dataclasses.replace(
        with_root(records, known.root),
        boxes=Boxes.concat([Boxes.empty(), *(part.boxes for part in parts)]).rows(order),
        masks=masks.rows(np.argsort(masks.box)),
        keypoints=keypoints.rows(np.argsort(keypoints.box)),
        problems=_of_kept_boxes(records.problems, row[order]),
        boxes_elsewhere=records.boxes_elsewhere - len(row),
    )
    found = [repointed(part.findings, new) for part, new in pairs]
    context = known.context(dataset, options)
    of_file = found_by(plan.files, context, options)
    return ShardReport(*kept_of(dataset, Findings.concat([Findings.empty(), *found, of_file])))


def _of_kept_boxes(problems: LoadProblems, row: Ints) -> LoadProblems:
    """Problems of a file with its boxes in these rows, (n,) ascending, alone: all that they name.

    Parameters
    ----------
    problems:
        which name rows of boxes in the file.
    row:
        of the boxes that are kept.
    """
    of_box = (problems.part == RecordType.BOX.value) & (problems.row != MISSING)
    moved: Rows = problems.row.copy()
    moved[of_box] = np.searchsorted(row, moved[of_box])
    return problems.replaced(row=moved)


def _and_missing(rows: Ints) -> Rows:
    return np.append(rows, MISSING).astype(np.int32)
