from __future__ import annotations

import getpass
import importlib.util
import threading
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Group, Parameter
from cyclopts.types import Port, PositiveInt

from labelaudit.auditing.config import Config
from labelaudit.auditing.scan import scan as scanned
from labelaudit.cli import CLEAN
from labelaudit.cli.cleaned_output import cleaned_path
from labelaudit.cli.model_options import ModelOptions
from labelaudit.cli.notes import note
from labelaudit.cli.parameters import Choice, DatasetSource, PartChoice, QueueOption
from labelaudit.cli.progress_bar import stages
from labelaudit.core.text import counted
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import LabelauditError

if TYPE_CHECKING:
    from labelaudit.auditing.label_issues import LabelIssues
    from labelaudit.review.queue.places import QueuePlace
    from labelaudit.review.queue.store import Queue
    from labelaudit.review.web.service import ReviewService

SAMPLE = Group.create_ordered("Sample")
PAGE = Group.create_ordered("Page")
Mode = Literal["overview", "sample-boxes", "sample-images"]
SUFFIX = ".review.sqlite"
CLEANED = ".cleaned"  # in what `cleaned_path` gives


def review(  # noqa: PLR0913  # options of a command
    paths: tuple[Path, ...] = (),
    /,
    *,
    queue: QueueOption | None = None,
    reviewer: str | None = None,
    terminal: bool = False,
    sample: Annotated[PositiveInt | None, Parameter(group=SAMPLE)] = None,
    sample_images: Annotated[PositiveInt | None, Parameter(group=SAMPLE)] = None,
    port: Annotated[Port, Parameter(group=PAGE)] = 0,
    host: Annotated[str, Parameter(group=PAGE)] = "127.0.0.1",
    no_browser: Annotated[bool, Parameter(group=PAGE)] = False,
    source: DatasetSource = DatasetSource(),
    part: PartChoice = PartChoice(),
    choice: Choice = Choice(),
    opinion: ModelOptions = ModelOptions(),
) -> int:
    """Decide about findings, one after the other, in a browser or in the terminal.

    The findings and all decisions are kept in a file beside the dataset. It is scanned when that
    file is new, when labels or configuration have changed since, and when a model is asked;
    decisions about findings that are still there stay. Stop it with Ctrl+C; nothing that was
    decided is lost.

    Parameters
    ----------
    paths:
        The dataset, as it would be given to a scan; that which a queue is of, if it is absent.
    queue:
        The file of findings and decisions, instead of labels.review.sqlite beside labels.json; or,
        for reviewers on several machines, a database: postgresql://USER@HOST/DATABASE. It knows how
        its dataset was read: --images, --format, --split and --exclude need not be said again.
    reviewer:
        The name that decisions are kept under; in the browser, everybody can give another.
    terminal:
        Review in this terminal instead of a browser.
    sample:
        Draw so many labels with equal chances, to be judged one after the other: the page then says
        how many labels are wrong. A larger number later goes on where the smaller one ended.
    sample_images:
        The same of images, of which it is said how many objects nobody labelled.
    port:
        The port of the page; 0 takes any that is free.
    host:
        The address to listen on. Any but that of this machine alone lets others in who have the
        address with its token; the connection is not encrypted.
    no_browser:
        Only print the address of the page.
    """
    from labelaudit.review.queue.store import Queue, checked_reviewer, filled  # noqa: PLC0415  # 10 ms that `--help` has not

    if not terminal:
        _check_installed()
    opinion.check()
    name = checked_reviewer(user() if reviewer is None else reviewer)
    config = choice.configured()
    with stages(quiet=False) as stage:
        stage.begin("reading labels")
        dataset = _read(paths, queue, source, part, config)
        path = queue or queue_path(dataset)
        if queue is None and isinstance(path, Path) and path.exists():
            known = _as_queued(path, paths, source, config)
            dataset = dataset if known == source else known.load(paths, config, part)
    with filled(path, told=note) as opened:
        label_issues = fill(opened, dataset, config, opinion)
        draw_samples(opened, dataset, label_issues, boxes=sample, images=sample_images)
    with Queue.open(path, told=note) as opened:
        if terminal:
            _at_terminal(opened, dataset, name, boxes=bool(sample), images=bool(sample_images))
        else:
            mode: Mode = (
                "sample-boxes" if sample else "sample-images" if sample_images else "overview"
            )
            by = config.options.by
            work = _working(opened, dataset, name, mode=mode, by=by)
            _serve(work, host=host, port=port, browser=not no_browser)
    return CLEAN


def _at_terminal(queue: Queue, dataset: Dataset, name: str, *, boxes: bool, images: bool) -> None:
    """Judge samples of labels and of images at the terminal; review findings without either."""
    # Only here, because a review in a browser does without.
    from labelaudit.review.terminal import samples, session  # noqa: PLC0415

    if boxes:
        samples.judge_sample(queue, dataset, name, "boxes")
    if images:
        samples.judge_sample(queue, dataset, name, "images")
    if not (boxes or images):
        session.review(queue, dataset, name)


def _read(
    paths: tuple[Path, ...],
    queue: QueuePlace | None,
    source: DatasetSource,
    part: PartChoice,
    config: Config,
) -> Dataset:
    """The dataset that is named, or the one that the queue is of, read as it was for that."""
    from labelaudit.cli.queued_dataset import read_queued  # noqa: PLC0415  # as in `review`
    from labelaudit.review.queue.store import Queue, has_queue  # noqa: PLC0415

    if queue is None or (paths and not has_queue(queue)):
        if not paths:
            raise LabelauditError("name a dataset, or with --queue a file of findings about one")
        return source.load(paths, config, part)
    with Queue.existing(queue) as opened:
        return read_queued(opened, paths, source, part, config)


def _as_queued(
    path: Path, paths: tuple[Path, ...], source: DatasetSource, config: Config
) -> DatasetSource:
    """How to read a dataset with the folders of images that its queue, at a path, knows."""
    from labelaudit.cli.queued_dataset import as_queued  # noqa: PLC0415  # as in `review`
    from labelaudit.review.queue.store import Queue  # noqa: PLC0415

    with Queue.existing(path) as opened:
        return as_queued(opened, paths, source, config)


def queue_path(dataset: Dataset) -> Path:
    """Where the queue is if nobody says: beside the dataset, under a like name."""
    beside = cleaned_path(dataset)
    folder = beside.suffix == CLEANED  # bccd.cleaned; a file is labels.cleaned.json
    name = beside.stem if folder else beside.stem.removesuffix(CLEANED)
    return beside.with_name(name + SUFFIX)


def fill(
    queue: Queue, dataset: Dataset, config: Config, opinion: ModelOptions = ModelOptions()
) -> LabelIssues | None:
    """Scan the dataset into the queue, unless it has a scan of just this and no model is asked.

    The queue is ordered anew where something was decided, by how often and how fast. What the model
    said, if one was asked, is returned.
    """
    # Only here, because SQLite takes `--help` some milliseconds to load.
    from labelaudit.review.queue.enqueue import enqueue, up_to_date  # noqa: PLC0415
    from labelaudit.review.queue.progress import progress  # noqa: PLC0415
    from labelaudit.review.queue.ranking import reorder  # noqa: PLC0415

    if not opinion.wanted and up_to_date(queue, dataset, config.options):
        if progress(queue).decided:
            reorder(queue)
        return None
    with stages(quiet=False) as stage:
        label_issues = opinion.of(dataset, stage.update) if opinion.wanted else None
        checking = stage.track("checking rules")
        result = scanned(dataset, config.options, label_issues=label_issues, track=checking)
        stage.begin("writing the queue")
        unchecked = result.not_checked
        done = enqueue(queue, result.findings, dataset, config.options, unchecked=unchecked)
    note(
        f"{queue.place}: {counted(done.new, 'new finding')}, {done.known:,} known, "
        f"{done.obsolete:,} no longer found"
    )
    return label_issues


def draw_samples(
    queue: Queue,
    dataset: Dataset,
    label_issues: LabelIssues | None,
    *,
    boxes: int | None,
    images: int | None,
) -> None:
    """Put samples to be judged into the queue, and say what became of them.

    Parameters
    ----------
    queue:
        that takes them.
    dataset:
        that is drawn from.
    label_issues:
        what a model makes of it, if one was asked.
    boxes, images:
        how many labels and images are drawn; None: none.
    """
    if not (boxes or images):
        return
    from labelaudit.label_errors.evaluation.sample import box_sample, image_sample  # noqa: PLC0415  # as above
    from labelaudit.review.queue.samples import put_sample  # noqa: PLC0415  # as above

    for count, draw, thing in ((boxes, box_sample, "label"), (images, image_sample, "image")):
        if not count:
            continue
        drawn = draw(dataset, label_issues, count, seed=0)
        if not drawn.items:
            raise LabelauditError(f"there is no {thing} in this dataset that could be judged")
        put = put_sample(queue, drawn)
        words = f"{queue.place}: a sample of {counted(put.tasks, thing)}, {put.judged:,} judged"
        if put.replaced:
            words += f"; the labels changed since {put.replaced:,} others were judged"
        note(words)


def user() -> str:
    """The name of who is logged in, if the system has one."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "reviewer"


def _check_installed() -> None:
    for package in ("fastapi", "uvicorn"):
        if importlib.util.find_spec(package) is None:
            raise LabelauditError(
                f"the review page needs {package}: pip install 'labelaudit[review]', "
                "or review with --terminal"
            )


def _working(
    queue: Queue, dataset: Dataset, name: str, *, mode: Mode, by: tuple[str, ...]
) -> ReviewService:
    # Only here, because the extra `review` has what it takes.
    from labelaudit.review.web.service import ReviewService  # noqa: PLC0415

    target = cleaned_path(dataset)
    return ReviewService(dataset, queue, reviewer=name, target=target, mode=mode, by=by)


def _serve(work: ReviewService, *, host: str, port: int, browser: bool) -> None:
    from labelaudit.review.web.server import listening, serve  # noqa: PLC0415  # as above
    from labelaudit.review.web.unshown_images import unshown_images  # noqa: PLC0415  # as above

    troubles = unshown_images(work.dataset)
    if troubles:
        note(troubles)

    def started(address: str) -> None:
        print(address, flush=True)  # noqa: T201  # what the command is asked for
        note("Open this address in a browser; Ctrl+C ends the review.")
        if browser:
            # A thread: some browsers answer only when they are closed.
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

    try:
        serve(work, listening(host, port), host, started)
    except KeyboardInterrupt:
        note(f"Everything decided is in {work.queue.place}.")
