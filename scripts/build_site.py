"""Builds the documentation site in build/site: README, docs/, results, examples and docstrings.

    python scripts/build_site.py          # with the extra `docs`
    python scripts/build_site.py --pages  # only what it is made of, in build/site-pages

Pages link to files of this repository as one reads them there; on the site such a link leads to the
page of that file. A link to a file that is no page, or that is not there, ends the program.
"""

from __future__ import annotations

import ast
import os
import posixpath
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "build" / "site-pages"

PLACES = (
    (r"README\.md", "index.md"),
    (r"docs/(.+)", r"\1"),
    (r"CONTRIBUTING\.md", "contributing.md"),
    (r"CHANGELOG\.md", "changelog.md"),
    (r"SECURITY\.md", "security.md"),
    (r"LICENSE", "licence.md"),
    (r"benchmarks/results/(.+\.md)", r"results/\1"),
    (r"examples/(\w+)/README\.md", r"examples/\1.md"),
    (r"examples/(\w+)", r"examples/\1.md"),
    (r"((?:labelaudit|examples)/.+)\.(py|ipynb)", r"source/\1-\2.md"),
)
"""Where the site has files of this repository; the first that fits."""

LINK = re.compile(r"(\]\()([^)\s#]*)(#[^)\s]*)?(\))")
OUTSIDE = re.compile(r"[a-z]+:")
CODE = re.compile(r"(^```.*?^```$|`[^`\n]+`)", re.MULTILINE | re.DOTALL)


class BrokenLinkError(Exception):
    """A page leads to what is not there, or is no page."""


def place_of(path: str) -> str | None:
    """Where the site has a file of the repository; None if nowhere.

    >>> place_of("docs/how-to/ci.md"), place_of("examples/bccd"), place_of("setup.py")
    ('how-to/ci.md', 'examples/bccd.md', None)
    """
    for pattern, place in PLACES:
        if match := re.fullmatch(pattern, path):
            return match.expand(place)
    return None


def with_links(text: str, path: str) -> tuple[str, set[str]]:
    """A page of the repository as the site has it, and the files that it leads to.

    Raises `BrokenLinkError` for what is not there, or has no place on the site.
    """
    home, led = posixpath.dirname(place_of(path) or path), set[str]()

    def on_site(match: re.Match[str]) -> str:
        before, target, anchor, after = match.groups(default="")
        if not target or OUTSIDE.match(target):
            return match.group()
        named = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
        place = place_of(named)
        if place is None or not (ROOT / named).exists():
            raise BrokenLinkError(f"{path}: {target}: no page of the site, or not there")
        led.add(named)
        return f"{before}{posixpath.relpath(place, home or '.')}{anchor}{after}"

    parts = CODE.split(text)
    parts[::2] = [LINK.sub(on_site, part) for part in parts[::2]]
    return "".join(parts), led


def sources() -> Iterator[str]:
    """The files that are pages by themselves, whether something leads to them or not."""
    yield from ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "LICENSE")
    for folder in ("docs", "benchmarks/results"):
        yield from (
            path.relative_to(ROOT).as_posix()
            for path in sorted((ROOT / folder).rglob("*.md"))
            if not path.name.startswith(".")
        )


def code_page(path: str) -> str:
    """A page that shows a program."""
    if path.endswith(".ipynb"):
        return f"# {path}\n\nA notebook: open it in Jupyter from a checkout.\n"
    return f"# {path}\n\n```python\n{(ROOT / path).read_text('utf-8')}```\n"


def api_page() -> str:
    """What `import labelaudit` gives, from its docstrings: functions, then classes."""
    lines = [
        "# Python",
        "",
        "What `import labelaudit` gives, and `labelaudit.torch` beside it.",
        "",
    ]
    for module in ("labelaudit", "labelaudit.torch"):
        names = sorted(public_names(module), key=lambda name: (name[0].isupper(), name))
        lines += [f"::: {module}.{name}\n" for name in names]
    return "\n".join(lines)


def public_names(module: str) -> list[str]:
    """What a module says that it gives, read without importing it: it may need what is not here."""
    path = ROOT / module.replace(".", "/") / "__init__.py"
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            names: list[str] = ast.literal_eval(node.value)
            return names
    raise ValueError(f"{path}: no __all__")


def pages() -> Mapping[str, str | Path]:
    """All files of the site by their place: a text, or the file to copy."""
    waiting, made = list(sources()), dict[str, str | Path]()
    while waiting:
        path = waiting.pop()
        place = place_of(path) or path
        if place in made:
            continue
        whole = ROOT / path
        if whole.is_dir():
            path, whole = f"{path}/README.md", whole / "README.md"
        if path.endswith((".py", ".ipynb")):
            made[place] = code_page(path)
        elif path.endswith(".md"):
            made[place], led = with_links(whole.read_text("utf-8"), path)
            waiting += sorted(led)
        elif path == "LICENSE":
            made[place] = f"# Licence\n\n```\n{whole.read_text('utf-8')}```\n"
        else:
            made[place] = whole
    return {**made, "api.md": api_page()}


def write(folder: Path) -> None:
    """Write all that the site is made of; what was there is gone."""
    shutil.rmtree(folder, ignore_errors=True)
    for place, content in pages().items():
        target = folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Path):
            shutil.copyfile(content, target)
        else:
            target.write_text(content, encoding="utf-8")


def main() -> None:
    """Build the site, or only its pages."""
    write(PAGES)
    if "--pages" not in sys.argv[1:]:
        command = [sys.executable, "-m", "zensical", "build", "--strict", "--clean"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        sys.exit(subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode)


if __name__ == "__main__":
    main()
