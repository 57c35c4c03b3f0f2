"""What a rule declares of its scope holds: parts of a dataset give what the whole gives."""

from __future__ import annotations

import dataclasses
import json
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from benchmarks.planted.planting import FORMATS, defects, planted
from labelaudit.auditing import findings_file
from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Findings
from labelaudit.auditing.rule import RULES, Rule
from labelaudit.auditing.run import Options, audit, context_of
from labelaudit.auditing.scopes.scope import Scope
from labelaudit.auditing.shards.in_turn import scan_in_turn
from labelaudit.auditing.shards.kept import kept_of
from labelaudit.auditing.shards.plan import shard_plan
from labelaudit.dataset.merge import joined
from labelaudit.dataset.tables import Dataset
from labelaudit.io.load import load

OF_IMAGES = [rule.code for rule in RULES.values() if rule.scope is Scope.IMAGE]
OF_RECORDS = [rule.code for rule in RULES.values() if rule.scope is Scope.RECORDS]


def told(findings: Findings, dataset: Dataset, *, numbered: bool = False) -> Counter[str]:
    """Findings as they stand in a fix list, where rows have no meaning.

    Their fingerprints tell equal ones apart by number, which only those of a whole scan have.
    """
    entries = list(findings_file.entries(findings, dataset))
    for entry in [] if numbered else entries:
        del entry["fingerprint"]
    return Counter(json.dumps(entry, sort_keys=True) for entry in entries)


@pytest.fixture(scope="module", params=FORMATS)
def parts(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> list[Dataset]:
    """Four sets of labels of a format, with all defects in them that stand side by side."""
    folder, made = tmp_path_factory.mktemp("parts"), []
    every = [one for one in defects(request.param) if not one.alone]
    for part in range(4):
        place = folder / f"part{part}"
        place.mkdir()
        made.append(
            load(planted(request.param, every[part::4], seed=part).labels.write(place / "x"))
        )
    return made


@pytest.fixture(scope="module")
def whole(parts: list[Dataset]) -> Dataset:
    return joined(parts).dataset


def by_images(dataset: Dataset, count: int, seed: int) -> list[Dataset]:
    """Shares of whole images, drawn at random; records of one id in one file go together."""
    drawn = np.random.default_rng(seed)
    same = dataset.images.id.first(dataset.images.file)
    share = drawn.integers(count, size=len(dataset.images))[same]
    alone = drawn.integers(count, size=len(dataset.boxes))
    of_box = np.where(dataset.boxes.image >= 0, np.append(share, 0)[dataset.boxes.image], alone)
    return [dataset.keep(images=share == number, boxes=of_box == number) for number in range(count)]


def knowing(dataset: Dataset, known: Mapping[str, Any]) -> AuditContext:
    """An audit of a part that was told what there is in all parts."""
    context = context_of(dataset, Options())
    context.gathered.update(known)
    return context


def in_parts(rule: Rule, parts: Sequence[Dataset]) -> Counter[str]:
    """What a rule finds in parts of a dataset, knowing what it gathers of all of them."""
    known = {}
    for gathering in rule.gathers:
        each = [gathering.of(context_of(part, Options()), rule.settings) for part in parts]
        known[gathering.name] = gathering.merged(each)
    found: Counter[str] = Counter()
    for part in parts:
        found += told(rule(knowing(part, known)), part)
    return found


def of_whole(rule: Rule, dataset: Dataset) -> Counter[str]:
    return told(rule(context_of(dataset, Options())), dataset)


@pytest.mark.parametrize("code", OF_IMAGES)
def test_what_is_found_in_an_image_follows_from_the_image(code: str, whole: Dataset):
    expected = of_whole(RULES[code], whole)
    for seed, count in enumerate((2, 5)):
        assert in_parts(RULES[code], by_images(whole, count, seed)) == expected


@pytest.mark.parametrize("code", OF_RECORDS)
def test_what_is_found_in_records_follows_without_boxes(code: str, whole: Dataset):
    rule, known = RULES[code], dict[str, Any]()
    for gathering in rule.gathers:
        own = gathering.of(context_of(whole, Options()), rule.settings)
        known[gathering.name] = gathering.merged([own])
    bare, _ = kept_of(whole, Findings.empty())
    assert len(bare.boxes) < len(whole.boxes) / 2
    assert told(rule(knowing(bare, known)), bare) == of_whole(rule, whole)


def shared_out(parts: Sequence[Dataset], seed: int) -> list[list[Dataset]]:
    """Parts in shards, in an order and of sizes that are drawn at random."""
    drawn = random.Random(seed)
    order = drawn.sample(list(parts), len(parts))
    cuts = sorted(drawn.sample(range(1, len(parts)), drawn.randrange(len(parts))))
    return [order[start:end] for start, end in pairwise([0, *cuts, len(parts)])]


@pytest.mark.parametrize("seed", range(4))
def test_shards_give_what_the_whole_gives(parts: list[Dataset], seed: int):
    shards = shared_out(parts, seed)
    every = joined([part for shard in shards for part in shard]).dataset
    datasets = [joined(shard).dataset for shard in shards]
    result = scan_in_turn([partial(dataclasses.replace, one) for one in datasets])
    plan = shard_plan(Options())
    expected = audit(every, select=plan.asked, ignore=list(plan.unchecked))
    assert len(expected) > 30
    assert told(result.findings, result.dataset, numbered=True) == told(
        expected, every, numbered=True
    )
    assert result.findings.code.tolist() == expected.code.tolist()
    assert result.dataset.box_count == len(every.boxes) > len(result.dataset.boxes)
    assert len(result.dataset.images) == len(every.images)


@pytest.mark.parametrize(
    "rule",
    [RULES["CLS004"], RULES["REF003"], dataclasses.replace(RULES["GEO009"], gathers=())],
    ids=lambda rule: rule.name,
)
def test_a_rule_that_looks_at_several_images_is_seen_to(rule: Rule, whole: Dataset):
    if expected := of_whole(rule, whole):
        parts = [by_images(whole, count, seed) for seed, count in enumerate((2, 5))]
        assert [part for part in parts if in_parts(rule, part) != expected]
