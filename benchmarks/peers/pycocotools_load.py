"""Loads a COCO file with pycocotools, which decodes and indexes it and checks nothing."""

import sys

from pycocotools.coco import COCO

if __name__ == "__main__":
    COCO(sys.argv[1])
