"""Whether `labelaudit impact` says what noise costs: against networks trained one by one.

Run `python -m benchmarks.impact` from the root of the repository. In the learned labels of a
dataset errors are planted, a quarter each missing, spurious, of another class and loose. The
experiment gets the dataset with these errors, and their repair as a review, and says what the
repair is worth. Beside it, two networks are trained by `train_detector` and measured by `evaluate`,
one on the labels with errors and one on those without, with a seed of their own: the difference is
the direct comparison. It should lie in the interval. The figures go to
`benchmarks/results/impact.md`.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.datasets import FOLDER
from benchmarks.label_errors.digits import digit_scenes
from benchmarks.machine import Machine, this_machine, versions
from benchmarks.records import joined
from labelaudit.auditing.findings import Findings, Fix, Safety, Severity
from labelaudit.auditing.label_issues import ErrorKind
from labelaudit.core.columns import MISSING, texts
from labelaudit.dataset.tables import Boxes, Dataset, RecordType
from labelaudit.detector.config import DetectorConfig
from labelaudit.impact.cleaning import Mending, Opinion
from labelaudit.impact.experiment import Choices, experiment
from labelaudit.impact.label_sets import NOISES, base_images
from labelaudit.impact.plot import draw
from labelaudit.impact.report import interval, report
from labelaudit.impact.summary import Points, summary
from labelaudit.io.load import load
from labelaudit.label_errors.evaluation.known_errors import KnownErrors, Rates, plant_known_errors
from labelaudit.training.evaluate import evaluate
from labelaudit.training.settings import TrainingSettings
from labelaudit.training.split import TrainingSplit, training_split
from labelaudit.training.train import train_detector

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
RESULTS = Path(__file__).parent / "results"
IMAGES = Path(__file__).parents[1] / "docs" / "images"
PACKAGES = ("labelaudit", "torch", "timm", "pycocotools")
NOISE_SEED = 11
"""Of the errors that the dataset is said to have."""

DIRECT_SEED = 100
"""Of the first of the networks that are trained one by one; none of the experiment has it."""

HEAD = """\
# What noise costs, by `labelaudit impact` and by networks trained one by one

Written by `python -m benchmarks.impact`; do not edit. Errors of four kinds, a quarter each, are in
the learned labels. *Experiment*: points of mAP that their repair is worth, with the 95 % interval.
*Direct*: mAP of a network that learned the repaired labels less that of one that learned the labels
with errors, measured by `evaluate` on the same held-out images; a pair of networks a figure, with
seeds that the experiment does not have.
"""
COLUMNS = (
    "| dataset | images learned, held out | labels made wrong | seeds | experiment | direct "
    "| mean in the interval | minutes | date |\n|---|--:|--:|--:|--:|--:|---|--:|---|"
)


@dataclass(frozen=True)
class Entry:
    """What came of one dataset."""

    date: str
    machine: Machine
    versions: dict[str, str]
    learned: int
    held_out: int
    wrong: int  # labels
    rate: float
    seeds: int
    gain: Points
    direct: tuple[float, ...]  # points, pair by pair
    minutes: float  # of the experiment
    report: str


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure each dataset, and write what came of it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("datasets", nargs="*", default=["bccd", "digits"])
    parser.add_argument("--rate", type=float, default=0.4)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, help="chosen by the number of labels if absent")
    parser.add_argument("--pairs", type=int, default=1)
    parser.add_argument("--rates", type=float, nargs="*", default=(0.1, 0.3))
    parser.add_argument("--noise", nargs="*", choices=sorted(NOISES), default=())
    parser.add_argument("--images", type=int, default=200, help="of digits")
    parser.add_argument("--folder", type=Path, help="keeps what is done, to go on after a stop")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    for name in options.datasets:
        path = SHARED / name
        if name == "digits":
            path = digit_scenes(FOLDER / "digits", images=options.images)
        if options.folder:
            measure(name, path, options.folder / name, options)
            continue
        with tempfile.TemporaryDirectory() as folder:
            measure(name, path, Path(folder), options)


def measure(name: str, path: Path, folder: Path, options: argparse.Namespace) -> None:
    """Run the experiment and the pairs on a dataset, and record them.

    Parameters
    ----------
    name: of the dataset.
    path: where it is.
    folder: of the experiment.
    options: of the command line.
    """
    machine, started = this_machine(), time.monotonic()
    clean = load(path)
    clean = clean.keep(images=base_images(clean))
    split = training_split(clean, seed=0)
    copy = with_errors(clean, split, options.rate)
    settings = TrainingSettings(DetectorConfig(device="cpu", epochs=options.epochs))
    choices = Choices(settings, options.seeds, tuple(options.noise), tuple(options.rates))
    opinion = Opinion(repair(copy, clean), "what was planted", 0.5, confirmed=True)
    mending = Mending(opinion=opinion)
    results = experiment(copy.dataset, mending, choices, folder, progress=told)
    result = summary(results, name)
    minutes = (time.monotonic() - started) / 60
    draw(result, IMAGES / f"impact-{name}.png")
    found = [
        pair(copy.dataset, clean, split, results.config, folder / f"pair{seed}", seed)
        for seed in range(DIRECT_SEED, DIRECT_SEED + options.pairs)
    ]
    entry = Entry(
        datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        machine,
        versions(Path(sys.executable), PACKAGES),
        result.learned,
        result.held_out,
        int((copy.error != "").sum()) + len(copy.dropped),
        options.rate,
        options.seeds,
        result.of_group("review")[-1].gain,
        tuple(found),
        minutes,
        report(result),
    )
    record({name: entry}, options.results)


def told(stage: str, done: int, total: int) -> None:
    """How far it is, on standard error."""
    print(f"\r{stage}: {done:,} of {total:,}   ", end="", file=sys.stderr, flush=True)


def with_errors(clean: Dataset, split: TrainingSplit, rate: float) -> KnownErrors:
    """The dataset with errors in learned labels; boxes of other images stand first, as they are."""
    mask = np.zeros(len(clean.images), bool)
    mask[split.learn] = True
    part = clean.keep(images=mask)
    shares = (share * rate for share in dataclasses.astuple(NOISES["mixed"]))
    made = plant_known_errors(part, Rates(*shares), seed=NOISE_SEED)

    def back(boxes: Boxes) -> Boxes:
        return dataclasses.replace(boxes, image=split.learn[boxes.image].astype(np.int32))

    others = clean.boxes.rows(~np.append(mask, False)[clean.boxes.image])
    boxes = Boxes.concat([others, back(made.dataset.boxes)])
    count = len(others)
    error = texts([*[""] * count, *made.error.tolist()])
    true = np.vstack([others.xyxy, made.true_xyxy])
    dataset = dataclasses.replace(
        clean.keep(boxes=np.zeros(len(clean.boxes), bool)), boxes=boxes, problems=part.problems
    )
    return KnownErrors(dataset, error, true, back(made.dropped))


def repair(copy: KnownErrors, clean: Dataset) -> Findings:
    """Findings whose fixes take back every planted error."""
    boxes = copy.dataset.boxes
    # A box that only its class was changed of is told by its corners, file and record.
    was = {
        (int(file), int(record)): int(label)
        for file, record, label in zip(
            clean.boxes.file, clean.boxes.record, clean.boxes.label, strict=True
        )
    }
    fixes, rows = [], []
    for row in np.flatnonzero(copy.error != "").tolist():
        kind = copy.error[row]
        values: dict[str, object] = {}
        name = "drop"
        if kind == ErrorKind.WRONG_CLASS.value:
            name, values = "relabel", {"label": was[int(boxes.file[row]), int(boxes.record[row])]}
        elif kind == ErrorKind.LOOSE_BOX.value:
            name, values = "move", {"xyxy": copy.true_xyxy[row].tolist()}
        fixes.append(Fix(name, Safety.UNSAFE, RecordType.BOX, row, values))
        rows.append(row)
    lost = copy.dropped
    for row in range(len(lost)):
        values = {
            "image": int(lost.image[row]),
            "xyxy": lost.xyxy[row].tolist(),
            "label": int(lost.label[row]),
        }
        fixes.append(Fix("add", Safety.UNSAFE, RecordType.IMAGE, int(lost.image[row]), values))
        rows.append(MISSING)
    order = np.random.default_rng(NOISE_SEED).permutation(len(fixes)).tolist()
    return Findings.of(
        len(fixes),
        code=["MOD000"] * len(fixes),
        name=["planted"] * len(fixes),
        severity=np.full(len(fixes), Severity.ERROR),
        box=[rows[place] for place in order],
        image=[
            int(boxes.image[rows[place]])
            if rows[place] != MISSING
            else int(fixes[place].values["image"])
            for place in order
        ],
        probability=np.ones(len(fixes)),
        fix=np.array([fixes[place] for place in order], object),
    )


def pair(  # noqa: PLR0917  # two sides of one comparison
    wrong: Dataset,
    clean: Dataset,
    split: TrainingSplit,
    config: DetectorConfig,
    folder: Path,
    seed: int,
) -> float:
    """Points of mAP by which a network is better that learned the labels without errors."""
    found = []
    alone = TrainingSplit(split.learn, split.learn[:0], "all that is learned")
    for name, dataset in (("wrong", wrong), ("clean", clean)):
        detector = train_detector(
            dataset,
            dataclasses.replace(config, seed=seed),
            alone,
            folder=folder / name,
            workers=1,
            progress=told,
        )
        found.append(evaluate(detector, clean, split.validate).map)
    return 100 * (found[1] - found[0])


def record(new: dict[str, Entry], folder: Path) -> None:
    """Add what was measured to what was recorded before, and write the page anew."""
    known = joined(folder / "impact.json", new, dict[str, Entry])
    parts = [HEAD, COLUMNS, *(line(name, known[name]) for name in sorted(known)), ""]
    for name in sorted(known):
        entry = known[name]
        packages = ", ".join(f"{one} {version}" for one, version in entry.versions.items())
        parts.append(f"{name}: {entry.machine}; {packages}.\n")
    parts += [
        known[name].report.replace("\n## ", "\n### ").replace("# The", "## The", 1)
        for name in sorted(known)
    ]
    (folder / "impact.md").write_text("\n".join(parts), encoding="utf-8")


def line(name: str, entry: Entry) -> str:
    """The row of a dataset."""
    mean = sum(entry.direct) / len(entry.direct)
    inside = "yes" if entry.gain.low <= mean <= entry.gain.high else "no"
    direct = ", ".join(f"{one:+.1f}" for one in entry.direct)
    return (
        f"| {name} | {entry.learned:,}, {entry.held_out:,} | {entry.wrong:,} ({entry.rate:.0%}) "
        f"| {entry.seeds} | {interval(entry.gain)} | {direct} | {inside} "
        f"| {entry.minutes:.0f} | {entry.date} |"
    )


if __name__ == "__main__":
    main()
