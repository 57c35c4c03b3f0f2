from __future__ import annotations

import pytest

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.rule import RULES, Found, Rule, found
from labelaudit.auditing.rule_docs import page


def rule_of(function):
    return Rule("OWN001", "own", "here", Severity.INFO, function, None, ())


def test_a_docstring_is_taken_apart():
    def own(audit: AuditContext, *, min_side: float = 2.0, max_side: int = 9) -> Found:
        """What is wrong.

        Why it hurts: a reason
        in two lines.

        Settings:
            min_side: the least,
                in pixels.

        Example:
            >>> 1 + 1
            2

        A paragraph after it.

        Source:
            A paper.
        """
        return found([])

    got = page(rule_of(own))
    assert got.summary == "What is wrong."
    assert got.paragraphs == ("Why it hurts: a reason in two lines.", "A paragraph after it.")
    assert [(s.name, s.default, s.text) for s in got.settings] == [
        ("min-side", 2.0, "the least, in pixels."),
        ("max-side", 9, ""),
    ]
    assert got.example == ">>> 1 + 1\n2"
    assert got.source == "A paper."


def test_a_rule_without_documentation_has_an_empty_page():
    got = page(rule_of(lambda audit: found([])))
    assert (got.summary, got.paragraphs, got.settings, got.example) == ("", (), (), "")


@pytest.mark.parametrize("code", RULES)
def test_every_rule_says_why_it_matters_what_its_settings_mean_and_shows_an_example(code):
    got = page(RULES[code])
    assert got.summary
    assert any(paragraph.startswith("Why it hurts:") for paragraph in got.paragraphs)
    assert all(setting.text for setting in got.settings)
    assert got.example
    if RULES[code].fix:
        assert any(paragraph.startswith("Fix:") for paragraph in got.paragraphs)


def test_of_a_record_before_and_after_the_page_shows_no_code():
    def own(audit: AuditContext) -> Found:
        """What is wrong.

        Example:
            >>> def before_and_after(*records):
            ...     return "- {}\\n    2\\n+ {}".format(*records)
            >>> print(before_and_after(1, 3))
            - 1
                2
            + 3
        """
        return found([])

    got = page(rule_of(own))
    assert got.example == "- 1 2\n+ 3"
    assert got.is_before_and_after


def test_any_other_example_is_shown_as_it_is():
    def own(audit: AuditContext) -> Found:
        """What is wrong.

        Example:
            >>> 1 + 1
            2
        """
        return found([])

    assert not page(rule_of(own)).is_before_and_after
