"""Where programs of ours run that take long: in processes of this machine, or on other machines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

from labelaudit.core.child_processes import ChildProcesses, Processes
from labelaudit.core.parallel import cores

Task = TypeVar("Task")


class Executor(Protocol):
    """Runs programs; what they do is kept in folders, so that it can be done again by another."""

    @property
    def workers(self) -> int:
        """How many programs run at a time, at most."""

    def shares(self, tasks: Sequence[Task]) -> list[Sequence[Task]]:
        """Tasks by the program that does them, one after the other."""

    def check_reaches(self, folder: Path) -> None:
        """Raises `LabelauditError` unless programs see a folder, wherever they run."""

    def processes(self) -> Processes:
        """What starts programs, and stops them."""


@dataclass(frozen=True)
class LocalExecutor:
    """Processes of this machine."""

    workers: int = field(default_factory=cores)

    def shares(self, tasks: Sequence[Task]) -> list[Sequence[Task]]:
        """As many as there are workers: each takes seconds of CPU to import torch.

        >>> LocalExecutor(2).shares([3, 4, 5])
        [[3, 5], [4]]
        """
        count = min(max(self.workers, 1), len(tasks))
        return [tasks[first::count] for first in range(count)]

    def check_reaches(self, folder: Path) -> None:
        """Nothing to check: processes of this machine see what this one sees."""

    def processes(self) -> Processes:
        """Processes that end with this one."""
        return ChildProcesses()
