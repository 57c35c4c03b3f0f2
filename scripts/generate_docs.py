"""Writes what is made from the code: pages of rules and commands, a table of fixes, schemas.

Run it without arguments to write them; with `--check` it only says whether they are up to date.
"""

from __future__ import annotations

import functools
import operator
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cyclopts import App

import labelaudit
from labelaudit import schemas
from labelaudit.auditing.fixes import KINDS
from labelaudit.auditing.rule import RULES, Rule
from labelaudit.auditing.rule_docs import Page, fix_words, page, shown
from labelaudit.cli import application, commands, shown_default
from labelaudit.reports import REPORTS

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"

REGISTERED = MappingProxyType({("--output-format", str): REPORTS})
"""What can be chosen for options that take the name of something in a folder."""

NOTE = "<!-- Written by scripts/generate_docs.py. Do not edit: edit the docstrings. -->"

FAMILIES: Mapping[str, str] = MappingProxyType(
    {
        "REF": "Records and references",
        "GEO": "Geometry",
        "DUP": "Duplicates and class confusion",
        "CLS": "Classes",
        "IMG": "Images",
        "SPL": "Splits",
        "MOD": "Model disagreement",
        "NET": "Small networks",
        "SRC": "Sources",
    }
)


def check_is_documented(package: Path, root: Path = ROOT) -> None:
    """Ends the program unless the package that was imported is that of this checkout."""
    if package.resolve().parents[1] != root:
        sys.exit(f"{package}: another installation than the checkout {root}; pip install -e {root}")


def rules_page() -> Iterator[str]:
    """docs/rules.md, in lines."""
    yield from ("# Rules", "", NOTE, "")
    yield (
        f"{len(RULES)} rules. The severity is the worst that a rule gives; `labelaudit rules CODE` "
        "shows one of them in the terminal. How to select, set, promote and silence them is in "
        "[configuration.md](configuration.md)."
    )
    yield from ("", "Rules that need a model run with `--detector` or `--predictions`: see")
    yield "[second-opinion.md](second-opinion.md)."
    order = [*FAMILIES, *sorted({rule.family for rule in RULES.values()} - set(FAMILIES))]
    by_family = [(f, [r for r in RULES.values() if r.family == f]) for f in order]
    by_family = [(family, rules) for family, rules in by_family if rules]
    for family, rules in by_family:
        yield from ("", f"## {FAMILIES.get(family, family)}", "")
        yield from table(
            ("code", "name", "severity", "fix", "finds"),
            [
                (f"[{r.code}](#{anchor(r)})", r.name, str(r.severity), r.fix or "", r.summary)
                for r in rules
            ],
        )
    for _, rules in by_family:
        for rule in rules:
            yield from rule_section(page(rule))


def rule_section(page: Page) -> Iterator[str]:
    """The documentation of one rule."""
    rule = page.rule
    yield from ("", f"### {rule.code} {rule.name}", "")
    yield f"*{rule.severity}, {fix_words(rule)}* · {page.summary}"
    for paragraph in page.paragraphs:
        yield from ("", paragraph)
    if page.settings:
        rows = [(f"`{s.name}`", f"`{shown(s.default)}`", s.range, s.text) for s in page.settings]
        yield ""
        yield from table(("setting", "default", "values", "meaning"), rows)
    yield from ("", f"It says: `{rule.message}`")
    if page.example:
        words = ("", "Before and after:", "") if page.is_before_and_after else ("",)
        yield from (*words, f"```{'diff' if page.is_before_and_after else 'python'}")
        yield from (page.example, "```")
    if page.source:
        yield from ("", f"Source: {page.source}")


def anchor(rule: Rule) -> str:
    """The name of a rule's heading in a link."""
    return f"{rule.code} {rule.name}".lower().replace(" ", "-")


def commands_page() -> Iterator[str]:
    """docs/commands.md, in lines."""
    app = application()
    yield from ("# Commands", "", NOTE, "")
    yield "Exit codes: 0 nothing found, 1 something found, 2 the tool could not do what it should."
    yield "With `--debug`, any command shows where an error comes from."
    yield "Results go to standard output, everything else to standard error."
    names = sorted(commands(), key=lambda command: app[command[0].split()[0]].sort_key)
    for name, docstring in names:
        yield from command_section(app, name, docstring)


def command_section(app: App, name: str, docstring: str) -> Iterator[str]:
    """What one command does, and its arguments and options."""
    command = functools.reduce(operator.getitem, name.split(), app)
    arguments = [
        argument
        for argument in command.assemble_argument_collection(
            default_parameter=app.default_parameter, parse_docstring=True
        )
        if argument.show
    ]
    placed = [argument for argument in arguments if argument.index is not None]
    options = [argument for argument in arguments if argument.index is None]
    description = docstring.partition("\nParameters\n")[0].strip()
    yield from ("", f"## labelaudit {name}", "", "```")
    yield " ".join(["labelaudit", name, *map(usage, placed), *(["[OPTIONS]"] if options else [])])
    yield from ("```", "", description)
    for kind, some in (("argument", placed), ("option", options)):
        if some:
            yield from ("", *table((kind, "meaning"), [row(argument) for argument in some]))


def usage(argument: Any) -> str:  # Any: cyclopts does not export the type
    """A positional argument in the line that shows how to call a command."""
    word = f"{argument.name}..." if "tuple" in str(argument.hint) else argument.name
    return word if argument.required else f"[{word}]"


def row(argument: Any) -> tuple[str, str]:  # Any: see usage
    """Names and meaning of an argument."""
    meaning = " ".join(argument.parameter.help.split())
    choices = argument.get_choices() or REGISTERED.get((argument.name, argument.hint), ())
    if choices:
        meaning += f" One of {', '.join(choices)}."
    if argument.required and argument.index is None:
        meaning += " Required."
    default = None if argument.required else shown_default(argument.field_info.default)
    if default is not None:
        meaning += f" Default: {default}."
    return ", ".join(f"`{name}`" for name in argument.names), meaning


def findings_page() -> Iterator[str]:
    """docs/findings.md, in lines: as it is but for the table of kinds of fixes."""
    rows = [(f"`{kind.name}`", kind.documentation) for kind in KINDS.values()]
    text = (DOCS / "findings.md").read_text("utf-8")
    yield from with_part(text, "kinds of fixes", table(("kind", "changes"), rows))


def configuration_page() -> Iterator[str]:
    """docs/configuration.md, in lines: as it is but for the table of settings of rules."""
    rows = [
        (f"[{rule.name}](rules.md#{anchor(rule)})", f"`{s.name}`", f"`{shown(s.default)}`", s.range)
        for rule in RULES.values()
        for s in page(rule).settings
    ]
    text = (DOCS / "configuration.md").read_text("utf-8")
    made = table(("rule", "setting", "default", "values"), rows)
    yield from with_part(text, "settings of rules", made)


def with_part(text: str, name: str, lines: Iterable[str]) -> Iterator[str]:
    """A page, in lines, with others between the marks of a part that is made from the code."""
    start, end = f"<!-- {name}, written by scripts/generate_docs.py -->\n", "<!-- end -->\n"
    head, part, rest = text.partition(start)
    _, closed, tail = rest.partition(end)
    if not part or not closed:
        raise ValueError(f"a page has no marks around its part {name!r}")
    yield from (head + start).splitlines()
    yield from ("", *lines, "")
    yield from (end + tail).splitlines()


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """A table in Markdown."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for cells in rows:
        yield f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


PAGES = {
    "rules.md": rules_page,
    "commands.md": commands_page,
    "findings.md": findings_page,
    "configuration.md": configuration_page,
}


def main() -> int:
    """Write the pages, or say which are out of date."""
    check_is_documented(Path(labelaudit.__file__))
    stale = []
    pages = {DOCS / name: "\n".join(lines()) + "\n" for name, lines in PAGES.items()}
    made = {schemas.path(name): schemas.text(schemas.schema(name)) for name in schemas.MADE}
    for path, text in (pages | made).items():
        if path.is_file() and path.read_text("utf-8") == text:
            continue
        stale.append(path.name)
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
    if stale and "--check" in sys.argv:
        print(f"out of date: {', '.join(stale)}; run python scripts/generate_docs.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
