"""The trials of the field note: what is planted, what is kept, what the tables say of them."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import pytest

from benchmarks.field_note import __main__ as program
from benchmarks.field_note import trials
from benchmarks.field_note.cpu_time import cpu_seconds
from benchmarks.field_note.plan import KINDS, QUESTIONS, RATES, SEEDS, Part, Trial
from benchmarks.field_note.tables import gains, noise_table, plain_table
from benchmarks.field_note.trials import Result
from labelaudit.detector.config import DetectorConfig
from labelaudit.testing import one_image

CONFIG = DetectorConfig(device="cpu")


def got(network: str, noise: str, rate: float, seed: int, value: float) -> Result:
    return Result(network, noise, rate, seed, value, value + 0.2, value, 20, 10)


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_trial_is_planned_twice_and_networks_meet_the_same_seeds_and_errors(question):
    planned = list(QUESTIONS[question]("digits"))
    assert len(set(planned)) == len(planned)
    by_network = {}
    for one in planned:
        by_network.setdefault(one.network, set()).add((one.seed, one.noise, one.rate))
    assert len(by_network) > 2
    assert len({frozenset(met) for met in by_network.values()}) == 1


def test_a_part_of_a_plan_keeps_the_labels_as_published_of_its_networks_and_seeds():
    planned = list(QUESTIONS["noise"]("digits"))
    assert all(Part().holds(one) for one in planned)
    names = list(dict.fromkeys(one.network for one in planned))
    part = Part(seeds=2, networks=names[::2], kinds=["flip"], rates=[0.2])
    held = [(one.network, one.seed, one.noise, one.rate) for one in planned if part.holds(one)]
    assert held == [
        (name, seed, noise, rate)
        for seed in (0, 1)
        for name in names[::2]
        for noise, rate in (("", 0.0), ("flip", 0.2))
    ]


def test_the_program_trains_the_part_that_is_asked_for_and_says_so(tmp_path, monkeypatch):
    asked = []

    def trained(trials, *_):
        asked.extend(trials)
        return [got(one.network, one.noise, one.rate, one.seed, 0.5) for one in trials]

    monkeypatch.setattr(program, "trained", trained)
    options = ["noise", "--seeds", "2", "--kinds", "flip", "drop", "--rates", "0.2", "0.4"]
    program.main([*options, "--results", str(tmp_path)])
    assert len(asked) == 2 * 3 * (1 + 2 * 2)
    text = (tmp_path / "field_note_noise.md").read_text("utf-8")
    whole = len(SEEDS) * 3 * (1 + len(KINDS) * len(RATES))
    assert f"; 30 of {whole} trials of the plan, 2 seeds, noise of 20% and 40%; " in text


def test_a_network_that_is_not_planned_is_refused_with_those_that_are(capsys):
    with pytest.raises(SystemExit):
        program.main(["norm", "--networks", "group"])
    assert "no trial is left; networks are group, batches of 2, group, " in capsys.readouterr().err


def test_a_kind_of_noise_is_planted_alone_and_all_kinds_add_up():
    rates = {kind: Trial("digits", "a", CONFIG, kind, 0.2).rates for kind in KINDS}
    assert dataclasses.astuple(rates["shift"]) == (0, 0.2, 0, 0)
    assert sum(dataclasses.astuple(rates["all kinds"])) == pytest.approx(0.2)
    assert dataclasses.astuple(Trial("digits", "a", CONFIG).rates) == (0, 0, 0, 0)


def test_what_is_lost_is_lost_against_the_clean_labels_of_the_same_seed():
    results = [
        got("a", "", 0, 0, 0.5),
        got("a", "", 0, 1, 0.6),
        got("a", "flip", 0.1, 0, 0.4),  # .1 lost at .1
        got("a", "flip", 0.1, 1, 0.4),  # .2 lost
    ]
    _, _, line = noise_table(results).splitlines()
    # 95 % of Student's t with one degree of freedom lie within 12.7 standard errors.
    assert line == "| a | 55.0 ± 63.5 |  | 1.50 ± 6.35 |  |  |  |"


def test_the_slope_weighs_more_noise_more():
    results = [
        got("a", "", 0, 0, 0.5),
        got("a", "drop", 0.1, 0, 0.5),
        got("a", "drop", 0.2, 0, 0.3),
    ]
    assert "| 0.80 |" in noise_table(results)


def test_networks_are_in_their_order_with_points_of_both_means():
    results = [got("b", "", 0, 0, 0.5), got("b", "", 0, 1, 0.5), got("a", "", 0, 0, 0.25)]
    assert plain_table(results, lambda _: "b").splitlines()[2:] == [
        "| b | 50.0 ± 0.0 | 70.0 ± 0.0 |  | 2 |",
        "| a | 25.0 | 45.0 | -25.0 | 1 |",
    ]


def test_networks_are_compared_within_seeds():
    results = [
        *(got("a", "", 0, seed, value) for seed, value in enumerate([0.1, 0.5, 0.9])),
        *(got("b", "", 0, seed, value) for seed, value in enumerate([0.11, 0.52])),
    ]
    assert gains(results, "b", "a") == pytest.approx([1, 2])
    # Student's t with one degree of freedom: 12.7 times .5.
    assert "| +1.5 ± 6.4 | 2 |" in plain_table(results, lambda _: "a")
    assert gains(results, "b", "c") == []
    assert "| b | 31.5 ± 260.5 | 51.5 ± 260.5 |  | 2 |" in plain_table(results, lambda _: "c")


def test_norms_are_compared_with_groups_at_the_same_batch_and_others_with_the_default():
    names = {one.network for one in QUESTIONS["norm"]("digits")}
    assert {program.group_norm([], name) for name in names} <= names
    assert program.group_norm([], "none, batches of 8") == "group, batches of 8"
    results = [got("default", "", 0, 0, 0.5), got("dense", "", 0, 0, 0.5)]
    assert program.as_it_comes(results, "dense") == "default"


def test_a_page_is_written_anew_from_what_is_recorded(tmp_path):
    results = [got("a", "", 0, 0, 0.5)]
    answer = program.Answer("2026-01-01", program.this_machine(), {"torch": "2"}, results)
    program.record("norm", "digits", answer, tmp_path)
    page = tmp_path / "field_note_norm.md"
    before = page.read_text("utf-8")
    page.unlink()
    program.main(["norm", "--rewrite", "--results", str(tmp_path)])
    assert page.read_text("utf-8") == before


def test_a_trial_is_trained_once(tmp_path, monkeypatch):
    trained = []

    def measured(trial, _real, _work, _key):
        trained.append(trial)
        return got("a", "", 0, trial.seed, 0.5)

    monkeypatch.setattr(trials, "_measured", measured)
    first, second = (
        Trial("digits", "a", dataclasses.replace(CONFIG, seed=seed)) for seed in (0, 1)
    )
    for trial in (first, second, first):
        assert trials.result(trial, tmp_path, tmp_path).seed == trial.seed
    assert trained == [first, second]
    of_another_table = dataclasses.replace(first, network="b")
    assert trials.result(of_another_table, tmp_path, tmp_path).network == "b"
    assert trained == [first, second]
    noisy = dataclasses.replace(first, noise="flip", rate=0.1)
    trials.result(noisy, tmp_path, tmp_path)
    assert trained == [first, second, noisy]


def test_classes_are_merged_in_pairs_and_boxes_of_none_stay():
    dataset = one_image("a 1 1 9 9", "b 11 1 19 9", "c 21 1 29 9", "d 31 1 39 9", "e 1 11 9 19")
    merged = trials._merged_in_pairs(dataset)
    assert list(merged.class_names) == ["a", "c", "e"]
    assert merged.boxes.label.tolist() == [0, 0, 1, 1, 2]


def test_an_answer_takes_the_place_of_the_older_one_of_its_data(tmp_path):
    def answer(value):
        results = [got("a", "", 0, 0, value)]
        return program.Answer("2026-01-01", program.this_machine(), {"torch": "2"}, results)

    program.record("norm", "digits", answer(0.5), tmp_path)
    program.record("norm", "bccd", answer(0.6), tmp_path)
    program.record("norm", "digits", answer(0.7), tmp_path)
    text = (tmp_path / "field_note_norm.md").read_text("utf-8")
    assert "| a | 70.0 | 90.0 |  | 1 |" in text
    assert "| a | 60.0 | 80.0 |  | 1 |" in text
    assert "50.0" not in text
    assert "all 1 trials, 1 seeds; 20 images learned, 10 judged" in text


def test_processor_time_is_summed_where_it_was_noted(tmp_path):
    results = [dataclasses.replace(got("a", "", 0, seed, 0.5), cpu_s=90.0) for seed in (0, 1)]
    answer = program.Answer("2026-01-01", program.this_machine(), {"torch": "2"}, results)
    assert "; 3.0 min of CPU; torch 2." in program.page("norm", "digits", answer)
    answer.results[0] = dataclasses.replace(results[0], cpu_s=None)
    assert "; at least 1.5 min of CPU; torch 2." in program.page("norm", "digits", answer)


def test_processor_time_counts_this_process_and_children_that_ended():
    before = cpu_seconds()
    subprocess.run([sys.executable, "-c", "sum(i * i for i in range(3_000_000))"], check=True)
    assert cpu_seconds() - before > 0.05
    before = cpu_seconds()
    assert sum(number * number for number in range(3_000_000))
    assert cpu_seconds() - before > 0.05
