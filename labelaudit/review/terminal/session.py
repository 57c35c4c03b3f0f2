"""The review in a terminal: the same queue and the same keys as on the page, over ssh say."""

from __future__ import annotations

import sys
import tempfile
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from labelaudit.auditing.findings_file import Lookup
from labelaudit.auditing.fixes import KINDS
from labelaudit.core.columns import MISSING, Floats
from labelaudit.core.registry import instead
from labelaudit.core.terminal import Terminal
from labelaudit.core.text import counted, plain
from labelaudit.dataset.new_classes import with_classes
from labelaudit.dataset.tables import Dataset, RecordType
from labelaudit.errors import LabelauditError
from labelaudit.images.shown_files import NotShownError
from labelaudit.review.queue.decisions import ItemDecision, Outcome, decide, undo
from labelaudit.review.queue.items import BY_HAND, Filter, Item, Order, State, Verdict, read_items
from labelaudit.review.queue.leases import next_items, release
from labelaudit.review.queue.manual_boxes import add_box, added_fixes, own_fixes
from labelaudit.review.queue.new_classes import with_named_classes
from labelaudit.review.queue.progress import progress
from labelaudit.review.queue.store import Queue
from labelaudit.review.terminal.crops import around, drawn, marked
from labelaudit.review.terminal.keyboard import Keys, keyboard
from labelaudit.review.web.image_tiles import ImageTiles
from labelaudit.review.web.new_classes import check_writable, checked_name

BATCH = 20
"""Items that are handed out at a time."""

NEW = "+"
"""What stands before the name of a new class."""

SIDE = 480
"""Pixels of the longer side of a crop."""

VERDICTS = {"a": Verdict.ACCEPT, "r": Verdict.REJECT, "s": Verdict.SKIP}

VERDICT_OF = {
    State.ACCEPTED: Verdict.ACCEPT,
    State.REJECTED: Verdict.REJECT,
    State.SKIPPED: Verdict.SKIP,
    State.EDITED: Verdict.EDIT,
}
"""What was decided about an item in a state."""

HELP = """a accept  r reject  s skip  u undo  e edit  d draw  n next  p previous  q quit  ? help
t notes something with the decision that was made or will be; x asks an expert, in words or not.
e asks for a class, for left top right bottom in pixels, for both, or for - to drop the box.
+NAME is a new class.
d asks for both, of a box of this image that is missing from the labels."""


class _EditError(LabelauditError):
    """What was typed is no class and no box."""


@dataclass
class ReviewSession:
    """A reviewer at the queue; what is decided is written before the next key is read."""

    queue: Queue
    dataset: Dataset
    reviewer: str
    terminal: Terminal
    wanted: Filter = field(default_factory=Filter)
    order: Order = "value"
    as_loaded: Dataset = field(init=False)  # without the classes that reviewers named
    images: ImageTiles = field(init=False)
    lookup: Lookup = field(init=False)
    folder: Path = field(init=False)
    items: list[Item] = field(default_factory=list)
    at: int = 0  # index in `items`; their number where nothing is left
    drafts: dict[str, str] = field(default_factory=dict)  # notes for decisions that are to come

    def __post_init__(self) -> None:
        self.as_loaded = self.dataset
        self.dataset = with_named_classes(self.queue, self.dataset)
        self.images = ImageTiles(self.dataset)
        self.lookup = Lookup(self.dataset)
        self.folder = Path(tempfile.mkdtemp(prefix="labelaudit-"))

    def run(self, keys: Keys) -> None:
        """Show items and obey keys until q or Ctrl+C, or until no key comes any more."""
        self._say(HELP.partition("\n")[0], "dim")
        try:
            self._go(0)
            self._obey_all(keys)
        except KeyboardInterrupt:
            self._say("")
        release(self.queue, self.reviewer)
        self._summary()

    def _obey_all(self, keys: Keys) -> None:
        for key in keys:
            if key == "q":
                break
            try:
                self._obey(key, keys)
            except LabelauditError as error:
                self._say(str(error), "red")

    def _obey(self, key: str, keys: Keys) -> None:
        if key in VERDICTS and self._here:
            self._decide(self._decision(self._here, VERDICTS[key]))
        elif key == "e" and self._here:
            self._edit(self._here, keys)
        elif key == "t" and self._here:
            self._note(self._here, keys)
        elif key == "x" and self._here:
            self._ask(self._here, keys)
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

    def _decision(
        self, item: Item, verdict: Verdict, fixes: tuple[Any, ...] = (), *, expert: bool = False
    ) -> ItemDecision:
        """What is decided about an item, with the note that was written for it."""
        note = self.drafts.get(item.fingerprint)
        mark, seen = item.fingerprint, item.decision
        return ItemDecision(mark, verdict, fixes, seen, note=note, expert=expert)

    def _note(self, item: Item, keys: Keys) -> None:
        """Note something: with the decision that was made about an item, else with the next one."""
        self._say("note:")
        note = _words(keys.line())
        if not note:
            self._say("nothing is noted", "dim")
            return
        self.drafts[item.fingerprint] = note
        if item.state is State.OPEN:
            self._say("  kept with your decision", "green")
            return
        verdict = VERDICT_OF[item.state]
        self._decide(self._decision(item, verdict, item.fixes, expert=item.expert))

    def _ask(self, item: Item, keys: Keys) -> None:
        """Skip an item, and ask an expert."""
        self._say("what should the expert look at?")
        if words := _words(keys.line()):
            self.drafts[item.fingerprint] = words
        self._decide(self._decision(item, Verdict.SKIP, expert=True))

    def _decide(self, decision: ItemDecision) -> None:
        outcome = decide(self.queue, self.reviewer, [decision], uuid=str(uuid.uuid4()))
        self._take(outcome)
        if outcome.items:
            self.drafts.pop(decision.fingerprint, None)
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
        if first.entry["code"] in BY_HAND and first.obsolete:
            self._say(f"taken back: {first.entry['message']}")
            return
        known = [item.fingerprint for item in self.items]
        if first.fingerprint not in known:
            self.items.insert(self.at, first)
            known.insert(self.at, first.fingerprint)
        self._go(known.index(first.fingerprint))

    def _edit(self, item: Item, keys: Keys) -> None:
        self._say("class, left top right bottom, both, or -:")
        words = keys.line().split()
        if not words:
            return
        fixes = self._fixes(item, words)
        self._decide(self._decision(item, Verdict.EDIT, fixes))

    def _draw(self, item: Item, keys: Keys) -> None:
        """Add a box that no rule found missing, to the image on the screen."""
        image = self.lookup.row(RecordType.IMAGE, item.entry["records"].get("image"))
        if image == MISSING:
            raise _EditError("this finding is about no image")
        self._say("class and left top right bottom:")
        words = keys.line().split()
        if not words:
            return
        label, xyxy = self._typed(words)
        if label is None or xyxy is None:
            raise _EditError("a missing box needs a class and left top right bottom")
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
        if fix is None or not KINDS[fix.kind].adds_box or words == ["-"]:
            raise _EditError("this finding is about no box; reject it, or skip it")
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
                raise _EditError("left is less than right, and top less than bottom")
        name = " ".join(words)
        if name.startswith(NEW) and name not in self.dataset.class_names:
            name = self._named(name.removeprefix(NEW))
        if name and name not in self.dataset.class_names:
            hint = instead(name, self.dataset.class_names)
            raise _EditError(f"no class is called {name!r}{hint}; {NEW}{name} makes it a new one")
        return (self.dataset.class_names.index(name) if name else None), corners

    def _named(self, name: str) -> str:
        """The name of a new class, which is known from now on.

        Raises
        ------
        LabelauditError
            if nothing can be called so, or the labels can hold no class of that name.
        """
        called = checked_name(self.dataset.class_names, name)
        if called not in self.dataset.class_names:
            check_writable(self.as_loaded, called)
            self.dataset = with_classes(self.dataset, [called])
            self.lookup = Lookup(self.dataset)
        return called

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
            asked = ", who asks an expert" if item.expert else ""
            self._say(f"{item.state} by {item.reviewer}{asked}")
        if note := self.drafts.get(item.fingerprint, item.note):
            self._say(f"note: {note}", "magenta")
        self._show_image(item)

    def _show_image(self, item: Item) -> None:
        try:
            found = self.lookup.finding(dict(item.entry))
        except (LookupError, TypeError, ValueError):
            self._say("the labels have changed since they were scanned", "red")
            return
        extent = self._extent(found)
        if found["image"] == MISSING or extent is None:
            return
        try:
            image = self.images.crop(found["image"], extent, SIDE)
        except NotShownError as error:
            self._say(f"no picture: {error}", "dim")
            return
        path = self.folder / f"{item.fingerprint}.jpg"
        path.write_bytes(marked(image, extent, self._corners(found)))
        if not (self.terminal.is_terminal and drawn(path, self.terminal)):
            self._say(f"picture: {path}", "dim")

    def _extent(self, found: dict[str, Any]) -> tuple[int, int, int, int] | None:
        """What to show of the image: the box and where it would be, with a margin."""
        corners = self._corners(found)
        shown = [corners[name] for name in ("finding", "fix") if name in corners]
        return around(np.array(shown, float)) if shown else None

    def _corners(self, found: dict[str, Any]) -> dict[str, Floats]:
        """Boxes to draw: the finding's, that which it is compared with, that of the fix."""
        fix, boxes = found["fix"], self.dataset.boxes.xyxy
        rows = {"other": found["other"], "finding": found["box"]}
        corners = {name: boxes[row] for name, row in rows.items() if row != MISSING}
        if fix is not None and "xyxy" in fix.values:
            corners["fix"] = np.array(fix.values["xyxy"], float)
        return corners

    def _say(self, text: str, style: str = "") -> None:
        for line in text.split("\n"):
            self.terminal.say(plain(line), style)

    def _summary(self) -> None:
        done = progress(self.queue)
        pace = f", {done.per_minute:.0f} a minute" if done.per_minute else ""
        self._say(f"\n{counted(done.decided, 'finding')} decided of {done.total:,}{pace}")


def _proposal(fix: dict[str, Any] | None) -> str:
    """A fix in words."""
    if fix is None:
        return "proposes nothing"
    known = fix["kind"] in KINDS
    return f"proposes: {KINDS[fix['kind']].said(fix['changes']) if known else fix['kind']}"


def _words(typed: str) -> str:
    """What was typed as a note can hold it: without control characters."""
    return "".join(char for char in typed if char.isprintable()).strip()


def _are_numbers(words: list[str]) -> bool:
    try:
        return bool(np.isfinite([float(word) for word in words]).all())
    except ValueError:
        return False


def review(queue: Queue, dataset: Dataset, reviewer: str, *, wanted: Filter | None = None) -> None:
    """Review at the terminal that this process runs in, until the reviewer quits.

    Parameters
    ----------
    queue:
        with the findings.
    dataset:
        that they are about.
    reviewer:
        who decides.
    wanted:
        which findings; all if absent.
    """
    session = ReviewSession(queue, dataset, reviewer, Terminal(sys.stdout), wanted or Filter())
    with keyboard(sys.stdin) as keys:
        session.run(keys)
