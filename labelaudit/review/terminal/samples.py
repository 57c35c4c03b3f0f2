"""A sample judged in a terminal: one label or image after the other, a key each."""

from __future__ import annotations

import sys
import tempfile
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from labelaudit.core.terminal import Terminal
from labelaudit.core.text import counted, plain, rounded
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import LabelauditError
from labelaudit.images.shown_files import NotShownError
from labelaudit.label_errors.evaluation.prevalence import estimate_prevalence
from labelaudit.label_errors.evaluation.sample import SampledRows, Unit
from labelaudit.review.queue.samples import (
    SampleTask,
    judge,
    let_go,
    next_tasks,
    sample_of,
)
from labelaudit.review.queue.store import Queue
from labelaudit.review.terminal.crops import around, drawn, marked
from labelaudit.review.terminal.keyboard import Keys, keyboard
from labelaudit.review.web.image_tiles import Extent, ImageTiles

SIDE = 480
"""Pixels of the longer side of what is shown of a label."""

WHOLE = 1024
"""Pixels of the longer side of a whole image."""

VERDICTS = {"1": "ok", "2": "wrong_class", "3": "loose_box", "4": "spurious"}

HELP = {
    "boxes": "1 right  2 wrong class  3 loose box  4 nothing there  u undo  n next  p previous"
    "  q quit",
    "images": "0 to 9: so many objects have no label  m more  u undo  n next  p previous  q quit",
}


@dataclass
class SampleSession:
    """A reviewer at a sample; a verdict is written before the next key is read."""

    queue: Queue
    dataset: Dataset
    reviewer: str
    terminal: Terminal
    unit: Unit
    images: ImageTiles = field(init=False)
    rows: SampledRows = field(init=False)
    folder: Path = field(init=False)
    tasks: list[SampleTask] = field(default_factory=list)
    judged: list[int] = field(default_factory=list)  # numbers of tasks, the last one last
    at: int = 0  # index in `tasks`; their number where nothing is left

    def __post_init__(self) -> None:
        self.images = ImageTiles(self.dataset)
        self.rows = SampledRows(self.dataset, self.unit)
        self.folder = Path(tempfile.mkdtemp(prefix="labelaudit-"))

    def run(self, keys: Keys) -> None:
        """Show tasks and obey keys until q or Ctrl+C, or until no key comes any more."""
        self._say(HELP[self.unit], "dim")
        try:
            self._go(0)
            for key in keys:
                if key == "q":
                    break
                self._obey(key, keys)
        except KeyboardInterrupt:
            self._say("")
        let_go(self.queue, self.reviewer)
        self._say(f"\n{self._estimate()}", "bold")

    def _obey(self, key: str, keys: Keys) -> None:
        try:
            if key == "n":
                self._go(self.at + 1)
            elif key == "p":
                self._go(self.at - 1)
            elif key == "u":
                self._undo()
            elif key == "?":
                self._say(HELP[self.unit])
            elif self.at < len(self.tasks):
                self._judge(key, keys)
        except LabelauditError as error:
            self._say(str(error), "red")

    def _judge(self, key: str, keys: Keys) -> None:
        """Write down what a key says of the task at hand, if it says anything."""
        verdict: str | int | None
        if self.unit == "boxes":
            verdict = VERDICTS.get(key)
        elif key == "m":
            self._say("how many:")
            typed = keys.line().strip()
            verdict = int(typed) if typed.isdecimal() else None
        else:
            verdict = int(key) if key.isdecimal() else None
        if verdict is None:
            return
        task = self.tasks[self.at]
        self.tasks[self.at] = self._written(task, verdict)
        self.judged.append(task.number)
        self._go(self.at + 1)

    def _written(self, task: SampleTask, verdict: str | int | None) -> SampleTask:
        request = str(uuid.uuid4())
        return judge(self.queue, self.reviewer, task.number, verdict, uuid=request)

    def _undo(self) -> None:
        if not self.judged:
            self._say("nothing to undo")
            return
        number = self.judged.pop()
        place = [task.number for task in self.tasks].index(number)
        self.tasks[place] = self._written(self.tasks[place], None)
        self._go(place)

    def _go(self, at: int) -> None:
        """Show the task at an index, the next ones fetched as needed."""
        self.at = max(0, at)
        if self.at >= len(self.tasks):
            last = self.tasks[-1].number if self.tasks else None
            self.tasks += next_tasks(self.queue, self.reviewer, self.unit, count=20, after=last)
        self.at = min(self.at, len(self.tasks))
        if self.at < len(self.tasks):
            self._show(self.tasks[self.at])
        else:
            self._say("Nothing is left. u takes the last verdict back, p goes back, q ends.")

    def _show(self, task: SampleTask) -> None:
        self._say(f"\n{self._estimate()}", "dim")
        name = plain(task.item.image or "")
        about = f"{task.item.class_name}  {name}" if self.unit == "boxes" else name
        self._say(about, "bold")
        if task.item.verdict is not None:
            self._say(f"judged: {task.item.verdict}")
        row = self.rows.row(task.item)
        if row is None:
            self._say("the labels have changed since this sample was drawn", "red")
            return
        try:
            path = self._picture(task, row)
        except NotShownError as error:
            self._say(f"no picture: {error}", "dim")
            return
        if not (self.terminal.is_terminal and drawn(path, self.terminal)):
            self._say(f"picture: {path}", "dim")

    def _picture(self, task: SampleTask, row: int) -> Path:
        """A file with the label on what is around it, or with the image and all of its labels."""
        boxes = self.dataset.boxes
        if self.unit == "boxes":
            image, corners, side = int(boxes.image[row]), {"finding": boxes.xyxy[row]}, SIDE
            extent = around(boxes.xyxy[[row]]) or self._whole(image)
        else:
            image, corners, side = row, {"other": boxes.xyxy[boxes.image == row]}, WHOLE
            extent = self._whole(image)
        path = self.folder / f"{task.number}.jpg"
        path.write_bytes(marked(self.images.crop(image, extent, side), extent, corners))
        return path

    def _whole(self, image: int) -> Extent:
        width, height = self.images.size(image)
        return 0, 0, width, height

    def _estimate(self) -> str:
        """How far the sample is judged, and what that says of all."""
        sample = sample_of(self.queue, self.unit)
        items = sample.items if sample else ()
        judged = sum(item.verdict is not None for item in items)
        words = f"{judged:,} of {len(items):,} judged"
        found = estimate_prevalence(sample).all if sample and judged > 1 else None
        if found is None or found.errors is None or found.low is None or found.high is None:
            return words
        number = f"{rounded(found.errors)} ({rounded(found.low)} to {rounded(found.high)})"
        if self.unit == "images":
            return f"{words}: {number} objects have no label in {counted(found.of, 'image')}"
        return f"{words}: {number} of {counted(found.of, 'label')} are wrong"

    def _say(self, text: str, style: str = "") -> None:
        for line in text.split("\n"):
            self.terminal.say(plain(line), style)


def judge_sample(queue: Queue, dataset: Dataset, reviewer: str, unit: Unit) -> None:
    """Judge a sample at the terminal that this process runs in, until the reviewer quits.

    Parameters
    ----------
    queue:
        with the sample.
    dataset:
        that it was drawn from.
    reviewer:
        who judges.
    unit:
        labels or images.
    """
    with keyboard(sys.stdin) as keys:
        SampleSession(queue, dataset, reviewer, Terminal(sys.stdout), unit).run(keys)
