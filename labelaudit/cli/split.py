from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from cyclopts import Parameter

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.needs import PixelPolicy
from labelaudit.cli import CLEAN
from labelaudit.cli.notes import note
from labelaudit.cli.parameters import DatasetSource
from labelaudit.cli.progress_bar import Stages, stages
from labelaudit.cli.split_options import FOLDER, GROUPS, RANDOM, SplitChoice, SplitOutput
from labelaudit.core.shell import command
from labelaudit.core.text import counted
from labelaudit.core.whole_files import replacing
from labelaudit.dataset.tables import Dataset, SplitMembership
from labelaudit.io.formats import FORMATS

MOST_FILES = 6
"""Changed files that are named; more are only counted."""

if TYPE_CHECKING:
    from labelaudit.auditing.splits.groups import ImageGroups
    from labelaudit.auditing.splits.proposal import SplitProposal


def split(
    paths: tuple[Path, ...],
    /,
    *,
    choice: SplitChoice = SplitChoice(),
    target: SplitOutput = SplitOutput(),
    source: DatasetSource = DatasetSource(),
    quiet: Annotated[bool, Parameter(alias=("-q", "--no-progress"))] = False,
    output_format: Literal["text", "json"] = "text",
) -> int:
    """Propose splits that leak nothing and hold their share of every class, and write them.

    Prints what is wrong with the splits that there are, and what would be in the new ones. With
    --output, the dataset is written with them, in its own format, each record as it was; the
    original is not touched. With --in-place, its own lists of splits are changed.

    Parameters
    ----------
    paths:
        The dataset, as it would be given to a scan.
    quiet:
        Show no progress.
    output_format:
        text for people, json for programs, with the split of every image.
    """
    choice.check()
    target.check()
    with stages(quiet=quiet) as stage:
        stage.begin("reading labels")
        dataset = source.load(paths)
        _check_format(dataset, target)
        audit = AuditContext(dataset, pixels=PixelPolicy.ALWAYS, progress=stage.update)
        groups = _groups(audit, choice)
        proposal, faults = _proposed(audit, groups, choice, stage)
    _tell(audit, proposal, faults, output_format)
    if target.table:
        _write_list(audit, proposal, target.table)
    if target.output:
        _write(dataset, proposal, target)
    elif target.in_place:
        _relist(dataset, proposal)
    return CLEAN


def _check_format(dataset: Dataset, target: SplitOutput) -> None:
    """Refuse a format that cannot be written, before anybody waits for images to be decoded."""
    from labelaudit.io.divide import check_dividable  # noqa: PLC0415  # only where one writes
    from labelaudit.io.formats import converter  # noqa: PLC0415

    for line in dataset.notes:
        note(line)
    if target.to:
        converter(FORMATS[target.to])
    elif target.output:
        check_dividable(dataset)
    elif target.in_place:
        from labelaudit.io.relist import check_relistable  # noqa: PLC0415  # as above

        check_relistable(dataset)


def _groups(audit: AuditContext, choice: SplitChoice) -> ImageGroups:
    """The images that stay together."""
    # scipy, which other commands do without, and what decodes images.
    from labelaudit.auditing.splits.groups import (  # noqa: PLC0415
        by_pattern,
        image_groups,
        in_folders,
        of_field,
    )

    asked = []
    if choice.by == FOLDER:
        asked.append(in_folders(audit))
    elif choice.by not in (GROUPS, RANDOM):
        asked.append(of_field(audit, choice.by))
    if matcher := choice.parsed_pattern:
        asked.append(by_pattern(audit, matcher))
    return image_groups(audit, pixels=choice.by != RANDOM, asked=asked)


def _proposed(
    audit: AuditContext, groups: ImageGroups, choice: SplitChoice, stage: Stages
) -> tuple[SplitProposal, list[str]]:
    """The new splits, and what is wrong with the old ones."""
    from labelaudit.auditing.splits.faults import split_faults  # noqa: PLC0415  # see above
    from labelaudit.auditing.splits.proposal import (  # noqa: PLC0415
        mended_split,
        stratified_split,
    )

    stage.begin("sharing out images")
    faults = split_faults(audit, groups)
    if choice.keep:
        return mended_split(audit, groups, choice.keep), faults
    return stratified_split(audit, groups, choice.parsed_shares, seed=choice.seed), faults


def _tell(
    audit: AuditContext, proposal: SplitProposal, faults: list[str], output_format: str
) -> None:
    from rich.text import Text  # noqa: PLC0415  # 30 ms that other commands do without

    from labelaudit.cli.split_tables import split_json, split_report  # noqa: PLC0415
    from labelaudit.cli.text_tables import write_json  # noqa: PLC0415
    from labelaudit.core.terminal import Terminal  # noqa: PLC0415

    if output_format == "json":
        write_json(split_json(audit, proposal, faults), sys.stdout)
        return
    terminal = Terminal(sys.stdout)
    for part in split_report(audit, proposal, faults):
        terminal.print(part, soft_wrap=isinstance(part, Text))


def _write_list(audit: AuditContext, proposal: SplitProposal, path: Path) -> None:
    import csv  # noqa: PLC0415  # only where it is asked for
    import io  # noqa: PLC0415

    from labelaudit.cli.split_tables import image_rows  # noqa: PLC0415

    text = io.StringIO(newline="")
    table = csv.DictWriter(text, ("image", "split", "group"), lineterminator="\n")
    table.writeheader()
    table.writerows(image_rows(audit, proposal))
    with replacing(path) as out:
        out.write(text.getvalue().encode("utf-8", "surrogateescape"))
    note(f"Wrote {path}")


def _write(dataset: Dataset, proposal: SplitProposal, target: SplitOutput) -> None:
    """Write the dataset with the new splits, in its own format or in another."""
    from labelaudit.io.divide import divide  # noqa: PLC0415  # only where one writes
    from labelaudit.io.formats.division import Division  # noqa: PLC0415

    if target.output is None:
        return
    if target.to:
        _convert(dataset, proposal, target, target.output)
        return
    division = Division(proposal.names, proposal.split)
    done = divide(
        dataset,
        division,
        target.output,
        copy_images=target.copy_images,
        overwrite=target.overwrite,
    )
    images, boxes = (
        counted(len(dataset.images), "image"),
        counted(len(dataset.boxes), "box", "boxes"),
    )
    note(f"Wrote {done.path}: {images}, {boxes}; read again, all of it is there")
    for line in done.notes:
        note(line)
    note(f"look at it: {command('scan', *done.sources)}")


def _relist(dataset: Dataset, proposal: SplitProposal) -> None:
    """Change the splits of a dataset where it is, and say how to take it back."""
    from labelaudit.io.formats.division import Division  # noqa: PLC0415  # only where one writes
    from labelaudit.io.relist import relist  # noqa: PLC0415

    done = relist(dataset, Division(proposal.names, proposal.split))
    for line in done.notes:
        note(line)
    if done.patch is None:
        note("Nothing to change: the splits are as proposed.")
        return
    files = counted(len(done.files), "file")
    note(f"Changed {files} in {done.path}: {', '.join(done.files[:MOST_FILES])}")
    note(f"read again, all of it is there; the changes are listed in {done.patch}")
    note(f"to take it back: {command('undo', done.path)}")


def _convert(dataset: Dataset, proposal: SplitProposal, target: SplitOutput, output: Path) -> None:
    """Write the dataset with the new splits in another format, and say what that cannot hold."""
    from labelaudit.core.whole_files import whole  # noqa: PLC0415  # only where one writes
    from labelaudit.errors import FormatError  # noqa: PLC0415
    from labelaudit.images.own_links import remember_links  # noqa: PLC0415
    from labelaudit.io.formats import converter  # noqa: PLC0415
    from labelaudit.io.formats.conversion import summary  # noqa: PLC0415
    from labelaudit.io.formats.unnamed_images import named_by_files  # noqa: PLC0415
    from labelaudit.io.targets import check_apart  # noqa: PLC0415

    format_ = FORMATS[str(target.to)]
    check_apart(output, dataset)
    count = len(proposal.split)
    members = SplitMembership.of(count, split=proposal.split, image=np.arange(count))
    divided = dataclasses.replace(dataset, splits=proposal.names, split_members=members)
    with whole(output, overwrite=target.overwrite) as place:
        named = named_by_files(divided)
        if named is not divided:
            note(named.notes[-1])
        conversion = converter(format_)(named, place, copy_images=target.copy_images)
        for line in conversion.lines:
            note(line)
        if conversion.reasons:
            raise FormatError(
                f"{output}: boxes would be lost, so nothing was written; labelaudit convert "
                "--allow-loss first"
            )
        written = conversion.write()
        remember_links(place)
    for line in summary(written, format_.name):
        note(line)
