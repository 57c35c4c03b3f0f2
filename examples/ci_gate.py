"""A training pipeline that does not start on labels that are broken.

Exits with 1 and says why if the audit finds an error, or more warnings than were agreed on. As a
step in a pipeline, `labelaudit scan labels.json --fail-on error` does much the same.
"""

import sys
from collections import Counter
from pathlib import Path

import labelaudit
from labelaudit import Options, Severity

MOST_WARNINGS = 0.005  # of all boxes


def gate(path: Path) -> None:
    """Stop the pipeline if the labels at `path` are not fit to train on."""
    dataset = labelaudit.load(path)
    # What this project knows better than the defaults: here, that boxes of one pixel break it.
    options = Options(ignore=("CLS",), severities={"tiny-box": Severity.ERROR})
    findings = labelaudit.audit(dataset, options)

    errors = findings.rows(findings.severity == Severity.ERROR)
    warnings = findings.rows(findings.severity == Severity.WARNING)
    print(f"{dataset}: {len(errors)} errors, {len(warnings)} warnings")
    if len(errors) or len(warnings) > MOST_WARNINGS * len(dataset.boxes):
        for name, count in Counter([*errors.name, *warnings.name]).most_common():
            print(f"  {count} {name}")
        sys.exit(f"not training: clean {path} first, see `labelaudit scan {path}`")


def train(path: Path) -> None:
    """What the pipeline is for."""
    print(f"training on {path}")


if __name__ == "__main__":
    labels = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "bccd"
    gate(labels)
    train(labels)
