"""Label Studio: names in its tasks, and the meta information of a region, which takes notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from labelaudit.io.labelling_tools.tasks import Proposal

ABOUT = "labelaudit"
"""The field of a task's data that says what was handed over."""

NEW = "new-"
"""Before the fingerprint of a proposal, the id of the region that it would add."""

DECISION, CLASS = "decision", "class"
"""What a person says of a proposal: the answer, and another class."""


def told_lines(one: Proposal) -> list[str]:
    """What stands beside the region of a proposal."""
    return [line for line in (one.rule, one.message, one.words, one.noted) if line]


def told_finding(one: Proposal) -> dict[str, Any]:  # Any: what JSON holds
    """What the data of a task says of a proposal."""
    return {
        "fingerprint": one.fingerprint,
        "rule": one.rule,
        "message": one.message,
        "proposal": one.words,
        "probability": one.probability,
        "doubt": one.doubt,
        "note": one.note,
        "expert": one.expert,
        "text": told_lines(one),
    }


def note_beside(
    fingerprint: str, group: Sequence[Mapping[str, Any]], about: Mapping[str, Any]
) -> str:
    """What a person wrote beside a region, without what was handed over there.

    That is a list of lines; once somebody has typed, Label Studio makes one text of it.

    Parameters
    ----------
    fingerprint:
        of the proposal.
    group:
        results of its region.
    about:
        what the data of the task says was handed over.
    """
    findings = about.get("findings")
    listed = findings if isinstance(findings, list) else []
    told = [one for one in listed if isinstance(one, dict)]
    handed = [
        str(line)
        for one in told
        if one.get("fingerprint") == fingerprint and isinstance(one.get("text"), list)
        for line in one["text"]
    ]
    for result in group:
        meta = result.get("meta")
        text = meta.get("text") if isinstance(meta, dict) else None
        if isinstance(text, list):
            return "\n".join(str(line) for line in text if str(line) not in handed)
        if isinstance(text, str):
            for line in handed:
                text = text.removeprefix(line).lstrip(", \t\r\n")
            return text.rstrip()
    return ""
