"""Validates a COCO file with Datumaro and prints all of its remarks as JSON."""

import json
import sys
from pathlib import Path

from datumaro_validate import validated  # type: ignore[import-not-found]  # a program beside it

if __name__ == "__main__":
    json.dump(validated(Path(sys.argv[1]))["validation_reports"], sys.stdout, default=str)
