"""The fix list: findings as JSON Lines, one a line, to be read, kept, decided about and read back.

A line names its records by file and position, so that it can be applied, and has a fingerprint made
from content, so that it can be recognised after records were reordered or renumbered.
"""

from labelaudit.auditing.findings_file.read import Lookup, has_decisions, read, read_lines, table_of
from labelaudit.auditing.findings_file.write import (
    SCHEMA_VERSION,
    View,
    encoded,
    entries,
    fingerprints,
    write,
)

__all__ = [
    "SCHEMA_VERSION",
    "Lookup",
    "View",
    "encoded",
    "entries",
    "fingerprints",
    "has_decisions",
    "read",
    "read_lines",
    "table_of",
    "write",
]
