"""Draws the pictures of the review page in docs/images, from a review of examples/bccd.

Run `python scripts/review_screens.py` from the root of the repository, with `chromium` on the path;
`--all FOLDER` puts every main screen there instead, at three widths, light and dark, to be looked
at. The verdicts of the sample are keys that this program presses: invented, and nobody's.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
QUALITY = 86
"""Of a picture as WebP: a third of a PNG, and no difference is seen."""

SETTLED_MS = 900
"""That crops and images have to arrive after a key."""

CROPS_ARRIVED = "[...document.images].every((one) => one.complete || !one.checkVisibility())"

LAPTOP, TABLET, PHONE = (1366, 768), (820, 1180), (390, 844)
SIZES = {"1440": (1440, 900), "1024": (1024, 768), "390": PHONE}
SAMPLE = ("1", "1", "1", "2", "1", "1", "3", "1", "1", "1", "1", "1", "1", "4", "1", "1")


@dataclass(frozen=True)
class Screen:
    """What is pressed until a screen is there."""

    where: str  # the address behind the token
    keys: tuple[str, ...] = ()
    click: str = ""
    options: dict[str, Any] = field(default_factory=dict)  # Any: of a browser's context


MAIN = {
    "overview": Screen("order=overview"),
    "finding": Screen("order=value"),
    "editing": Screen("order=value", ("e",)),
    "another-label": Screen("order=value", ("l", "l")),
    "new-class": Screen("order=value", ("c", *"Blast cell")),
    "note": Screen("order=value", ("t",)),
    "grid": Screen("order=kind"),
    "filter": Screen("order=value", ("f",)),
    "keys": Screen("order=value", ("?",)),
    "finish": Screen("order=value", ("a",), "#finish-open"),
    "sample": Screen("order=sample-boxes"),
}

DOCS = {
    "review-overview": (LAPTOP, Screen("order=overview")),
    "review-laptop-light": (LAPTOP, Screen("order=value")),
    "review-edit": (LAPTOP, Screen("order=value", ("l", "l", "e"))),
    "review-grid": (LAPTOP, Screen("order=kind", ("ArrowRight", " "))),
    "review-sample": (LAPTOP, Screen("order=sample-boxes", SAMPLE)),
    "review-tablet-dark": (
        TABLET,
        Screen("order=image", options={"color_scheme": "dark", "has_touch": True}),
    ),
    "review-phone": (PHONE, Screen("order=value", options={"has_touch": True})),
}


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a review of a copy of the bundled photographs, with a sample."""
    data = Path(shutil.copytree(ROOT / "examples" / "bccd", folder / "bccd"))
    words = ["review", str(data), "--no-browser", "--reviewer", "ann", "--sample", "40"]
    command = [sys.executable, "-m", "labelaudit", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield str(process.stdout.readline()).strip() if process.stdout else ""
        finally:
            process.kill()


def shot(browser: Any, address: str, size: tuple[int, int], screen: Screen) -> bytes:
    """A screen as PNG.

    Parameters
    ----------
    browser:
        of playwright.
    address:
        of the page, with its token.
    size:
        width and height in CSS pixels.
    screen:
        which.
    """
    viewport = {"width": size[0], "height": size[1]}
    context = browser.new_context(viewport=viewport, **screen.options)
    page = context.new_page()
    page.goto(f"{address}&{screen.where}")
    page.wait_for_selector("body[data-ready]")
    page.wait_for_timeout(SETTLED_MS)
    for key in screen.keys:
        page.keyboard.press(key)
        page.wait_for_timeout(150)
    if screen.click:
        page.click(screen.click)
    page.wait_for_timeout(SETTLED_MS)
    page.wait_for_function(CROPS_ARRIVED)  # on a busy machine they take longer
    picture: bytes = page.screenshot()
    for _ in range(sum(key == "a" for key in screen.keys)):
        page.keyboard.press("Escape")
        page.keyboard.press("u")
        page.wait_for_timeout(SETTLED_MS)
    context.close()
    return picture


def small(picture: bytes) -> bytes:
    """A picture as WebP."""
    out = io.BytesIO()
    Image.open(io.BytesIO(picture)).convert("RGB").save(out, "WEBP", quality=QUALITY, method=6)
    return out.getvalue()


def main() -> None:
    """Draw them."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # of the extra `test`

    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--all", type=Path, metavar="FOLDER")
    parser.add_argument("names", nargs="*", help="of the pictures; all if none is named")
    options = parser.parse_args()
    folder = options.all or IMAGES
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as made, served(Path(made)) as address:  # noqa: SIM117
        with sync_playwright() as playwright:
            path = shutil.which("chromium")
            browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
            if options.all:
                wanted = {
                    f"{name}-{width}-{scheme}": (
                        SIZES[width],
                        Screen(one.where, one.keys, one.click, {"color_scheme": scheme}),
                    )
                    for name, one in MAIN.items()
                    for width in SIZES
                    for scheme in ("light", "dark")
                }
            else:
                wanted = DOCS
            for name, (size, screen) in wanted.items():
                if not options.names or any(part in name for part in options.names):
                    picture = small(shot(browser, address, size, screen))
                    (folder / f"{name}.webp").write_bytes(picture)


if __name__ == "__main__":
    main()
