"""A training pipeline that does not start on labels that are broken.

Exits with 1 and says why if the audit finds an error, or more warnings than were agreed on. As a
step in a pipeline, `labelaudit scan labels.json --fail-on error` does much the same.
"""

import sys
from pathlib import Path

import labelaudit
from labelaudit import Options, Severity

# What this project knows better than the defaults: here, that boxes of one pixel break it.
OPTIONS = Options(ignore=("CLS",), severities={"tiny-box": Severity.ERROR})


def train(path: Path) -> None:
    """What the pipeline is for."""
    print(f"training on {path}")


if __name__ == "__main__":
    labels = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "bccd"
    try:
        found = labelaudit.gate(labels, errors=0, warnings_share=0.005, options=OPTIONS)
    except labelaudit.GateError as error:
        print(error)
        sys.exit(f"not training on {labels}")
    print(f"{found.dataset}: {len(found.findings)} findings")
    train(labels)
