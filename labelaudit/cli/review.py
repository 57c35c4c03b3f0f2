from __future__ import annotations

import getpass
import importlib.util
import threading
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Group, Parameter
from cyclopts.types import Port

from labelaudit.auditing.config import Config
from labelaudit.auditing.scan import scan as scanned
from labelaudit.cli import CLEAN
from labelaudit.cli.cleaned_output import cleaned_path
from labelaudit.cli.model_options import ModelOptions
from labelaudit.cli.notes import note
from labelaudit.cli.parameters import Choice, DatasetSource
from labelaudit.cli.progress_bar import stages
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import LabelauditError

if TYPE_CHECKING:
    from labelaudit.review.queue.store import Queue

PAGE = Group.create_ordered("Page")
SUFFIX = ".review.sqlite"
CLEANED = ".cleaned"  # in what `cleaned_path` gives


def review(  # noqa: PLR0913  # options of a command
    paths: tuple[Path, ...],
    /,
    *,
    queue: Path | None = None,
    reviewer: str | None = None,
    terminal: bool = False,
    port: Annotated[Port, Parameter(group=PAGE)] = 0,
    host: Annotated[str, Parameter(group=PAGE)] = "127.0.0.1",
    no_browser: Annotated[bool, Parameter(group=PAGE)] = False,
    source: DatasetSource = DatasetSource(),
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
        The dataset, as it would be given to a scan.
    queue:
        The file of findings and decisions, instead of labels.review.sqlite beside labels.json.
    reviewer:
        The name that decisions are kept under; in the browser, everybody can give another.
    terminal:
        Review in this terminal instead of a browser.
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
        dataset = source.load(paths, config)
    path = queue or queue_path(dataset)
    with filled(path) as opened:
        fill(opened, dataset, config, opinion)
    with Queue.open(path) as opened:
        if terminal:
            from labelaudit.review.terminal import session as screen  # noqa: PLC0415  # as above

            screen.review(opened, dataset, name)
        else:
            _serve(opened, dataset, name, host=host, port=port, browser=not no_browser)
    return CLEAN


def queue_path(dataset: Dataset) -> Path:
    """Where the queue is if nobody says: beside the dataset, under a like name."""
    beside = cleaned_path(dataset)
    folder = beside.suffix == CLEANED  # bccd.cleaned; a file is labels.cleaned.json
    name = beside.stem if folder else beside.stem.removesuffix(CLEANED)
    return beside.with_name(name + SUFFIX)


def fill(
    queue: Queue, dataset: Dataset, config: Config, opinion: ModelOptions = ModelOptions()
) -> None:
    """Scan the dataset into the queue, unless it has a scan of just this and no model is asked.

    The queue is ordered anew where something was decided, by how often and how fast.
    """
    # Only here, because SQLite takes `--help` some milliseconds to load.
    from labelaudit.review.queue.enqueue import enqueue, up_to_date  # noqa: PLC0415
    from labelaudit.review.queue.progress import progress  # noqa: PLC0415
    from labelaudit.review.queue.ranking import reorder  # noqa: PLC0415

    if not opinion.wanted and up_to_date(queue, dataset, config.options):
        if progress(queue).decided:
            reorder(queue)
        return
    with stages(quiet=False) as stage:
        label_issues = opinion.of(dataset, stage.update) if opinion.wanted else None
        checking = stage.track("checking rules")
        result = scanned(dataset, config.options, label_issues=label_issues, track=checking)
        stage.begin("writing the queue")
        unchecked = result.not_checked
        done = enqueue(queue, result.findings, dataset, config.options, unchecked=unchecked)
    note(
        f"{queue.path}: {done.new:,} new findings, {done.known:,} known, "
        f"{done.obsolete:,} no longer found"
    )


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


def _serve(
    queue: Queue, dataset: Dataset, name: str, *, host: str, port: int, browser: bool
) -> None:
    # Only here, because the extra `review` has what it takes.
    from labelaudit.review.web.server import listening, serve  # noqa: PLC0415
    from labelaudit.review.web.service import ReviewService  # noqa: PLC0415

    def started(address: str) -> None:
        print(address, flush=True)  # noqa: T201  # what the command is asked for
        note("Open this address in a browser; Ctrl+C ends the review.")
        if browser:
            # A thread: some browsers answer only when they are closed.
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

    work = ReviewService(dataset, queue, reviewer=name, target=cleaned_path(dataset))
    try:
        serve(work, listening(host, port), host, started)
    except KeyboardInterrupt:
        note(f"Everything decided is in {queue.path}.")
