"""What is found in one shard, in two passes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Findings
from labelaudit.auditing.options.rule_settings import checked
from labelaudit.auditing.rule import RULES
from labelaudit.auditing.run import Options, context_of, run
from labelaudit.auditing.shards.kept import kept_of
from labelaudit.auditing.shards.plan import ShardPlan, settings_by_code
from labelaudit.dataset.merge import common_root, with_root
from labelaudit.dataset.tables import Dataset


@dataclass(frozen=True, eq=False)
class Gathered:
    """What has to be known of a shard, or of all of them, before rules are asked."""

    root: Path  # the folder that file paths are relative to
    by_name: Mapping[str, Any]  # Any: of the gathering
    of_file: Mapping[str, Any] = field(default_factory=dict)  # likewise, of a file that was cut

    def context(self, dataset: Dataset, options: Options) -> AuditContext:
        """What rules are asked with about a part, or about the records of all parts."""
        context = context_of(dataset, options)
        context.gathered.update({**self.by_name, **self.of_file})
        return context


@dataclass(frozen=True, eq=False)
class ShardReport:
    """What is kept of a shard."""

    dataset: Dataset  # of its boxes those that findings or problems name
    findings: Findings  # about this dataset


def gathered(
    dataset: Dataset, options: Options, plan: ShardPlan, *, of_file: bool = False
) -> Gathered:
    """What rules have to know of a shard: the first pass.

    Parameters
    ----------
    dataset:
        the shard.
    options:
        which rules run and how.
    plan:
        when they are asked.
    of_file:
        whether it is a part of a file that was cut.
    """
    context = context_of(dataset, options)
    settings = settings_by_code(options)

    def each(*, of_file: bool) -> dict[str, Any]:
        found = {}
        for name, (gathering, code) in plan.gatherings(of_file=of_file).items():
            rule = RULES[code]
            own = {**rule.settings, **checked(rule, settings.get(code, {}))}
            found[name] = gathering.of(context, own)
        return found

    return Gathered(dataset.root, each(of_file=False), each(of_file=True) if of_file else {})


def gathered_of_all(parts: Sequence[Gathered], plan: ShardPlan) -> Gathered:
    """What there is in all shards.

    Parameters
    ----------
    parts:
        of each, in any order, one at least.
    plan:
        that they were made by.
    """
    by_name = {
        name: gathering.merged([part.by_name[name] for part in parts])
        for name, (gathering, _) in plan.gatherings().items()
    }
    return Gathered(common_root([part.root for part in parts]), by_name)


def gathered_of_file(parts: Sequence[Gathered], plan: ShardPlan) -> dict[str, Any]:
    """What there is in all parts of a file that was cut.

    Parameters
    ----------
    parts, plan:
        see `gathered_of_all`.
    """
    return {
        name: gathering.merged([part.of_file[name] for part in parts])
        for name, (gathering, _) in plan.gatherings(of_file=True).items()
    }


def audited_shard(
    dataset: Dataset, options: Options, plan: ShardPlan, known: Gathered
) -> ShardReport:
    """What is found in a shard and kept of it, now that all are known: the second pass.

    Parameters
    ----------
    dataset:
        the shard, as it was read for the first pass.
    options, plan:
        see `gathered`.
    known:
        of all shards.
    """
    dataset = with_root(dataset, known.root)
    context = known.context(dataset, options)
    return ShardReport(*kept_of(dataset, found_by((*plan.images, *plan.files), context, options)))


def found_by(codes: Sequence[str], context: AuditContext, options: Options) -> Findings:
    """What some rules find.

    Parameters
    ----------
    codes:
        of the rules.
    context:
        of the dataset.
    options:
        with their settings.
    """
    settings = settings_by_code(options)
    parts = [run(RULES[code], context, settings.get(code, {})) for code in codes]
    return Findings.concat([Findings.empty(), *parts])
