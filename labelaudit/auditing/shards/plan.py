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


@dataclass(frozen=True)
class ShardPlan:
    """The codes of rules by when they are asked."""

    each: tuple[str, ...]  # of each shard, when what there is in all of them is known
    last: tuple[str, ...]  # about the records of all
    unchecked: Mapping[str, str]  # cannot be asked, and why, in words

    @property
    def asked(self) -> tuple[str, ...]:
        """All that can be asked, in the order of their codes."""
        return tuple(sorted((*self.each, *self.last)))

    @property
    def gatherings(self) -> dict[str, tuple[Gathering, str]]:
        """What has to be known of all boxes, by name, and the rule whose settings it is of."""
        needed = {code: RULES[code].gathers for code in self.asked}
        return {one.name: (one, code) for code, one in needed.items() if one}


def settings_by_code(options: Options) -> dict[str, Mapping[str, Any]]:
    """The settings of rules by their codes, whatever the options name them by."""
    return {code: values for name, values in options.settings.items() for code in codes(name)}


def shard_plan(options: Options) -> ShardPlan:
    """When each chosen rule is asked.

    Raises
    ------
    ConfigError
        if none of those that a selector names can be asked of shards, or if the options have what
        is not evaluated of shards.
    """
    _check(options)
    chosen = [RULES[one.code] for one in chosen_rules(options.select, options.ignore)]
    plan = ShardPlan(
        each=tuple(rule.code for rule in chosen if rule.scope in (Scope.IMAGE, Scope.FILE)),
        last=tuple(rule.code for rule in chosen if rule.scope is Scope.RECORDS),
        unchecked={rule.code: NOT_IN_SHARDS for rule in chosen if rule.scope is Scope.DATASET},
    )
    for selector in options.select:
        named = {one.code for one in chosen_rules([selector], options.ignore)}
        if named and named <= plan.unchecked.keys():
            raise ConfigError(f"{selector} was selected and not checked: {NOT_IN_SHARDS}")
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
