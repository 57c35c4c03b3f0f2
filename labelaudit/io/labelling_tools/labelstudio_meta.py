"""Label Studio: the meta information of a region, which says what was found and takes notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from labelaudit.io.labelling_tools.tasks import Proposal


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
    told = [one for one in findings or () if isinstance(one, dict)]
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
