"""A torchvision script before and after: how many lines change, and what each does on real labels.

    python examples/training_pipeline.py [--steps 2]

Both scripts (examples/training_pipeline_scripts) train for a few steps on the labels that lie
beside them, as a COCO file: first as they are, then with two things that happen in any project, an
image without a box and a box without a width. docs/training-pipelines.md says what comes of it.
"""

import argparse
import difflib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
SCRIPTS = HERE / "training_pipeline_scripts"
BUNDLED = HERE / "bccd"


def changed_lines() -> tuple[list[str], list[str]]:
    """The lines of code that went and those that came, without empty lines and the docstring."""
    before, after = (
        [line for line in (SCRIPTS / name).read_text("utf-8").splitlines()[1:] if line.strip()]
        for name in ("before.py", "after.py")
    )
    changes = list(difflib.ndiff(before, after))
    gone = [line[2:] for line in changes if line.startswith("- ")]
    return gone, [line[2:] for line in changes if line.startswith("+ ")]


def as_coco(folder: Path) -> Path:
    """The bundled labels as a COCO file."""
    path = folder / "labels.json"
    command = [sys.executable, "-m", "labelaudit", "convert", BUNDLED, path, "--to", "coco"]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603  # ours, no shell
    return path


def with_what_happens(path: Path) -> Path:
    """Four of the images, the first without a box, the next two with a box without a width."""
    labels = json.loads(path.read_text("utf-8"))
    images = labels["images"][:4]
    kept = {image["id"] for image in images[1:]}
    boxes = [box for box in labels["annotations"] if box["image_id"] in kept]
    for image in images[1:3]:
        next(box for box in boxes if box["image_id"] == image["id"])["bbox"][2] = 0
    there = path.with_name("as_it_happens.json")
    there.write_text(json.dumps(labels | {"images": images, "annotations": boxes}), "utf-8")
    return there


def outcome(script: str, labels: Path, steps: int) -> str:
    """What a script comes to: its last line, or the last line of its traceback."""
    command = [sys.executable, str(SCRIPTS / script), str(BUNDLED / "JPEGImages"), str(labels)]
    done = subprocess.run(  # noqa: S603  # ours, no shell
        [*command, str(steps)], check=False, capture_output=True, text=True
    )
    said = (done.stdout if done.returncode == 0 else done.stderr).strip().splitlines()
    return ("trains: " if done.returncode == 0 else "stops: ") + said[-1]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=1)
    options = parser.parse_args()
    gone, came = changed_lines()
    print(f"{len(gone)} lines go, {len(came)} lines come")
    for line in [*(f"- {one}" for one in gone), *(f"+ {one}" for one in came)]:
        print(f"  {line}")
    with tempfile.TemporaryDirectory() as folder:
        as_they_are = as_coco(Path(folder))
        for title, labels, steps in (
            ("as they are", as_they_are, options.steps),
            ("as it happens", with_what_happens(as_they_are), 2),
        ):
            print(f"labels {title}:")
            for script in ("before.py", "after.py"):
                print(f"  {script}: {outcome(script, labels, steps)}")


if __name__ == "__main__":
    main()
