from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter
from cyclopts.types import PositiveInt

from labelaudit.auditing import findings_file
from labelaudit.auditing.config import Config
from labelaudit.auditing.run import Options
from labelaudit.cli import CLEAN
from labelaudit.cli.notes import note
from labelaudit.cli.parameters import Choice, DatasetSource, QueueOption, listed
from labelaudit.cli.progress_bar import Stages, stages
from labelaudit.cli.training_options import LearningOptions, NetworkOptions, training_choices
from labelaudit.core.extras import check_installed
from labelaudit.core.locks import locked
from labelaudit.core.terminal import Terminal
from labelaudit.core.whole_files import LOCK, replacing
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import ConfigError
from labelaudit.reports.found_images import where_images_are
from labelaudit.review.queue.places import QueuePlace

if TYPE_CHECKING:
    from labelaudit.impact.cleaning import Mending
    from labelaudit.impact.experiment import Choices
    from labelaudit.impact.summary import ImpactSummary

PACKAGES = ("torch", "torchvision", "timm", "filelock", "imagehash", "sklearn", "pycocotools")
"""What an experiment needs, by the names of the modules."""

RIGHT = 0.5
"""The probability from which a model's fixes are done unless another is given: more often right
than wrong."""


@dataclass(frozen=True)
class Fixes:
    """Which fixes are tried beside safe ones."""

    queue: QueuePlace | None
    findings: Path | None
    detector: bool
    min_probability: float | None

    def check(self) -> None:
        """Raises `ConfigError` if options contradict each other, or a file is not there."""
        given = [self.queue is not None, self.findings is not None, self.detector]
        if sum(given) > 1:
            raise ConfigError("of --queue, --findings and --detector, one can be given")
        if self.min_probability is not None:
            if not any(given[1:]):
                raise ConfigError("--min-probability needs --findings or --detector")
            if not 0 <= self.min_probability <= 1:
                raise ConfigError(
                    f"--min-probability must be from 0 to 1, found {self.min_probability:g}"
                )
        for path in (self.queue, self.findings):
            if isinstance(path, Path) and not path.is_file():
                raise ConfigError(f"{path}: no such file")

    def of(self, dataset: Dataset, options: Options, cache: Path | None, stage: Stages) -> Mending:
        """How labels are mended.

        Parameters
        ----------
        dataset: the labels as they are.
        options: of scans.
        cache: of a detector that is asked.
        stage: told how far it is.
        """
        from labelaudit.impact.cleaning import Mending, Opinion  # noqa: PLC0415  # as in `impact`

        least = RIGHT if self.min_probability is None else self.min_probability
        if self.findings is not None:
            lines = self.findings.read_bytes().splitlines()
            found = findings_file.read_lines(lines, self.findings, dataset)
            return Mending(options, None, Opinion(found, str(self.findings), least))
        if self.detector:
            from labelaudit.auditing.scan import scan  # noqa: PLC0415  # as in `impact`
            from labelaudit.label_errors.find import by_detector  # noqa: PLC0415  # likewise

            issues = by_detector(dataset, cache=cache, progress=stage.update)
            found = scan(dataset, options, label_issues=issues).findings
            return Mending(options, None, Opinion(found, issues.source, least))
        return Mending(options, self.queue)


Noise = Literal["missing", "spurious", "wrong-class", "loose", "mixed"]

EACH: tuple[Noise, ...] = ("missing", "spurious", "wrong-class", "loose")
"""Kinds of noise that are planted unless others are named."""


def impact(  # noqa: PLR0913  # options of a command
    paths: tuple[Path, ...],
    /,
    *,
    output: Annotated[Path, Parameter(alias="-o")],
    queue: QueueOption | None = None,
    findings: Path | None = None,
    detector: bool = False,
    min_probability: float | None = None,
    seeds: PositiveInt = 3,
    rates: tuple[str, ...] = (),
    noise: tuple[Noise, ...] = (),
    no_noise: bool = False,
    epochs: PositiveInt | None = None,
    device: Literal["auto", "cpu", "cuda", "mps"] | None = None,
    cache: Path | None = None,
    workers: PositiveInt | None = None,
    source: DatasetSource = DatasetSource(),
    choice: Choice = Choice(),
    network: NetworkOptions = NetworkOptions(),
) -> int:
    """Measure what wrong labels cost a network on this dataset, and what fixes are worth.

    The same network is trained on the labels as they are, after safe fixes, after more and more of
    a review, and with more and more errors planted on purpose; several seeds each. All are measured
    on one held-out part of the images, whose labels are mended. Written are impact.json, impact.md,
    impact.png and the metrics of each run. A run that was stopped goes on where it was. A few
    hundred images take a quarter of an hour on two cores; the table `train` of the configuration
    says which network is trained.

    Parameters
    ----------
    paths:
        The dataset, as it would be given to a scan, with its images.
    output:
        The folder for the results.
    queue:
        The decisions of a review: what its fixes are worth, and how much of it is enough. The
        held-out labels are mended by it, too.
    findings:
        Instead of a review: what a model's fixes are worth that nobody looked at, by these
        findings, a file that `labelaudit scan --detector --output-format jsonl` wrote.
    detector:
        The same, by a detector that is asked now, as `labelaudit scan --detector` does.
    min_probability:
        Of a model's fixes, those are done that are right with at least this probability; 0.5 if
        absent.
    seeds:
        How often each network is trained. With more, intervals are narrower.
    rates:
        Shares of the labels that are made wrong: 0.1,0.3 if absent. May be repeated.
    noise:
        How they are made wrong: missing, spurious, wrong-class, loose, or mixed, a quarter of each.
        May be repeated; the first four if absent.
    no_noise:
        Plant no noise.
    epochs:
        How often each image is met. Chosen from the number of labels if absent.
    device:
        Where to train: auto takes a GPU if there is one.
    cache:
        The folder that keeps what a frozen backbone makes of the images.
    workers:
        Networks that are trained at a time; as many as there are processors if absent.
    """
    check_installed(PACKAGES, "an experiment")
    from labelaudit.impact.plot import check_plots, draw  # noqa: PLC0415  # torch, as below

    check_plots()
    fixes = Fixes(queue, findings, detector=detector, min_probability=min_probability)
    fixes.check()
    _check_folder(output)
    config = choice.configured()
    choices = _choices(
        config,
        network,
        LearningOptions(epochs=epochs, device=device),
        seeds=seeds,
        noises=() if no_noise else tuple(dict.fromkeys(noise or EACH)),
        rates=_rates(rates or ("0.1", "0.3")),
        cache=cache,
        workers=workers,
    )
    with locked(output / LOCK, output), stages(quiet=False) as stage:
        stage.begin("reading labels")
        dataset = source.load(paths, config)
        for line in (*where_images_are(dataset), *dataset.notes):
            note(line)
        mending = fixes.of(dataset, config.options, cache, stage)
        result = _result(dataset, mending, choices, output, stage)
        _write(result, output)
    draw(result, output / "impact.png")
    return _shown(result, output)


def _check_folder(folder: Path) -> None:
    """Raises `ConfigError` unless results can go there: it is new, empty, or of this command."""
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder}: is a file; results go into a folder")
    ours = {"impact.json", "impact.md", "impact.png", "runs", LOCK}
    others = sorted({path.name for path in folder.iterdir()} - ours) if folder.exists() else []
    if others and not (folder / "runs").is_dir():
        raise ConfigError(f"{folder}: holds other files ({others[0]}); name a new folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be made ({error.strerror})") from error


def _rates(words: Sequence[str]) -> tuple[float, ...]:
    try:
        return tuple(sorted({float(word) for word in listed(tuple(words))}))
    except ValueError as error:
        raise ConfigError(f"--rates: expected numbers such as 0.1,0.3, found {words}") from error


def _choices(
    config: Config, network: NetworkOptions, learning: LearningOptions, **rest: object
) -> Choices:
    """What is tried: the detector of the configuration, but for what the command line says."""
    from labelaudit.impact.experiment import Choices  # noqa: PLC0415  # as in `impact`

    settings = training_choices(config, network, learning)
    return Choices(settings, **rest)  # type: ignore[arg-type]  # checked there


def _result(
    dataset: Dataset, mending: Mending, choices: Choices, folder: Path, stage: Stages
) -> ImpactSummary:
    from labelaudit.impact.experiment import experiment  # noqa: PLC0415  # as in `impact`
    from labelaudit.impact.summary import summary  # noqa: PLC0415  # likewise

    results = experiment(dataset, mending, choices, folder, progress=stage.update)
    name = (dataset.sources[0] if dataset.sources else dataset.root).absolute().name
    return summary(results, name)


def _write(result: ImpactSummary, folder: Path) -> None:
    from labelaudit.impact.report import report  # noqa: PLC0415  # as in `impact`
    from labelaudit.impact.summary import as_json  # noqa: PLC0415  # likewise

    contents = {
        "impact.json": json.dumps(as_json(result), indent=1, ensure_ascii=False) + "\n",
        "impact.md": report(result),
    }
    for name, content in contents.items():
        with replacing(folder / name) as file:
            file.write(content.encode("utf-8", "backslashreplace"))


def _shown(result: ImpactSummary, folder: Path) -> int:
    """The headline and the table on the terminal."""
    from labelaudit.cli.impact_lines import lines  # noqa: PLC0415  # as in `impact`

    terminal = Terminal(sys.stdout)
    for part in lines(result):
        terminal.print(part)
    for line in result.notes:
        note(line)
    note(f"Wrote {folder / 'impact.md'}, impact.json, impact.png and the metrics of each run")
    return CLEAN
