from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

from cyclopts.types import NonNegativeInt

from labelaudit.cli import CLEAN
from labelaudit.cli.agreement_lines import as_json, drawn
from labelaudit.cli.notes import note
from labelaudit.cli.parameters import DatasetSource, PartChoice
from labelaudit.cli.text_tables import write_json
from labelaudit.cli.typed import option_words
from labelaudit.core.shell import command, word
from labelaudit.core.terminal import Terminal
from labelaudit.errors import ConfigError
from labelaudit.io.targets import check_free


def agreement(
    paths: tuple[Path, ...],
    /,
    *,
    by: str | None = None,
    consensus: Path | None = None,
    overwrite: bool = False,
    examples: NonNegativeInt = 5,
    output_format: Literal["text", "json"] = "text",
    source: DatasetSource = DatasetSource(),
    part: PartChoice = PartChoice(),
) -> int:
    """Say how far several people agree who labelled the same images.

    Boxes that overlap by half are one object. Krippendorff's alpha is 1 where all say the same of
    all objects, and 0 where they agree as chance would have it. Needs the extra agreement.

    Parameters
    ----------
    paths:
        The labels of each person: two files or folders of one format or more, about images of the
        same names. With --by, one dataset that holds the boxes of all.
    by:
        The field that says who drew a box: annotator, completed_by, file.
    consensus:
        Write what more than half of them say, as a COCO file that does not exist yet: the class of
        most, the median of their boxes.
    overwrite:
        Replace what is at the place of the consensus.
    examples:
        How many images that they disagree about most are named.
    output_format:
        text for people, json for programs.
    """
    from labelaudit.auditing.sources.agreement import agreement as agreed  # noqa: PLC0415  # few ask
    from labelaudit.auditing.sources.raters import raters_of_field, raters_of_files  # noqa: PLC0415

    if by is None and len(paths) < 2:
        raise ConfigError("give the labels of two people or more, or --by a field that names them")
    if consensus:
        check_free(consensus, overwrite=overwrite)
    dataset = source.load(paths, part=part)
    raters = raters_of_field(dataset, by) if by else raters_of_files(dataset)
    found = agreed(dataset, raters.people, raters.asked, raters.picture)
    if output_format == "json":
        write_json(as_json(found, dataset), sys.stdout)
    else:
        terminal = Terminal(sys.stdout)
        for line in drawn(found, dataset, examples):
            terminal.print(line)
        if found.worst:
            options = option_words(source, part)
            words = (*map(word, paths), *options, "--by", by or "file", "--select", "SRC005")
            note(f"each of them, with both boxes: {command('scan', *words)}")
    if consensus:
        from labelaudit.cli.consensus_output import write_consensus  # noqa: PLC0415  # few ask

        note(write_consensus(dataset, found, raters.picture, consensus, overwrite=overwrite))
    return CLEAN
