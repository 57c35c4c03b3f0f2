"""What is measured: on each dataset, which tools, doing what.

Of folders, labels alone are judged, since that is what panlabel does: no rule about images, no
pixel. The images are there, as people have them. Both tools open them where labels are fractions of
their sizes (YOLO); labelaudit does so for VOC, too, which panlabel leaves alone. What images cost
is a row of its own, on pictures; they are decoded in the first round and remembered in the others.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.datasets import DATASETS, Dataset

PROGRAMS = Path(__file__).parent / "peers"
OURS = "labelaudit"
SCAN = ("scan", "{path}", "--exit-zero", "--output-format", "json")
LABELS_ALONE = (*SCAN, "--ignore", "IMG", "--pixels", "never")
WITH_IMAGES = {"images and pixels, too": SCAN}
OF_LABELS = (
    "labelaudit judges labels alone here (`--ignore IMG --pixels never`), as panlabel does, and "
    "reads the headers of the images."
)
OF_IMAGES = (
    f"{OF_LABELS} The second row is of all rules; it decodes 10,000 pictures in the first round, "
    "and remembers in the others what it saw."
)


@dataclass(frozen=True)
class Tools:
    """Where the tools are found."""

    labelaudit: tuple[str, ...]  # the words that start it
    peers: Path | None  # the Python interpreter that has the peers installed; None leaves them out


@dataclass(frozen=True)
class Contender:
    """One tool doing one thing; `{path}` in its command stands for the dataset."""

    name: str
    command: tuple[str, ...]
    packages: tuple[str, ...] = ()  # whose versions are recorded

    def on(self, path: Path) -> list[str]:
        """The command with the dataset in its place."""
        return [word.format(path=path) for word in self.command]


@dataclass(frozen=True)
class Experiment:
    """Contenders that are run in turn on one dataset."""

    dataset: Dataset
    peers: tuple[str, ...]  # their names, in order; labelaudit goes first in any case
    ours: tuple[str, ...] = SCAN  # what labelaudit is told to do
    also: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # and else, each by its name
    remark: str = ""  # what there is to know about the table
    most_rounds: int = 100
    usual: bool = True  # part of a run that names no experiment

    @property
    def title(self) -> str:
        """What is done to what."""
        return self.dataset.description if self.scans else " ".join(self.ours)

    @property
    def scans(self) -> bool:
        """Whether the dataset is read at all."""
        return self.ours[: len(SCAN)] == SCAN


LOADERS = ("hotcoco load", "hotcoco healthcheck", "panlabel validate", "pycocotools load")
FLOOR = "reading the bytes"
EXPERIMENTS = {
    "help": Experiment(DATASETS["small"], ("hotcoco help", "panlabel help"), ours=("--help",)),
    "small": Experiment(DATASETS["small"], (*LOADERS, "Datumaro validate")),
    "val2017": Experiment(DATASETS["val2017"], (*LOADERS, "Datumaro validate", FLOOR)),
    "voc": Experiment(
        DATASETS["voc-pictures"],
        ("panlabel validate voc", FLOOR),
        ours=LABELS_ALONE,
        also=WITH_IMAGES,
        remark=OF_IMAGES,
    ),
    "yolo": Experiment(
        DATASETS["yolo-pictures"],
        ("panlabel validate yolo", FLOOR),
        ours=LABELS_ALONE,
        also=WITH_IMAGES,
        remark=OF_IMAGES,
    ),
    "boxes": Experiment(DATASETS["boxes"], (*LOADERS, FLOOR)),
    "train2017": Experiment(DATASETS["train2017"], (*LOADERS, FLOOR)),
    "voc-100000": Experiment(
        DATASETS["voc-100000"],
        ("panlabel validate voc", FLOOR),
        ours=LABELS_ALONE,
        remark=OF_LABELS,
        usual=False,
    ),
    "yolo-100000": Experiment(
        DATASETS["yolo-100000"],
        ("panlabel validate yolo", FLOOR),
        ours=LABELS_ALONE,
        remark=OF_LABELS,
        usual=False,
    ),
    # pycocotools and panlabel would need more memory for these than most machines have.
    "boxes-5m": Experiment(DATASETS["boxes-5m"], ("hotcoco healthcheck", FLOOR), usual=False),
    "boxes-25m": Experiment(
        DATASETS["boxes-25m"], ("hotcoco healthcheck", FLOOR), most_rounds=1, usual=False
    ),
}


def contenders(
    experiment: Experiment, tools: Tools, variants: dict[str, tuple[str, ...]]
) -> list[Contender]:
    """Who takes part: labelaudit, its variants (name: further options), the peers at hand."""
    plain = Contender(OURS, (*tools.labelaudit, *experiment.ours), (OURS, "numpy", "msgspec"))
    ours = [plain]
    ours += [
        Contender(f"{OURS}, {name}", (*tools.labelaudit, *words))
        for name, words in experiment.also.items()
    ]
    if experiment.scans:
        ours += [
            Contender(f"{OURS}, {name}", (*plain.command, *options))
            for name, options in variants.items()
        ]
    available = peers(tools.peers)
    return ours + [available[name] for name in experiment.peers if name in available]


def peers(python: Path | None) -> dict[str, Contender]:
    """The other tools, by name; without an interpreter only the reading of the bytes."""
    read = Contender(FLOOR, _program(Path(sys.executable), "read_bytes"))
    if python is None:
        return {read.name: read}
    commands = python.parent
    validate = (
        str(commands / "panlabel"),
        "validate",
        "{path}",
        "--output-format",
        "json",
        "--format",
    )
    found = [
        read,
        Contender("hotcoco load", _program(python, "hotcoco_load"), ("hotcoco",)),
        Contender("hotcoco healthcheck", _program(python, "hotcoco_healthcheck"), ("hotcoco",)),
        Contender("hotcoco help", (str(commands / "coco"), "--help"), ("hotcoco",)),
        Contender("pycocotools load", _program(python, "pycocotools_load"), ("pycocotools",)),
        Contender("Datumaro validate", _program(python, "datumaro_validate"), ("datumaro",)),
        Contender("panlabel help", (str(commands / "panlabel"), "--help"), ("panlabel",)),
        Contender("panlabel validate", (*validate, "coco"), ("panlabel",)),
        Contender("panlabel validate voc", (*validate, "voc"), ("panlabel",)),
        Contender("panlabel validate yolo", (*validate, "yolo"), ("panlabel",)),
    ]
    return {contender.name: contender for contender in found}


def _program(python: Path, name: str) -> tuple[str, ...]:
    """The command that runs one of the small programs on a dataset."""
    return (str(python), str(PROGRAMS / f"{name}.py"), "{path}")
