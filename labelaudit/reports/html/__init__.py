"""One page that holds everything: to send to who drew the labels, or to keep with a release.

It asks nobody for anything: pictures, charts, style and script are inside. What names, classes and
messages say is escaped, and a policy in the page itself lets no other script run.
"""

from __future__ import annotations

from typing import TextIO

from labelaudit.auditing.scan import Scan
from labelaudit.core.extras import check_installed
from labelaudit.reports import REPORTS, Report


def check() -> None:
    """Raises `ConfigError` where the library of templates is not installed."""
    check_installed(("jinja2",), "the HTML report", "html")


def write(scan: Scan, out: TextIO) -> None:
    """Write the page."""
    check()
    # Only here: a scan in a terminal needs neither templates nor pictures.
    from labelaudit.reports.html.page import write_page  # noqa: PLC0415

    write_page(scan, out)


REPORTS.add(
    "html",
    Report(
        "html",
        "one page for people, with pictures of the findings and charts, to send or keep",
        write,
        check=check,
    ),
)
