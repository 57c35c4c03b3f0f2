"""What the server works on: a dataset and its queue, and what both say together."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from labelaudit.auditing.fixes.apply import apply
from labelaudit.auditing.rule import RULES
from labelaudit.auditing.rule_docs import page
from labelaudit.core.shell import command
from labelaudit.dataset.new_classes import class_in_file, with_classes
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FixError
from labelaudit.images.shown_files import NotShownError
from labelaudit.io.record_diff import changes
from labelaudit.io.save import Saved, save
from labelaudit.review.queue import accepted_fixes, decisions, items, leases, manual_boxes
from labelaudit.review.queue.decisions import ItemDecision
from labelaudit.review.queue.items import Filter, Item, State, Verdict
from labelaudit.review.queue.new_classes import named_in, with_named_classes
from labelaudit.review.queue.progress import Estimate, facets, progress, reviewers, rules
from labelaudit.review.queue.store import Queue
from labelaudit.review.web import new_classes, request_schemas, schemas
from labelaudit.review.web.image_tiles import ImageTiles
from labelaudit.review.web.new_classes import EditError
from labelaudit.review.web.overview_service import OverviewService, rule_name
from labelaudit.review.web.sample_service import SampleService
from labelaudit.review.web.views import Views

SAME = 0.005
"""Pixels: corners that differ by less were not moved; the page sends hundredths."""


class ReviewService:
    """A dataset under review."""

    def __init__(
        self,
        dataset: Dataset,
        queue: Queue,
        *,
        reviewer: str,
        target: Path,
        mode: request_schemas.Mode = "overview",
        by: Sequence[str] = (),
    ) -> None:
        self.dataset = dataset  # as its files are
        self.named = with_named_classes(queue, dataset)  # with the classes that reviewers named
        self.queue = queue
        self.reviewer = reviewer  # who decides, if the page does not say
        self.target = target  # where the cleaned dataset goes
        self.mode = mode  # which the page begins in
        self.images = ImageTiles(dataset)
        self.views = Views(self.named, self.images, len(dataset.categories))
        self.samples = SampleService(dataset, queue, self.views)
        self.overview = OverviewService(dataset, queue, by)
        self._naming = threading.Lock()
        self._writing = threading.Lock()
        self._written: dict[str, Saved] = {}  # by the uuid of the request

    def warm(self) -> None:
        """Work out what the first answers need, before anybody waits for them."""
        self.session("")
        for one in items.first(self.queue):
            place = self.views.place(one.entry)
            if place["label"] is not None:
                self.views.examples(place["label"], 1)
            if place["image"] is not None:
                self.views.image(place["image"])
                # A large one takes a second, which the address of the page need not wait for.
                first = (place["image"],)
                threading.Thread(target=self._warm_image, args=first, daemon=True).start()

    def _warm_image(self, row: int) -> None:
        with contextlib.suppress(NotShownError):  # said where it is asked for
            self.images.whole(row)

    def session(self, images: str) -> schemas.SessionOut:
        """What the page needs to begin; `images` is where it finds these."""
        return schemas.SessionOut(
            dataset=schemas.Summary(
                name=self.dataset.sources[0].name if self.dataset.sources else "",
                format=self.dataset.format,
                images=len(self.dataset.images),
                boxes=len(self.dataset.boxes),
            ),
            reviewer=self.reviewer,
            images=images,
            classes=self.views.classes,
            own_classes=self.views.own_classes,
            rules={code: _rule_page(code) for code in rules(self.queue) if code in RULES},
            progress=self.progress(),
            samples=self.samples.samples(),
            mode=self.mode,
            sample_command=command("review", "--queue", self.queue.place, "--sample", "200"),
        )

    def next_items(self, who: str, wanted: request_schemas.Wanted) -> list[schemas.ItemOut]:
        """The next findings for a reviewer."""
        found = leases.next_items(
            self.queue,
            who,
            self._filter(wanted),
            count=wanted.count,
            order=wanted.order,
            after=wanted.after,
        )
        return self._shown(found)

    def matching(self, chosen: request_schemas.Chosen) -> int:
        """How many findings a filter leaves."""
        return items.matching(self.queue, self._filter(chosen))

    def _filter(self, chosen: request_schemas.Chosen) -> Filter:
        """A filter as the queue has it."""
        among = None
        if chosen.field is not None:
            among = self.overview.among(chosen.field, chosen.value or "")
        ours = {"order", "count", "after", "field", "value"}
        return Filter(**chosen.model_dump(exclude=ours), among=among)

    def release(self, who: str) -> None:
        """Let go of what a reviewer was handed."""
        leases.release(self.queue, who)
        self.samples.let_go(who)

    def item(self, fingerprint: str) -> schemas.ItemOut:
        """One finding."""
        return self._shown([items.item(self.queue, fingerprint)])[0]

    def decide(self, who: str, sent: request_schemas.Decisions) -> schemas.DecidedOut:
        """Write decisions down; on the disk when this returns."""
        made = [self._item_decision(decision) for decision in sent.decisions]
        outcome = decisions.decide(self.queue, who, made, uuid=str(sent.uuid))
        return self._decided(outcome)

    def undo(self, who: str, sent: request_schemas.Undo) -> schemas.DecidedOut:
        """Take back decisions."""
        return self._decided(decisions.undo(self.queue, who, sent.items, uuid=str(sent.uuid)))

    def name_class(self, name: str) -> schemas.NamedClass:
        """A class by its name, which may be a new one.

        Raises
        ------
        EditError
            if nothing can be called so.
        FixError
            if the labels can hold no class of that name.
        """
        with self._naming:
            called = new_classes.checked_name(self.views.classes, name)
            if called not in self.views.classes:
                new_classes.check_writable(self.dataset, called)
                self._widen([called])
            return schemas.NamedClass(label=self.views.classes.index(called), name=called)

    def _widen(self, names: Sequence[str]) -> None:
        """Know classes of these names, too."""
        self.named = with_classes(self.named, names)
        self.views = Views(self.named, self.images, self.views.own_classes)

    def _label(self, fix: request_schemas.OwnFix | request_schemas.NewBox) -> int | None:
        """The class that a request names, by its row or by its name."""
        if fix.new_class is None:
            return fix.label
        if fix.label is not None:
            raise EditError("a box has one class: its row, or the name of a new one")
        return self.name_class(fix.new_class).label

    def add_box(self, who: str, sent: request_schemas.NewBox) -> schemas.Added:
        """Add a box that was drawn."""
        label = self._label(sent)
        if label is None:
            raise EditError("a box has a class")
        self._check(sent.image, label, sent.xyxy)
        added = manual_boxes.add_box(
            self.queue,
            who,
            self.named,
            image=sent.image,
            label=self._in_file_of(sent.image, label),
            xyxy=sent.xyxy,
            uuid=str(sent.uuid),
        )
        return schemas.Added(item=self._shown([added])[0], progress=self.progress())

    def change_label(self, who: str, sent: request_schemas.ChangedLabel) -> schemas.Added:
        """Change a label that no finding is about."""
        if sent.box >= len(self.dataset.boxes):
            raise NotShownError("there is no such label")
        place = self.views.place_of_box(sent.box)
        fixes = self._own_of_box(place, sent.fix)
        uuid = str(sent.uuid)
        changed = manual_boxes.change_box(
            self.queue, who, self.named, box=sent.box, fixes=fixes, uuid=uuid
        )
        return schemas.Added(item=self._shown([changed])[0], progress=self.progress())

    def facets(self) -> schemas.Facets:
        """What there is to filter by."""
        rules = facets(self.queue, "rule").items()
        classes = facets(self.queue, "class").items()
        return schemas.Facets(
            rules=[(code, count, rule_name(code)) for code, count in rules],
            classes=[(name, count, name) for name, count in classes if name],
            reviewers=reviewers(self.queue),
            fields=self.overview.fields,
        )

    def progress(self) -> schemas.ProgressOut:
        """How far the review is."""
        now = progress(self.queue)
        return schemas.ProgressOut(
            decided=now.decided,
            skipped=now.counts[State.SKIPPED],
            asked=now.asked,
            noted=now.noted,
            total=now.total,
            per_minute=now.per_minute,
            minutes_left=now.minutes_left,
            found=_in_words(now.estimate) if now.estimate else None,
        )

    def outcome(self) -> schemas.OutcomeOut:
        """What the decisions come to; nothing is written."""
        chosen = accepted_fixes.accepted(self.queue, self.dataset)
        applied = apply(chosen.dataset or self.dataset, chosen)
        split = decisions.disagreements(self.queue)
        counts = progress(self.queue).counts
        return schemas.OutcomeOut(
            counts={state.value: count for state, count in counts.items()},
            fixes=int(applied.applied.sum()),
            records=len(changes(self.dataset, applied.dataset)),
            without_fix=sum(fix is None for fix in chosen.fix),
            disagreements=[
                schemas.Disagreement(
                    item=self._model(one), verdicts=[(who, verdict.value) for who, verdict in said]
                )
                for one, said in split
            ],
            conflicts=list(applied.conflicts),
            target=str(_free(self.target)),
        )

    def write(self, sent: request_schemas.Cleaning) -> schemas.Written:
        """Write the cleaned dataset to a new file or folder; asked again, it is written once."""
        key = str(sent.uuid)
        with self._writing:
            if key not in self._written:
                applied = accepted_fixes.cleaned(self.queue, self.dataset)
                self._written[key] = save(applied.dataset, _free(self.target))
            saved = self._written[key]
        return schemas.Written(
            path=str(saved.path),
            patch=str(saved.patch) if saved.patch else None,
            records=saved.records,
            undo=command("undo", saved.path),
        )

    def _decided(self, outcome: decisions.Outcome) -> schemas.DecidedOut:
        return schemas.DecidedOut(
            items=self._shown(outcome.items),
            conflicts=self._shown(outcome.conflicts),
            progress=self.progress(),
        )

    def _item_decision(self, decision: request_schemas.Decision) -> ItemDecision:
        if (decision.verdict == "edit") != (decision.fix is not None):
            raise EditError("an edit has a fix of its own, and no other verdict has")
        fixes = self._own(decision.item, decision.fix) if decision.fix else ()
        verdict, note = Verdict(decision.verdict), decision.note
        return ItemDecision(
            decision.item, verdict, fixes, decision.seen, note=note, expert=decision.expert
        )

    def _own(
        self, fingerprint: str, fix: request_schemas.OwnFix
    ) -> tuple[Any, ...]:  # Any: of a fix list
        """A reviewer's own fix of a finding, as the queue keeps it."""
        place = self.views.place(items.item(self.queue, fingerprint).entry)
        if fix.kind == "add":
            label, image = self._label(fix), place["image"]
            if image is None or label is None or fix.xyxy is None:
                raise EditError("an added box has an image, a class and corners")
            self._check(image, label, fix.xyxy)
            label = self._in_file_of(image, label)
            return tuple(manual_boxes.added_fixes(self.named, image, label, fix.xyxy))
        return self._own_of_box(place, fix)

    def _own_of_box(self, place: dict[str, Any], fix: request_schemas.OwnFix) -> tuple[Any, ...]:
        """A reviewer's own fix of the box of a place: changed or removed."""
        box = place["box"]
        if box is None:
            raise EditError("this finding is about no box that could be changed")
        if fix.kind == "add":
            raise EditError("a label is changed or removed; a missing one is drawn")
        if fix.kind == "drop":
            return tuple(manual_boxes.own_fixes(self.named, box))
        return self._changed(box, place, fix)

    def _changed(
        self, box: int, place: dict[str, Any], fix: request_schemas.OwnFix
    ) -> tuple[Any, ...]:
        """What of a box differs from its label."""
        xyxy = fix.xyxy if _moved(place["xyxy"], fix.xyxy) else None
        label = self._label(fix)
        self._check(place["image"], label, xyxy)
        if label is not None:
            label = class_in_file(self.named, label, int(self.named.boxes.file[box]))
        label = label if label != place["label"] else None
        if xyxy is None and label is None:
            raise EditError("the edit changes nothing; if the label is right, reject the finding")
        return tuple(manual_boxes.own_fixes(self.named, box, xyxy=xyxy, label=label))

    def _in_file_of(self, image: int, label: int) -> int:
        """The class as the file of an image lists it."""
        return class_in_file(self.named, label, int(self.named.images.file[image]))

    def _check(self, image: int | None, label: int | None, xyxy: Sequence[float] | None) -> None:
        """That rows exist and corners have an inside."""
        if image is not None and image >= len(self.dataset.images):
            raise NotShownError("there is no such image")
        if label is not None and label >= len(self.views.classes):
            raise NotShownError("there is no such class")
        if xyxy is not None and not (xyxy[0] < xyxy[2] and xyxy[1] < xyxy[3]):
            raise EditError("the box has no inside")

    def _shown(self, found: Sequence[Item]) -> list[schemas.ItemOut]:
        return [self._model(one) for one in found]

    def _model(self, one: Item) -> schemas.ItemOut:
        entry = one.entry
        self._learn([*one.fixes, *([entry["fix"]] if entry["fix"] else [])])
        return schemas.ItemOut(
            id=one.fingerprint,
            code=entry["code"],
            name=entry["name"],
            severity=entry["severity"],
            message=entry["message"],
            probability=entry["probability"],
            edit=self.views.edit(one.fixes),
            state=one.state.value,
            reviewer=one.reviewer,
            decided_at=one.decided_at,
            decision=one.decision,
            note=one.note,
            expert=one.expert,
            obsolete=one.obsolete,
            **self.views.place(entry),
        )

    def _learn(self, fixes: Sequence[Mapping[str, Any]]) -> None:
        """Know the classes that fixes name: somebody else may have named one."""
        known = set(self.views.classes)
        names = [name for name in named_in(fixes) if name not in known]
        if names:
            with self._naming, contextlib.suppress(FixError):
                self._widen(names)


def _moved(before: Sequence[float] | None, after: Sequence[float] | None) -> bool:
    if after is None or before is None:
        return after is not None
    return any(abs(old - new) > SAME for old, new in zip(before, after, strict=True))


def _free(path: Path) -> Path:
    """`path`, or the same with the first number behind it that no file bears."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return free


def _in_words(estimate: Estimate) -> str:
    """What of the errors is found, and what is left to do until nearly all are."""
    share, low, high = (
        round(100 * value) for value in (estimate.share, estimate.share_low, estimate.share_high)
    )
    found = f"{share} % of errors found ({low}\u2013{high})"
    if not estimate.remaining:
        return found
    return f"{found}, {estimate.remaining:,} more to 95 %"


def _rule_page(code: str) -> schemas.RulePage:
    about = page(RULES[code])
    return schemas.RulePage(summary=about.summary, paragraphs=list(about.paragraphs))
