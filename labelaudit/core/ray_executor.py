"""Programs as tasks of a Ray cluster: https://docs.ray.io, Moritz et al., OSDI 2018.

Ray finds the node, starts the task again where a worker or a node is lost, and ends it with this
process. What a program does is kept in the cache, so one that is started again goes on.
"""

from __future__ import annotations

import logging
import os
import queue
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from labelaudit.core.child_processes import POLL_S, ChildProcesses, EndedProcess, News, Processes
from labelaudit.core.extras import check_installed
from labelaudit.core.parallel import cores
from labelaudit.core.text import counted, first_line
from labelaudit.errors import LabelauditError

Task = TypeVar("Task")

LOCAL = "local"
"""The address of a cluster that is started here, and ends with this process."""

ADDRESS = "RAY_ADDRESS"
"""The environment variable that names a cluster, for Ray's own programs as well."""

RETRIES = 3
"""How often a task is started again whose worker or node is lost; Ray's own default."""

SECONDS_AN_HOUR = 3600


class RayExecutor:
    """Tasks of a Ray cluster, one for each program.

    Parameters
    ----------
    address:
        of the cluster, as `ray.init` takes it: `auto`, `HOST:PORT`, `ray://HOST:PORT`; `local`
        starts one on this machine. A cluster that this process is connected to already is taken.
    gpus:
        that each task asks for; None: one where the cluster has any.

    Raises
    ------
    ConfigError
        if Ray is not installed.
    LabelauditError
        if the cluster cannot be reached.
    """

    def __init__(self, address: str = LOCAL, *, gpus: float | None = None) -> None:
        check_installed(["ray"], "a Ray cluster", "ray")
        self.cpu_seconds = 0.0
        """What programs have taken that ended, on all nodes."""
        self._address = address
        self._lock = threading.Lock()
        self._ray = _connected(address)
        have = self._ray.cluster_resources()
        self._gpus = float(have.get("GPU", 0) > 0) if gpus is None else gpus
        self._free = int(have["GPU"] / self._gpus) if self._gpus else int(have.get("CPU", 1))

    @property
    def workers(self) -> int:
        """How many tasks the cluster runs at a time, as it is now."""
        return max(self._free, 1)

    def shares(self, tasks: Sequence[Task]) -> list[Sequence[Task]]:
        """A task each: it is the least that is lost with a node."""
        return [[task] for task in tasks]

    def check_reaches(self, folder: Path) -> None:
        """Raises `LabelauditError` unless all nodes see a folder and have this labelaudit."""
        wanted = _about(str(folder))
        for node, seen in self._of_each_node(_about, str(folder)):
            if not seen.sees:
                raise LabelauditError(
                    f"the node {node} of the Ray cluster does not see {folder}: name a folder by "
                    "--cache that all nodes share"
                )
            if seen.version != wanted.version:
                raise LabelauditError(
                    f"the node {node} of the Ray cluster has labelaudit {seen.version}, and this "
                    f"is {wanted.version}: install the same there"
                )

    def _of_each_node(self, function: Callable[..., Any], *given: object) -> list[tuple[str, Any]]:
        """What a function says on each node that is there, by the node's address."""
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy  # noqa: PLC0415

        errors, remote = self._ray.exceptions, self._ray.remote(num_cpus=0)(function)
        asked = [
            (
                node["NodeManagerAddress"],
                remote.options(
                    scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
                ).remote(*given),
            )
            for node in self._ray.nodes()
            if node["Alive"]
        ]
        said = []
        for node, reference in asked:
            # A node that is lost is called alive until it has missed some heartbeats.
            with self._in_a_line(f"the node {node}"), suppress(errors.TaskUnschedulableError):
                said.append((node, self._ray.get(reference)))
        return said

    def answer(self, task: Any) -> tuple[float, EndedProcess | None]:  # Any: Ray's reference
        """What a task that has ended returned; see `_run_here`."""
        with self._in_a_line("a task"):
            seconds, ended = self._ray.get(task)
        return seconds, ended

    @contextmanager
    def _in_a_line(self, what: str) -> Iterator[None]:
        """Errors of Ray, which have pages, in a line each."""
        try:
            yield
        except self._ray.exceptions.RayError as error:
            reason = first_line(getattr(error, "cause", None) or error)
            raise LabelauditError(
                f"the Ray cluster at {self._address}: {what}: {reason} (what was done is kept: "
                "run again)"
            ) from error

    def processes(self) -> Processes:
        """Tasks that end with this process."""
        return _RayProcesses(self)

    def started(self, command: Sequence[str], mail: object) -> Any:  # Any: Ray's reference
        """A task that runs a command of ours where there is room.

        Parameters
        ----------
        command: a program of this package, after the name of the interpreter.
        mail: the actor that is told what it says.
        """
        needs = {"num_cpus": 1, "num_gpus": self._gpus, "max_retries": RETRIES}
        return self._ray.remote(**needs)(_run_here).remote(list(command), mail)

    @cached_property
    def mail(self) -> Any:  # Any: Ray's handle of an actor
        """Where tasks leave what they say; on this node, so that no other takes it away."""
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy  # noqa: PLC0415

        here = self._ray.get_runtime_context().get_node_id()
        place = NodeAffinitySchedulingStrategy(here, soft=True)
        return self._ray.remote(num_cpus=0, scheduling_strategy=place)(_Mail).remote()

    def add_cpu_seconds(self, seconds: float) -> None:
        """Count what a program has taken."""
        with self._lock:
            self.cpu_seconds += seconds

    def cost(self) -> str:
        """What programs have taken, in words."""
        nodes = sum(bool(node["Alive"]) for node in self._ray.nodes())
        return (
            f"by Ray at {self._address}, {counted(nodes, 'node')}: "
            f"{self.cpu_seconds / SECONDS_AN_HOUR:.3g} CPU hours"
        )


class _RayProcesses:
    """The tasks that run."""

    def __init__(self, executor: RayExecutor) -> None:
        self.news: queue.SimpleQueue[News] = queue.SimpleQueue()
        self._executor = executor
        self._ray = executor._ray
        self._mail = executor.mail
        self._running: set[Any] = set()
        self._lock = threading.Lock()
        self._stopped = False

    def run(self, command: Sequence[str]) -> EndedProcess | None:
        """Run a program to its end on some node."""
        with self._lock:
            if self._stopped:
                return None
            task = self._executor.started(command, self._mail)
            self._running.add(task)
        while not self._ray.wait([task], timeout=POLL_S)[0]:
            self._pass_on()
        with self._lock:
            self._running.discard(task)
            if self._stopped:
                return None
        seconds, ended = self._executor.answer(task)
        self._pass_on()
        self._executor.add_cpu_seconds(seconds)
        return ended

    def stop(self) -> None:
        """End all tasks, and start no other."""
        with self._lock:
            self._stopped = True
            for task in self._running:
                self._ray.cancel(task, force=True)

    def _pass_on(self) -> None:
        """Take what programs have said since."""
        with suppress(self._ray.exceptions.RayError):  # progress alone is lost with its actor
            for news in self._ray.get(self._mail.take.remote()):
                self.news.put(news)


class _Mail:
    """What programs say, until somebody asks."""

    def __init__(self) -> None:
        self._kept: list[News] = []

    def put(self, news: News) -> None:
        self._kept.append(news)

    def take(self) -> list[News]:
        kept, self._kept = self._kept, []
        return kept


@dataclass(frozen=True)
class _About:
    """What a node knows."""

    sees: bool
    version: str


def _about(folder: str) -> _About:
    """Whether this node sees a folder, and which labelaudit it has."""
    from labelaudit.core.version import __version__  # noqa: PLC0415  # that of the node

    return _About(Path(folder).is_dir(), __version__)


def _run_here(command: list[str], mail: Any) -> tuple[float, EndedProcess | None]:  # Any: an actor
    """Run a command with the interpreter of this node; CPU seconds, and how it ended."""
    processes, ended = ChildProcesses(), list[EndedProcess | None]()
    runs = threading.Thread(
        target=lambda: ended.append(processes.run([sys.executable, *command[1:]])), daemon=True
    )
    before = _cpu_of_children()
    runs.start()
    while runs.is_alive() or not processes.news.empty():
        with suppress(queue.Empty):
            mail.put.remote(processes.news.get(timeout=POLL_S))
    return _cpu_of_children() - before, ended[0]


def _cpu_of_children() -> float:
    """CPU seconds of the processes that this one has started and that have ended."""
    used = os.times()
    return used.children_user + used.children_system


def _connected(address: str) -> Any:  # Any: the module, which has no types
    """Ray, connected to a cluster."""
    # It would tell its makers that it is used.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    import ray  # noqa: PLC0415  # with the extra `ray` alone

    if ray.is_initialized():
        return ray
    # Any: some keywords of `ray.init`
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    try:
        if address == LOCAL:
            ray.init(address=LOCAL, num_cpus=cores(), include_dashboard=False, **quiet)
        else:
            ray.init(address=address, **quiet)
    except (OSError, RuntimeError, ValueError) as error:
        raise LabelauditError(
            f"no Ray cluster at {address}: {first_line(error)} (`ray start --head` starts one; "
            f"`{LOCAL}` takes this machine)"
        ) from error
    return ray
