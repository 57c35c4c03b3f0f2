"""Loads a COCO file with hotcoco and runs its healthcheck."""

import json
import sys

from hotcoco import COCO  # type: ignore[import-not-found]  # of the peers' environment

if __name__ == "__main__":
    json.dump(COCO(sys.argv[1]).healthcheck(), sys.stdout)
