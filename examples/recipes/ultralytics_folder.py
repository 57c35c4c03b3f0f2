"""A folder for Ultralytics: only labels that are fit, with reviewers' fixes, whatever they were.

    python examples/recipes/ultralytics_folder.py [LABELS] [-o FOLDER] [--queue REVIEW.sqlite]

Ultralytics reads its labels from a folder and has no weights of boxes: so that what is to be left
out is left out of the folder. The labels are cleaned (`labelaudit fix`), converted (`labelaudit
convert`) and audited once more as Ultralytics will read them. Where ultralytics is installed,
`--train` trains on it.
"""

import argparse
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import labelaudit

BUNDLED = Path(__file__).parents[1] / "bccd"


def labelaudit_command(*words: str | Path) -> None:
    """Run a command; what it says is shown, and an error ends this."""
    command = [sys.executable, "-m", "labelaudit", *map(str, words)]
    done = subprocess.run(command, check=False)  # noqa: S603  # ours, no shell
    if done.returncode not in (0, 1):  # 1: there are findings left
        sys.exit(done.returncode)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("labels", nargs="?", type=Path, default=BUNDLED)
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--queue", type=Path)
    parser.add_argument("--train", action="store_true")
    options = parser.parse_args()
    output = options.output or Path(tempfile.mkdtemp()) / "yolo"
    cleaned = Path(tempfile.mkdtemp()) / "cleaned"

    chosen = ["--queue", options.queue] if options.queue else ["--unsafe-fixes"]
    labelaudit_command("fix", options.labels, *chosen, "-o", cleaned)
    labelaudit_command("convert", cleaned, output, "--to", "yolo", "--copy-images")
    labelaudit.gate(output, warnings_share=0.01)
    print(f"yolo detect train data={output / 'data.yaml'} model=yolo11n.pt")
    if options.train and find_spec("ultralytics"):
        from ultralytics import YOLO  # noqa: PLC0415  # installed by few

        YOLO("yolo11n.yaml").train(data=str(output / "data.yaml"), epochs=1)


if __name__ == "__main__":
    main()
