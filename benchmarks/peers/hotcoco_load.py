"""Loads a COCO file with hotcoco."""

import sys

from hotcoco import COCO  # type: ignore[import-not-found]  # of the peers' environment

if __name__ == "__main__":
    COCO(sys.argv[1])
