"""The page: what it holds, and that nothing in a dataset can do anything in it."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import re

import numpy as np
import pytest

import labelaudit
from labelaudit.auditing.contract.outcome import (
    ContractOutcome,
    of_parts,
    passed_if,
    unknown,
)
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.run import Options
from labelaudit.auditing.scan import Scan, scan
from labelaudit.core.text import plain
from labelaudit.reports import REPORTS
from labelaudit.testing import images, one_image

from .conftest import CLASSES, IMAGES, page_of


def texts_of(tree, tag):
    return ["".join(element.itertext()) for element in tree.iter(tag)]


def test_the_page_is_html_without_an_error(hostile_page, parsed):
    tree = parsed(hostile_page)
    assert texts_of(tree, "title") == ["Label audit: labels.json"]


def test_names_are_texts_and_never_elements(hostile_page, parsed):
    tree = parsed(hostile_page)
    assert [element.get("id") for element in tree.iter("script")] == [None]
    assert list(tree.iter("img")) == []
    assert not any(name.startswith("on") for one in tree.iter() for name in one.attrib)
    said = " ".join(tree.itertext())
    for name in (*IMAGES, *CLASSES):
        assert plain(name) in said
    assert "49.jpg" not in said


def test_what_would_turn_a_line_round_is_written_as_its_escape(hostile_page):
    assert "\u202e" not in hostile_page
    assert "\x1b" not in hostile_page
    assert r"\u202egpj" in hostile_page


def test_a_policy_lets_nothing_run_and_nothing_load_but_what_is_in_the_page(hostile_page, parsed):
    tree = parsed(hostile_page)
    (policy,) = [
        one.get("content") for one in tree.iter("meta") if one.get("http-equiv") is not None
    ]
    assert policy.startswith("default-src 'none'; img-src data:;")
    for tag in ("script", "style"):
        (text,) = texts_of(tree, tag)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert not any("style" in one.attrib for one in tree.iter())


def test_no_address_leads_out_of_the_page(hostile_page, parsed):
    links = [
        value
        for one in parsed(hostile_page).iter()
        for name, value in one.attrib.items()
        if name in ("href", "src", "action", "srcset", "xlink:href")
    ]
    assert links
    assert all(link.startswith(("#", "data:image/")) for link in links)


def test_every_link_leads_to_something_that_is_there_once(hostile_page, parsed):
    tree = parsed(hostile_page)
    ids = [one.get("id") for one in tree.iter() if one.get("id")]
    assert len(ids) == len(set(ids))
    for one in tree.iter():
        link = one.get("href") or ""
        assert not link.startswith("#") or link[1:] in ids


def test_folders_of_this_machine_are_not_told(hostile, hostile_page):
    assert "was not found in hostile" in hostile_page
    assert str(hostile.parent.parent) not in hostile_page


def test_images_that_cannot_be_shown_are_said(hostile_page):
    assert "it is no image of a known kind, or broken" in hostile_page
    assert "no file of this name was found" in hostile_page


def test_every_finding_is_there_with_its_message_and_its_fingerprint(hostile_scan, hostile_page):
    prints = re.findall(r'id="f-([0-9a-f-]+)"', hostile_page)
    assert len(prints) == len(set(prints)) == len(hostile_scan.findings)


def test_a_picture_is_in_the_page_once_however_often_it_is_shown(hostile_page):
    stored = re.findall(r'<image id="(p\w+)"', hostile_page)
    used = re.findall(r'<use href="#(p\w+)"', hostile_page)
    assert len(stored) == len(set(stored))
    assert set(used) == set(stored)
    assert len(used) > len(stored)


def test_before_and_after_stand_side_by_side(hostile_page, parsed):
    captions = texts_of(parsed(hostile_page), "figcaption")
    assert f"as it is: {plain(CLASSES[0])}" in captions
    assert "proposed: removed" in captions


def test_without_findings_the_page_says_so_and_what_was_not_checked(parsed):
    result = scan(one_image("car 10 10 60 60"), Options(min_severity=Severity.ERROR))
    tree = parsed(page_of(result))
    said = " ".join(" ".join(tree.itertext()).split())
    assert "Nothing found by the rules that ran." in said
    assert "nobody asked for it: --by FIELD does" in said
    assert "Findings milder than error are left out." in said
    assert not list(tree.iter("form"))


@pytest.mark.parametrize("dataset", [images({}), images({"a.jpg": []})])
def test_a_dataset_with_next_to_nothing_in_it_has_a_page(dataset, parsed):
    parsed(page_of(scan(dataset)))


def test_values_that_are_no_numbers_have_a_page(parsed):
    dataset = one_image("car 10 10 60 60", "car 5 5 9 9")
    corners = np.array([[np.nan, 1, np.inf, 4], [1e18, -1e18, 2e18, 3]])
    dataset = dataclasses.replace(dataset, boxes=dataset.boxes.replaced(xyxy=corners))
    result = scan(dataset)
    assert len(result.findings)
    parsed(page_of(result))


def test_a_rule_that_is_not_installed_any_more_has_its_findings(parsed):
    result = scan(one_image("car 10 10 60 60", "car 5 5 5 9"), Options(select=("GEO001",)))
    gone = result.findings.replaced(code=np.array(["OLD001"]), name=np.array(["old-rule"]))
    tree = parsed(page_of(dataclasses.replace(result, findings=gone)))
    assert any("old-rule" in text for text in texts_of(tree, "h3"))


def test_the_page_is_a_report_that_says_which_extra_it_needs(monkeypatch):
    assert REPORTS["html"].name == "html"
    monkeypatch.setattr("labelaudit.core.extras.find_spec", lambda name: None)
    with pytest.raises(labelaudit.errors.ConfigError, match=r"pip install 'labelaudit\[html\]'"):
        REPORTS["html"].check()


def test_findings_beyond_those_that_are_listed_are_counted(monkeypatch, hostile_scan: Scan):
    monkeypatch.setattr("labelaudit.reports.html.cards.MOST_LISTED", 5)
    page = page_of(hostile_scan)
    left = len(hostile_scan.findings) - 5
    assert len(re.findall(r'<li class="finding"', page)) == 5
    assert f"{left:,} have none: not listed here" in page
    told = [int(one) for one in re.findall(r"(\d+) more findings? of this rule", page)]
    assert sum(told) == left


def test_a_contract_is_a_tree_with_the_state_of_each_requirement(parsed):
    parts = [
        passed_if(True, "a.low", "at least 1 <box>", "found 2"),
        passed_if(False, "a.high", "at most 1 box", "found 2"),
    ]
    outcome = ContractOutcome(
        (of_parts("a", "boxes", parts), unknown("b", "images are sharp", "no image was found")),
        np.zeros(0, bool),
    )
    result = scan(one_image("car 10 10 60 60"), Options(select=("GEO001",)))
    tree = parsed(page_of(dataclasses.replace(result, contract=outcome)))
    said = " ".join(" ".join(tree.itertext()).split())
    assert "Contract: broken" in said
    assert "passed at least 1 <box> ; found 2 a.low" in said
    assert "failed at most 1 box ; found 2 a.high" in said
    assert "not evaluated images are sharp ; no image was found b" in said


def test_findings_are_ordered_by_value_within_their_rules(hostile_scan, hostile_page):
    sections = re.findall(r'<section class="rule" id="rule-(\w+)"', hostile_page)
    assert sections == [count.code for count in hostile_scan.by_rule]
