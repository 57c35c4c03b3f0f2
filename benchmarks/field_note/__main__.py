"""Trains many small detectors to try what a note on mobile detection says, claim by claim.

    python -m benchmarks.field_note noise --data digits

answers one question (`plan.QUESTIONS`) on one dataset; what was trained before is not trained
again, so a run can be stopped and taken up. Each trial is a process's work on one thread, a minute
or two; `--workers` are trained at a time. The tables go to `benchmarks/results/field_note_*.md`.
"""

from __future__ import annotations

import argparse
import datetime
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import msgspec

from benchmarks.datasets import FOLDER
from benchmarks.field_note.cpu_time import in_minutes
from benchmarks.field_note.plan import KINDS, QUESTIONS, RATES, Part, Trial
from benchmarks.field_note.tables import noise_table, plain_table
from benchmarks.field_note.trials import Result, result
from benchmarks.machine import Machine, this_machine, versions
from benchmarks.records import joined

ROOT = Path(__file__).parents[1]
REAL = ROOT.parents[1] / "shared" / "data"
DATA = ("digits", "bccd")
PACKAGES = ("labelaudit", "torch", "timm", "numpy")

HEADS = {
    "noise": "Points of mAP that each point of noise costs: the slope through the loss at all "
    "rates of wrong labels against the same network trained on the labels as published.",
    "norm": "mAP and AP50 in points, by what stands after the convolutions of pyramid and head and "
    "by the images of a batch. The backbone, EfficientNet-Lite0, is frozen with its BatchNorm.",
    "pyramid": "mAP and AP50 in points of the default detector with one thing changed.",
}


def as_it_comes(results: Sequence[Result], _network: str) -> str:
    """The first network of all: the default."""
    return results[0].network


def group_norm(_results: Sequence[Result], network: str) -> str:
    """The network with GroupNorm and batches of the same size."""
    return f"group,{network.partition(',')[2]}"


REFERENCE = {"norm": group_norm, "pyramid": as_it_comes}
AGAINST = {"norm": "group at that batch", "pyramid": "the first"}
"""What networks are compared with, within seeds, and what that is called."""


@dataclass(frozen=True)
class Answer:
    """All trials of one question on one dataset."""

    date: str
    machine: Machine
    versions: dict[str, str]
    results: list[Result]
    planned: int | None = None  # trials of the whole plan; None: all were run


def main(arguments: Sequence[str] | None = None) -> None:
    """Train what was not trained, and write the tables."""
    parser = argparse.ArgumentParser(
        prog="field_note",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("question", choices=QUESTIONS)
    parser.add_argument("--data", choices=DATA, default="digits")
    parser.add_argument("--real", type=Path, default=REAL, help="the folder of real datasets")
    parser.add_argument("--work", type=Path, default=FOLDER / "field_note")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--rewrite", action="store_true", help="the page alone; train nothing")
    parser.add_argument("--seeds", type=int, help="how many, the first ones; all if left out")
    parser.add_argument("--networks", nargs="+", help="as the tables call them; all if left out")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, help="of noise; all if left out")
    parser.add_argument("--rates", nargs="+", type=float, choices=RATES, help="of noise, too")
    parser.add_argument("--results", type=Path, default=ROOT / "results")
    options = parser.parse_args(arguments)
    if options.rewrite:
        write_page(options.question, options.results)
        return
    if options.data != "digits" and not (options.real / options.data).is_dir():
        parser.error(f"{options.real}: the real datasets are not here; name their folder: --real")
    machine, planned = this_machine(), list(QUESTIONS[options.question](options.data))
    part = Part(options.seeds, options.networks, options.kinds, options.rates)
    trials = [one for one in planned if part.holds(one)]
    if not trials:
        names = ", ".join(dict.fromkeys(one.network for one in planned))
        parser.error(f"no trial is left; networks are {names}")
    found = trained(trials, options.real, options.work, options.workers)
    answer = Answer(
        datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        machine,
        versions(Path(sys.executable), PACKAGES),
        found,
        len(planned),
    )
    record(options.question, options.data, answer, options.results)


def trained(trials: Sequence[Trial], real: Path, work: Path, workers: int) -> list[Result]:
    """What came of each trial, in their order, by so many processes."""
    found = {trials[0]: result(trials[0], real, work)}  # it makes what the others share
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(result, one, real, work): one for one in trials[1:]}
        for done in as_completed(waiting):
            one = waiting[done]
            found[one] = done.result()
            print(
                f"{len(found)} of {len(trials)}: {one.network} {one.noise} {one.rate:g} "
                f"seed {one.seed}: mAP {found[one].map:.3f}",
                file=sys.stderr,
                flush=True,
            )
    return [found[one] for one in trials]


def record(question: str, data: str, answer: Answer, folder: Path) -> None:
    """Put an answer in place of an older one, and write the page of its question anew."""
    joined(folder / f"field_note_{question}.json", {data: answer}, dict[str, Answer])
    write_page(question, folder)


def write_page(question: str, folder: Path) -> None:
    """The page of a question, from what is recorded."""
    path = folder / f"field_note_{question}"
    known = msgspec.json.decode(path.with_suffix(".json").read_bytes(), type=dict[str, Answer])
    parts = [
        f"# The field note, checked: {question}\n",
        f"Written by `python -m benchmarks.field_note {question}`; do not edit. {HEADS[question]} "
        "± is half of the 95 % interval by Student's t over the seeds, which change the head, the "
        "order of images and the planted errors, not the images that judge; differences are "
        "within seeds.\n",
        *(page(question, name, one) for name, one in known.items()),
    ]
    path.with_suffix(".md").write_text("\n".join(parts), encoding="utf-8")


def page(question: str, data: str, answer: Answer) -> str:
    """The table of one dataset, and what it was measured with."""
    made = (
        noise_table(answer.results)
        if question == "noise"
        else plain_table(
            answer.results, partial(REFERENCE[question], answer.results), AGAINST[question]
        )
    )
    first = answer.results[0]
    packages = ", ".join(f"{name} {version}" for name, version in answer.versions.items())
    run, planned = len(answer.results), answer.planned or len(answer.results)
    part = f"{run} of {planned} trials of the plan" if run < planned else f"all {run} trials"
    rates = sorted({one.rate for one in answer.results if one.noise})
    of_noise = f", noise of {' and '.join(f'{rate:.0%}' for rate in rates)}" if rates else ""
    seeds = len({one.seed for one in answer.results})
    spent = in_minutes(one.cpu_s for one in answer.results)
    return (
        f"## {data}\n\n{made}\n{answer.date}; {part}, {seeds} seeds{of_noise}; "
        f"{first.learned} images learned, {first.judged} judged; {answer.machine}{spent}; "
        f"{packages}.\n"
    )


if __name__ == "__main__":
    main()
