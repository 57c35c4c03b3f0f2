"""Datasets held against contracts, for the tests of this folder."""

from __future__ import annotations

from typing import Any

from labelaudit.auditing.contract.outcome import ContractOutcome, Requirement
from labelaudit.auditing.contract.read import read_contract
from labelaudit.auditing.run import Options
from labelaudit.auditing.scan import scan
from labelaudit.dataset.tables import Dataset


def outcome(dataset: Dataset, contract: dict[str, Any], **options: Any) -> ContractOutcome:
    """What comes of a contract, written as in TOML; `options` of the scan."""
    read = read_contract(contract)
    made = scan(dataset, Options(contract=read, hierarchy=read.hierarchy, **options)).contract
    assert made is not None
    return made


def only(dataset: Dataset, contract: dict[str, Any], **options: Any) -> Requirement:
    """What comes of a contract of one requirement."""
    (requirement,) = outcome(dataset, contract, **options).requirements
    return requirement


def told(dataset: Dataset, contract: dict[str, Any], **options: Any) -> tuple[str, str]:
    """What came of it, and what was found."""
    requirement = only(dataset, contract, **options)
    return str(requirement.status), requirement.found
