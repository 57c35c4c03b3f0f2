"""`python -m labelaudit`."""

import sys

from labelaudit.cli import program

sys.exit(program())
