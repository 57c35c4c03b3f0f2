from __future__ import annotations

import sys
from pathlib import Path

from labelaudit.auditing.config import read_config
from labelaudit.auditing.rule import RULES
from labelaudit.auditing.rule_docs import page
from labelaudit.auditing.run import codes
from labelaudit.cli import CLEAN
from labelaudit.cli.text_tables import rule_page, rule_table
from labelaudit.core.terminal import Terminal


def rules(rule: str | None = None, /, *, config: Path | None = None) -> int:
    """List all rules, or explain one.

    Parameters
    ----------
    rule:
        The code or name of a rule to explain, or the beginning of codes.
    config:
        The configuration file whose plugins' rules are listed too.
    """
    read_config(config)
    terminal = Terminal(sys.stdout)
    chosen = [RULES[code] for code in (codes(rule) if rule else RULES)]
    if rule and len(chosen) == 1:
        for part in rule_page(page(chosen[0])):
            terminal.print(part)
    else:
        terminal.print(rule_table(chosen))
    return CLEAN
