"""Which rules are asked of each shard, which about all records, and which cannot be asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from labelaudit.auditing.rule import RULES
from labelaudit.auditing.run import Options, chosen_rules, codes
from labelaudit.auditing.scopes.gathering import Gathering
from labelaudit.auditing.scopes.scope import Scope
from labelaudit.errors import ConfigError

NOT_IN_SHARDS = "it compares boxes of all files with each other; a scan without --shards does"
"""Why a rule is not checked of which nothing says how parts of a dataset are put together."""


TOO_LARGE = (
    "it looks at all boxes of a file at once, and files as large as these are audited in parts; a "
    "scan without --shards does"
)
"""Why a rule about files is not checked that does not say which boxes of one it looks at."""


@dataclass(frozen=True)
class ShardPlan:
    """The codes of rules by when they are asked."""

    images: tuple[str, ...]  # of each shard or bucket, when what there is in all of them is known
    files: tuple[str, ...]  # of each shard; of a file that was cut, about what is kept of all of it
    last: tuple[str, ...]  # about the records of all
    unchecked: Mapping[str, str]  # cannot be asked, and why, in words

    @property
    def asked(self) -> tuple[str, ...]:
        """All that can be asked, in the order of their codes."""
        return tuple(sorted((*self.images, *self.files, *self.last)))

    def gatherings(self, *, of_file: bool = False) -> dict[str, tuple[Gathering, str]]:
        """What has to be known of all boxes, by name, and the rule whose settings it is of.

        Parameters
        ----------
        of_file:
            whether of those of a file that was cut, or of those of the dataset.
        """
        return {
            one.name: (one, code)
            for code in self.asked
            for one in RULES[code].gathers
            if one.of_file is of_file
        }


def settings_by_code(options: Options) -> dict[str, Mapping[str, Any]]:
    """The settings of rules by their codes, whatever the options name them by."""
    return {code: values for name, values in options.settings.items() for code in codes(name)}


def shard_plan(options: Options, *, is_cut: bool = False) -> ShardPlan:
    """When each chosen rule is asked.

    Parameters
    ----------
    options:
        which rules run and how.
    is_cut:
        whether files are audited in parts.

    Raises
    ------
    ConfigError
        if none of those that a selector names can be asked of shards, or if the options have what
        is not evaluated of shards.
    """
    _check(options)
    chosen = [RULES[one.code] for one in chosen_rules(options.select, options.ignore)]
    unchecked = {rule.code: NOT_IN_SHARDS for rule in chosen if rule.scope is Scope.DATASET}
    if is_cut:
        of_files = (rule for rule in chosen if rule.scope is Scope.FILE)
        unchecked |= {rule.code: TOO_LARGE for rule in of_files if rule.keeps is None}
    images, files, last = (
        tuple(rule.code for rule in chosen if rule.scope is scope and rule.code not in unchecked)
        for scope in (Scope.IMAGE, Scope.FILE, Scope.RECORDS)
    )
    plan = ShardPlan(images, files, last, unchecked)
    for selector in options.select:
        named = {one.code for one in chosen_rules([selector], options.ignore)}
        if named and named <= plan.unchecked.keys():
            reason = next(plan.unchecked[code] for code in sorted(named))
            raise ConfigError(f"{selector} was selected and not checked: {reason}")
    if not plan.asked:
        raise ConfigError("no rule is left to run: everything that is selected is also ignored")
    return plan


def _check(options: Options) -> None:
    """Raises `ConfigError` for what is asked of a dataset as a whole."""
    for asked, what in (
        (options.contract is not None, "a contract"),
        (bool(options.by), "--by"),
    ):
        if asked:
            raise ConfigError(f"{what} is not evaluated shard by shard; leave out --shards or it")
