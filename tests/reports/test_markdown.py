"""The summary as markdown-it renders it, with the tables and links of GitHub."""

from __future__ import annotations

import dataclasses
import io
import re

import pytest
from markdown_it import MarkdownIt

from labelaudit.auditing.findings import Findings
from labelaudit.auditing.scan import Scan
from labelaudit.core.columns import texts
from labelaudit.reports import REPORTS

RENDERER = MarkdownIt("gfm-like", {"linkify": False})


def written(found: Scan) -> str:
    out = io.StringIO()
    REPORTS["markdown"].write(found, out)
    return out.getvalue()


def rendered(found: Scan) -> str:
    return RENDERER.render(written(found))


def cells(found: Scan) -> list[list[str]]:
    rows = re.findall(r"<tr>(.*?)</tr>", rendered(found), re.DOTALL)
    return [re.findall(r"<t[hd]>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]


def with_message(found: Scan, message: str) -> Scan:
    words = texts(message for _ in range(len(found.findings)))
    return dataclasses.replace(found, findings=dataclasses.replace(found.findings, message=words))


def test_it_says_whether_the_scan_fails_and_by_how_much(found: Scan):
    assert "**fails**: 5 errors, 8 warnings, 4 info" in written(found)
    assert "5 images, 20 boxes, 3 classes" in written(found)
    nothing = dataclasses.replace(found, findings=found.findings.rows(slice(0)), known=2)
    assert "**passes**: nothing found; 2 known findings left out" in written(nothing)


def test_rules_and_the_first_findings_are_tables(found: Scan):
    table = cells(found)
    assert ["GEO001 zero-area", "error", "5", "5", "5", "0"] in table
    assert ["error", "GEO001", "train/000000.jpg annotations[1]", "car is flat"] in table
    assert "and 7 more findings" in written(found)


def test_what_was_not_checked_is_told(found: Scan):
    partly = dataclasses.replace(found, not_checked={"IMG001": "no images were found"})
    assert "not checked: missing-image (no images were found)" in rendered(partly)


@pytest.mark.parametrize(
    "message",
    [
        "**bold** _it_ ~~gone~~ `code` \\ back",
        "[link](http://x.y) ![picture](http://x.y) <http://x.y>",
        "a | b || c",
        "<img src=x onerror=alert(1)> &lt; &amp;",
        "see http://x.y and www.x.y",
    ],
)
def test_a_name_is_no_markup(found: Scan, message: str):
    shown = cells(with_message(found, message))[-1][-1]
    plain = shown.replace("<!-- -->", "")
    for sign, entity in (("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("&", "&amp;")):
        plain = plain.replace(entity, sign)
    assert plain == message
    assert "<" not in shown.replace("<!-- -->", "")


def test_a_name_mentions_nobody_and_refers_to_nothing(found: Scan):
    text = written(with_message(found, "@user a@b.c #12 !3 %4 ^5"))
    for reference in ("@user", "a@b", "#12", "!3", "%4"):
        assert reference not in text
    assert "@<!-- -->user a@<!-- -->b.c #<!-- -->12" in text


def test_addresses_are_no_links_for_those_who_look_for_them(found: Scan):
    text = written(with_message(found, "http://x.y www.x.y"))
    assert "http\\://x.y www\\.x.y" in text


def test_a_line_stays_a_line_and_is_not_too_long(found: Scan):
    long = "a\n# heading\r\n" + "b" * 500
    (line,) = {row[-1] for row in cells(with_message(found, long))[-5:]}
    assert line.startswith("a\\n# heading\\r\\n")
    assert len(line) == 200


def test_a_hundred_thousand_findings_are_as_short(found: Scan):
    many = Findings.concat([found.findings] * 200)
    assert len(written(dataclasses.replace(found, findings=many))) < 10_000
