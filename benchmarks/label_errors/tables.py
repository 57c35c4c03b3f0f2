"""The record of what was found, and its tables for people."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from benchmarks.label_errors.acceptance import checks
from benchmarks.label_errors.baselines import KINDS
from benchmarks.label_errors.measures import OURS, Outcome
from benchmarks.label_errors.metrics import BUDGETS, Interval, mean
from benchmarks.label_errors.real import RealOutcome
from benchmarks.machine import Machine

HEAD = """\
# Wrong labels, found by a second opinion

Written by `python -m benchmarks.label_errors`; do not edit. Noise A gives 10 % of the labels
another class, shifts 10 % to an IoU of 0.4 to 0.7 with the true box, removes 5 % and adds 5 % boxes
on nothing; noise B does 2 % of each. All methods judge the same detections, out of fold, of
detectors trained on the noisy labels. A cell is AUROC / average precision of one kind of error
against right labels; "any" is every error against them. Figures are means over the seeds.
"""


@dataclass(frozen=True)
class Run:
    """What was measured in one go, and on what."""

    date: str
    machine: Machine
    versions: dict[str, str]
    outcomes: list[Outcome]  # one a seed

    @property
    def footer(self) -> str:
        """One line for people."""
        seeds = ", ".join(str(one.seed) for one in self.outcomes)
        return f"Seeds {seeds}. {footer(self.date, self.machine, self.versions)}"


@dataclass(frozen=True)
class RealRun:
    """What one real dataset showed, and on what machine."""

    date: str
    machine: Machine
    versions: dict[str, str]
    outcome: RealOutcome


@dataclass(frozen=True)
class Record:
    """All that was measured so far, by experiment."""

    planted: dict[str, Run] = field(default_factory=dict)
    real: dict[str, RealRun] = field(default_factory=dict)

    def joined(self, new: Record) -> Record:
        """With what is new in place of what it repeats."""
        return dataclasses.replace(
            self, planted=self.planted | new.planted, real=self.real | new.real
        )


def record(new: Record, folder: Path) -> None:
    """Add outcomes to those recorded before, and write all tables anew."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "label_errors.json"
    known = msgspec.json.decode(path.read_bytes(), type=Record) if path.exists() else Record()
    known = known.joined(new)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(known)) + b"\n")
    (folder / "label_errors.md").write_text("\n".join([HEAD, *tables(known)]), encoding="utf-8")


def tables(known: Record) -> list[str]:
    """Each experiment as Markdown."""
    planted = [planted_table(name, run) for name, run in known.planted.items()]
    return planted + [real_table(name, run) for name, run in known.real.items()]


def footer(date: str, machine: Machine, versions: Mapping[str, str]) -> str:
    """What was measured when and on what."""
    named = ", ".join(f"{name} {version}" for name, version in versions.items())
    return f"{date}; {machine}; {named}.\n"


def planted_table(name: str, run: Run) -> str:
    """One experiment: what is asked of it, then every method."""
    parts = [f"## {name}\n", _facts(run.outcomes), _checks(name, run.outcomes)]
    return "\n".join([*parts, _methods(run.outcomes), _places(run.outcomes), run.footer])


def _facts(outcomes: Sequence[Outcome]) -> str:
    first = outcomes[0]
    planted = ", ".join(
        f"{count} {kind.replace('_', ' ')}" for kind, count in first.planted.items()
    )
    cpu = ", ".join(f"{one.cpu_s:.0f}" for one in outcomes)
    wall = ", ".join(f"{one.wall_s:.0f}" for one in outcomes)
    return (
        f"{first.source}. {first.boxes} labels, {first.unjudged} of them not judged; seed "
        f"{first.seed}: {planted}. CPU seconds: {cpu}; wall seconds: {wall}.\n"
    )


def _checks(name: str, outcomes: Sequence[Outcome]) -> str:
    rows = [
        (check.name, f"{check.reached:.3f}", check.wanted, "yes" if check.met else "**no**")
        for check in checks(name, outcomes)
    ]
    return grid(("figure", "reached", "wanted", "met"), rows) if rows else ""


def _methods(outcomes: Sequence[Outcome]) -> str:
    """Every method on given labels."""
    rows = []
    for method in outcomes[0].scores:
        cells = [_cell(outcomes, method, kind) for kind in KINDS]
        first_n = mean([_precision(one, method) for one in outcomes])
        rows.append((method, *cells, _number(first_n)))
    titles = [kind.replace("_", " ") for kind in KINDS]
    return grid(("method", *titles, "precision of the first n"), rows)


def _precision(outcome: Outcome, method: str) -> float | None:
    score = outcome.scores[method][KINDS[-1]]
    return score.precision if score else None


def _cell(outcomes: Sequence[Outcome], method: str, kind: str) -> str:
    scores = [score for one in outcomes if (score := one.scores[method][kind]) is not None]
    if not scores:
        return ""
    auroc, precision = (
        mean([score.auroc for score in scores]),
        mean([score.average_precision for score in scores]),
    )
    return f"{_number(auroc)} / {_number(precision)}"


def _places(outcomes: Sequence[Outcome]) -> str:
    """Every method on missing objects, and its queue of labels and places together."""
    rows = []
    for method in dict.fromkeys([*outcomes[0].missing, *outcomes[0].queue]):
        found = [one.missing.get(method) for one in outcomes]
        queue = [
            mean([one.queue[method][f"{budget:g}"] for one in outcomes if method in one.queue])
            for budget in BUDGETS
        ]
        missing = mean([one.average_precision if one else None for one in found])
        rows.append((method, _number(missing), *map(_number, queue)))
    titles = [f"found at {budget:g} n" for budget in BUDGETS]
    covered = mean([one.covered for one in outcomes])
    title = f"{_number(covered)} of the removed labels are at a detection.\n\n"
    return title + grid(("method", "missing box, AP", *titles), rows)


def real_table(name: str, run: RealRun) -> str:
    """One real dataset: what is said of it, the known errors, and single evidence beside."""
    one = run.outcome
    parts = [f"## {name}\n", _said(one)]
    if one.known:
        parts.append(_known(one))
    if one.versus:
        parts.append(_versus(one))
    return "\n".join([*parts, footer(run.date, run.machine, run.versions)])


def _said(one: RealOutcome) -> str:
    rows = [
        (kind.replace("_", " "), str(count), f"{one.highest[kind]:.3f}")
        for kind, count in one.reported.items()
    ]
    unmarked = (
        f" Of {one.unmarked} images in which a class was never marked, {one.unmarked_found} have a "
        "place for it at 0.5 or more."
        if one.unmarked
        else ""
    )
    return (
        f"{one.source}. {one.boxes} labels, {one.unjudged} of them not judged. {_time(one)}."
        f"{unmarked}\n\n" + grid(("kind", "at 0.5 or more", "highest probability"), rows)
    )


def _time(one: RealOutcome) -> str:
    """How long it took, in words."""
    if one.cpu_s is None or one.wall_s is None:
        return "Time not measured: an interrupted run had trained some of the models"
    return f"{one.cpu_s:.0f} CPU seconds, {one.wall_s:.0f} wall seconds"


def _known(one: RealOutcome) -> str:
    rows = [
        (
            known.kind.replace("_", " "),
            known.image,
            known.class_,
            "none" if known.rank is None else str(known.rank),
            _number(known.probability),
            ", ".join(f"{name} {rank}" for name, rank in _best(known.by_evidence)),
        )
        for known in one.known
    ]
    titles = ("known error", "image", "class", "rank", "probability", "rank by the best evidence")
    return grid(titles, rows)


def _best(ranks: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(ranks.items(), key=lambda item: item[1])[:3]


def _versus(one: RealOutcome) -> str:
    rows = [
        (
            versus.kind.replace("_", " "),
            str(versus.errors),
            _interval(versus.ours),
            versus.evidence,
            _interval(versus.best),
            _interval(versus.gain),
        )
        for versus in one.versus
    ]
    titles = ("kind", "errors", f"{OURS}, AP", "best single evidence", "its AP", "gain")
    return grid(titles, rows)


def _interval(interval: Interval) -> str:
    return f"{interval.value:.3f} ({interval.low:.3f} to {interval.high:.3f})"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def grid(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table, its first column to the left."""
    lines = [titles, ["---", *["--:"] * (len(titles) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
