"""Draws the pictures of the HTML report in docs/images, from a report of examples/bccd.

Run `python scripts/report_screens.py` from the root of the repository, with `chromium` on the path.
"""

from __future__ import annotations

import contextlib
import io
import shutil
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from labelaudit.cli import main as labelaudit

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]

COLOURS = 256
"""Of a picture: fewer make it small; the method keeps those of few pixels, as lines are."""

SCREENS = {
    "report-bccd": ((1280, 1250), "light", ""),
    "report-bccd-findings": ((1280, 900), "light", "#findings"),
    "report-bccd-phone-dark": ((390, 1250), "dark", "#rule-DUP002"),
}
"""By name: width and height, colours, and what of the page is seen."""


def main() -> None:
    """Write the report to a folder that is gone afterwards, and its pictures to the docs."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        report = Path(folder) / "report.html"
        with contextlib.redirect_stdout(io.StringIO()):
            labelaudit(["scan", str(ROOT / "examples" / "bccd"), "--output", f"html={report}"])
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for name in SCREENS:
            draw(browser, report, name)
        browser.close()


def draw(browser: Browser, report: Path, name: str) -> None:
    """One picture.

    Parameters
    ----------
    browser:
        that runs.
    report:
        the page.
    name:
        of `SCREENS`.
    """
    (width, height), scheme, place = SCREENS[name]
    page = browser.new_page(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page.goto(f"{report.as_uri()}{place}")
    page.wait_for_load_state("load")
    seen = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    seen.quantize(COLOURS, Image.Quantize.MAXCOVERAGE).save(IMAGES / f"{name}.png", optimize=True)
    page.close()


if __name__ == "__main__":
    main()
