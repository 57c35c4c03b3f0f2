"""The review in a terminal: the same queue and the same keys as on the page, over ssh say."""

from __future__ import annotations

import sys
import tempfile
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from rich.text import Text

from labelaudit.dataset import Dataset, Part
from labelaudit.errors import LabelauditError
from labelaudit.findings import FixKind
from labelaudit.fixlist import Lookup
from labelaudit.queue.decisions import Judgement, Outcome, decide, undo
from labelaudit.queue.drawing import add_box, added_fixes, own_fixes
from labelaudit.queue.handing import next_items, release
from labelaudit.queue.items import ADDED, Filter, Item, Order, Verdict, read_items
from labelaudit.queue.progress import progress
from labelaudit.queue.store import Queue
from labelaudit.registry import suggestion
from labelaudit.review.pictures import NotShownError, Pictures
from labelaudit.table import MISSING, Floats
from labelaudit.terminal import Terminal, counted, plain

BATCH = 20
"""Items that are handed out at a time."""

SIDE = 480
"""Pixels of the longer side of a crop."""

MARGIN = 0.5
"""What is shown around a box, by its longer side."""

VERDICTS = {"a": Verdict.ACCEPT, "r": Verdict.REJECT, "s": Verdict.SKIP}

HELP = """a accept  r reject  s skip  u undo  e edit  d draw  n next  p previous  q quit  ? help
e asks for a class, for left top right bottom in pixels, for both, or for - to drop the box.
d asks for both, of a box of this image that is missing from the labels."""


class EditError(LabelauditError):
    """What was typed is no class and no box."""


@dataclass
class Session:
    """A reviewer at the queue; what is decided is written before the next key is read."""

    queue: Queue
    dataset: Dataset
    reviewer: str
    terminal: Terminal
    wanted: Filter = field(default_factory=Filter)
    order: Order = "value"
    pictures: Pictures = field(init=False)
    lookup: Lookup = field(init=False)
    folder: Path = field(init=False)
    items: list[Item] = field(default_factory=list)
    at: int = 0  # index in `items`; their number where nothing is left

    def __post_init__(self) -> None:
        self.pictures = Pictures(self.dataset)
        self.lookup = Lookup(self.dataset)
        self.folder = Path(tempfile.mkdtemp(prefix="labelaudit-"))

    def run(self, keys: Iterator[str]) -> None:
        """Show items and obey keys until q, or until no key comes any more."""
        self._go(0)
        for key in keys:
            if key == "q":
                break
            try:
                self._obey(key, keys)
            except LabelauditError as error:
                self._say(str(error), "red")
        release(self.queue, self.reviewer)
        self._summary()

    def _obey(self, key: str, keys: Iterator[str]) -> None:
        if key in VERDICTS and self._here:
            self._judge(Judgement(self._here.fingerprint, VERDICTS[key], seen=self._here.decision))
        elif key == "e" and self._here:
            self._edit(self._here, keys)
        elif key == "d" and self._here:
            self._draw(self._here, keys)
        elif key == "u":
            self._undo()
        elif key == "n":
            self._go(self.at + 1)
        elif key == "p":
            self._go(self.at - 1)
        elif key == "?":
            self._say(HELP)

    @property
    def _here(self) -> Item | None:
        return self.items[self.at] if self.at < len(self.items) else None

    def _judge(self, judgement: Judgement) -> None:
        outcome = decide(self.queue, self.reviewer, [judgement], uuid=str(uuid.uuid4()))
        self._take(outcome)
        if outcome.items:
            self._say(f"  {outcome.items[0].state}", "green")
            self._go(self.at + 1)

    def _take(self, outcome: Outcome) -> None:
        """Keep items as they are now, and tell what somebody else did."""
        now = {item.fingerprint: item for item in (*outcome.items, *outcome.conflicts)}
        self.items = [now.get(item.fingerprint, item) for item in self.items]
        for item in outcome.conflicts:
            who = plain(item.reviewer or "")
            self._say(f"{who} has decided meanwhile: {item.state}; press again to decide anew")

    def _undo(self) -> None:
        outcome = undo(self.queue, self.reviewer, uuid=str(uuid.uuid4()))
        self._take(outcome)
        if not outcome.items:
            self._say("nothing to undo")
            return
        first = outcome.items[0]
        if first.entry["code"] == ADDED and first.obsolete:
            self._say(f"taken back: {first.entry['message']}")
            return
        known = [item.fingerprint for item in self.items]
        if first.fingerprint not in known:
            self.items.insert(self.at, first)
            known.insert(self.at, first.fingerprint)
        self._go(known.index(first.fingerprint))

    def _edit(self, item: Item, keys: Iterator[str]) -> None:
        self._say("class, left top right bottom, both, or -:")
        words = _line(keys).split()
        if not words:
            return
        fixes = self._fixes(item, words)
        judgement = Judgement(item.fingerprint, Verdict.EDIT, fixes, item.decision)
        self._judge(judgement)

    def _draw(self, item: Item, keys: Iterator[str]) -> None:
        """Add a box that no rule found missing, to the image on the screen."""
        image = self.lookup.row(Part.IMAGE, item.entry["records"].get("image"))
        if image == MISSING:
            raise EditError("this finding is about no image")
        self._say("class and left top right bottom:")
        words = _line(keys).split()
        if not words:
            return
        label, xyxy = self._typed(words)
        if label is None or xyxy is None:
            raise EditError("a missing box needs a class and left top right bottom")
        request = str(uuid.uuid4())
        added = add_box(
            self.queue,
            self.reviewer,
            self.dataset,
            image=image,
            label=label,
            xyxy=xyxy,
            uuid=request,
        )
        self._say(f"  added: {added.entry['message']}", "green")

    def _fixes(self, item: Item, words: list[str]) -> tuple[Any, ...]:
        """The reviewer's own fixes, as typed."""
        found = self.lookup.finding(dict(item.entry))
        label, xyxy = self._typed(words)
        if found["box"] != MISSING:
            return own_fixes(self.dataset, found["box"], xyxy=xyxy, label=label)
        fix = found["fix"]
        if fix is None or fix.kind is not FixKind.ADD or words == ["-"]:
            raise EditError("this finding is about no box; reject it, or skip it")
        proposed = fix.values
        label = proposed["label"] if label is None else label
        return added_fixes(self.dataset, proposed["image"], label, xyxy or proposed["xyxy"])

    def _typed(self, words: list[str]) -> tuple[int | None, list[float] | None]:
        """The class and the corners that were typed, each None if it was not."""
        corners = None
        if words == ["-"]:
            return None, None
        if len(words) >= 4 and _are_numbers(words[-4:]):
            corners = [float(word) for word in words[-4:]]
            words = words[:-4]
            if not (corners[0] < corners[2] and corners[1] < corners[3]):
                raise EditError("left is less than right, and top less than bottom")
        name = " ".join(words)
        if name and name not in self.dataset.class_names:
            hint = suggestion(name, self.dataset.class_names)
            raise EditError(f"no class is called {name!r}{hint}")
        return (self.dataset.class_names.index(name) if name else None), corners

    def _go(self, at: int) -> None:
        """Show the item at an index, the next ones fetched as needed."""
        self.at = max(0, at)
        if self.at >= len(self.items):
            self._fetch()
        self.at = min(self.at, len(self.items))
        self._show()

    def _fetch(self) -> None:
        last = self.items[-1].fingerprint if self.items else None
        self.items += next_items(
            self.queue, self.reviewer, self.wanted, count=BATCH, order=self.order, after=last
        )

    def _show(self) -> None:
        item = self._here
        if item is None:
            self._say("Nothing is left. u takes the last decision back, p goes back, q ends.")
            return
        with self.queue.reading() as database:
            item = self.items[self.at] = read_items(database, [item.fingerprint])[0]
        entry, done = item.entry, progress(self.queue)
        self._say(f"\n{done.decided:,} of {done.total:,} decided", "dim")
        self._say(f"{entry['code']} {entry['name']}  {entry['image'] or ''}", "bold")
        self._say(entry["message"])
        if entry["probability"] is not None:
            self._say(f"wrong with a probability of {entry['probability']:.0%}")
        self._say(_proposal(entry["fix"]), "cyan")
        if item.state != "open":
            self._say(f"{item.state} by {item.reviewer}")
        self._picture(item)

    def _picture(self, item: Item) -> None:
        try:
            found = self.lookup.finding(dict(item.entry))
        except (LookupError, TypeError, ValueError):
            self._say("the labels have changed since they were scanned", "red")
            return
        extent = self._extent(found)
        if found["image"] == MISSING or extent is None:
            return
        try:
            picture = self.pictures.crop(found["image"], extent, SIDE)
        except NotShownError as error:
            self._say(f"no picture: {error}", "dim")
            return
        path = self.folder / f"{item.fingerprint}.jpg"
        path.write_bytes(picture.content)
        if not (self.terminal.is_terminal and drawn(path, self.terminal)):
            self._say(f"picture: {path}", "dim")

    def _extent(self, found: dict[str, Any]) -> tuple[int, int, int, int] | None:
        """What to show of the image: the box and where it would be, with a margin."""
        fix, box = found["fix"], found["box"]
        corners = [] if box == MISSING else [self.dataset.boxes.xyxy[box]]
        if fix is not None and "xyxy" in fix.values:
            corners.append(np.array(fix.values["xyxy"], float))
        return around(np.array(corners, float)) if corners else None

    def _say(self, text: str, style: str = "") -> None:
        for line in text.split("\n"):
            self.terminal.print(Text(plain(line), style), soft_wrap=True)

    def _summary(self) -> None:
        done = progress(self.queue)
        pace = f", {done.per_minute:.0f} a minute" if done.per_minute else ""
        self._say(f"\n{counted(done.decided, 'finding')} decided of {done.total:,}{pace}")


def around(corners: Floats) -> tuple[int, int, int, int] | None:
    """What to show of an image around boxes, (n, 4), in whole pixels; None if they are nowhere."""
    if not np.isfinite(corners).all() or np.abs(corners).max() > 1e6:
        return None
    low = np.minimum(corners[:, :2], corners[:, 2:]).min(axis=0)
    high = np.maximum(corners[:, :2], corners[:, 2:]).max(axis=0)
    margin = MARGIN * max(float((high - low).max()), 16.0)
    left, top = np.floor(low - margin).astype(int).tolist()
    right, bottom = np.ceil(high + margin).astype(int).tolist()
    return left, top, right, bottom


def drawn(path: Path, terminal: Terminal) -> bool:
    """Whether the picture was drawn on the terminal: by sixels, by kitty's protocol or in cells."""
    try:
        # Asks the terminal what it can when it is imported, so not where there is none.
        from textual_image.renderable import Image  # noqa: PLC0415
    except ImportError:
        return False
    terminal.print(Image(str(path), width=60))
    return True


def _proposal(fix: dict[str, Any] | None) -> str:
    """A fix in words."""
    if fix is None:
        return "proposes nothing"
    changes = fix["changes"]
    words = [fix["kind"]]
    words += [str(changes["class"])] if "class" in changes else []
    words += [" ".join(f"{side:g}" for side in changes["box"])] if "box" in changes else []
    words += [f"{changes['field']} = {changes['value']}"] if "field" in changes else []
    return f"proposes: {' '.join(words)}"


def _are_numbers(words: list[str]) -> bool:
    try:
        return bool(np.isfinite([float(word) for word in words]).all())
    except ValueError:
        return False


def _line(keys: Iterable[str]) -> str:
    """What is typed up to the end of the line."""
    typed: list[str] = []
    for key in keys:
        if key in "\r\n":
            break
        if key in "\x08\x7f":
            del typed[-1:]
        else:
            typed.append(key)
    return "".join(typed)


@contextmanager
def keyboard(stream: TextIO) -> Iterator[Iterator[str]]:
    """The keys that are pressed, one by one; where no terminal is, the characters of the stream."""
    if not stream.isatty():
        yield iter(lambda: stream.read(1), "")
        return
    # Not on Windows, where there is no ssh session to be in either.
    import termios  # noqa: PLC0415
    import tty  # noqa: PLC0415

    before = termios.tcgetattr(stream.fileno())
    tty.setcbreak(stream.fileno())
    try:
        yield iter(lambda: stream.read(1), "")
    finally:
        termios.tcsetattr(stream.fileno(), termios.TCSADRAIN, before)


def review(queue: Queue, dataset: Dataset, reviewer: str, *, wanted: Filter | None = None) -> None:
    """Review at the terminal that this process runs in, until the reviewer quits."""
    session = Session(queue, dataset, reviewer, Terminal(sys.stdout), wanted or Filter())
    with keyboard(sys.stdin) as keys:
        session.run(keys)
