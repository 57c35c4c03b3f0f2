"""The tables of a review queue, in SQLite's words; its errors.

Every decision is a row that is never changed: triggers refuse it. What an item's decisions come to
(its state, its last decision) is kept beside it and can be worked out from them at any time.
`postgresql_schema` has the same tables in PostgreSQL's words.
"""

from __future__ import annotations

from collections.abc import Sequence

from labelaudit.errors import LabelauditError
from labelaudit.review.queue.places import QueuePlace


class QueueError(LabelauditError):
    """A review queue that cannot be read or written, or a request that makes no sense to it."""


class StorageError(QueueError):
    """A full disk, another process that writes for long, no server: it may work later."""


class TryAgainError(StorageError):
    """A transaction of which nothing may have been written, through no fault of its own."""


class UnknownQueueError(QueueError):
    """A place where there is no queue."""

    def __init__(self, place: QueuePlace) -> None:
        super().__init__(f"{place}: there is no such queue; labelaudit scan --queue makes one")


class UnknownItemError(LookupError, QueueError):
    """A finding that is not in the queue."""


FIRST = """
CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,          -- UTC, 2026-01-31T12:00:00.000000Z, so that text sorts as time does
    version TEXT NOT NULL,     -- of labelaudit
    sources TEXT NOT NULL,     -- JSON list of paths
    options TEXT NOT NULL,     -- JSON
    stamp TEXT NOT NULL        -- changes when a label file does; empty if nothing was scanned
);
CREATE TABLE names (           -- of rules, classes and images, which many items share
    id INTEGER PRIMARY KEY,
    role TEXT NOT NULL,        -- rule, class or image
    text TEXT NOT NULL,
    UNIQUE (role, text)
);
CREATE TABLE items (
    id INTEGER PRIMARY KEY,
    fingerprint TEXT NOT NULL UNIQUE,
    entry BLOB NOT NULL,       -- the finding's line of the fix list
    rule INTEGER NOT NULL REFERENCES names,
    class INTEGER NOT NULL REFERENCES names,
    image INTEGER NOT NULL REFERENCES names,
    severity INTEGER NOT NULL,
    probability REAL,          -- that the label is wrong; null: not known
    effort TEXT NOT NULL,      -- kind of the fix; empty if there is none
    first_run INTEGER NOT NULL REFERENCES runs,
    last_run INTEGER NOT NULL REFERENCES runs,
    current INTEGER NOT NULL,  -- 0: the last scan did not find it; -1: drawn and taken back
    state TEXT NOT NULL DEFAULT 'open',
    decision INTEGER REFERENCES decisions  -- the last one that was not taken back
);
CREATE TABLE decisions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    item INTEGER NOT NULL REFERENCES items,
    uuid TEXT NOT NULL,        -- of the request: several items may be decided by one
    at TEXT NOT NULL,
    reviewer TEXT NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict IN ('accept', 'reject', 'skip', 'edit', 'undo')),
    fixes TEXT,                -- an edit's own fixes, JSON as in the fix list
    seen TEXT,                 -- uuid of the decision that the reviewer saw, if there was one
    undoes TEXT,               -- uuid of the decision that an undo takes back
    UNIQUE (item, uuid),
    CHECK ((verdict = 'edit') = (fixes IS NOT NULL)),
    CHECK ((verdict = 'undo') = (undoes IS NOT NULL))
);
CREATE INDEX decisions_by_reviewer ON decisions (reviewer, at);
CREATE INDEX decisions_by_uuid ON decisions (uuid);
CREATE INDEX decisions_by_time ON decisions (at);
CREATE TRIGGER decisions_stay BEFORE DELETE ON decisions
BEGIN SELECT RAISE(ABORT, 'decisions are never deleted'); END;
CREATE TRIGGER decisions_stay_the_same BEFORE UPDATE ON decisions
BEGIN SELECT RAISE(ABORT, 'decisions are never changed'); END;
"""

ORDER_AND_LEASES = """
ALTER TABLE items ADD COLUMN by_value INTEGER NOT NULL DEFAULT 0;
ALTER TABLE items ADD COLUMN by_image INTEGER NOT NULL DEFAULT 0;
ALTER TABLE items ADD COLUMN by_kind INTEGER NOT NULL DEFAULT 0;
CREATE INDEX items_of_rule ON items (rule, state, class, current);
CREATE INDEX items_of_decision ON items (decision);
CREATE TABLE leases (
    item INTEGER PRIMARY KEY REFERENCES items,
    image INTEGER NOT NULL,    -- of the item
    reviewer TEXT NOT NULL,
    until REAL NOT NULL        -- seconds since 1970
) WITHOUT ROWID;
CREATE INDEX leases_of_reviewer ON leases (reviewer, until);
CREATE INDEX leases_of_image ON leases (image, reviewer, until);
CREATE INDEX leases_by_time ON leases (until);
"""

DOUBTS = """
ALTER TABLE items ADD COLUMN doubt REAL;  -- of a model, to order by; null: no model
UPDATE items SET doubt = probability;
"""

ERRORS_AND_SAMPLES = """
ALTER TABLE items ADD COLUMN by_errors INTEGER NOT NULL DEFAULT 0;
ALTER TABLE items ADD COLUMN object INTEGER;  -- the same of all items about one box; null: none
CREATE TABLE samples (         -- labels or images drawn with equal chances, to be judged
    id INTEGER PRIMARY KEY,
    unit TEXT NOT NULL,        -- boxes or images
    head BLOB NOT NULL,        -- the first line of what `labelaudit sample` writes
    used INTEGER NOT NULL      -- the last one that was used has the highest
);
CREATE TABLE tasks (
    id INTEGER PRIMARY KEY,
    sample INTEGER NOT NULL REFERENCES samples,
    place INTEGER NOT NULL,    -- in which they are judged, which is random
    line BLOB NOT NULL,        -- of what `labelaudit sample` writes
    holder TEXT,               -- who was handed it last
    until REAL NOT NULL DEFAULT 0,  -- seconds since 1970
    UNIQUE (sample, place)
);
CREATE TABLE verdicts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    task INTEGER NOT NULL REFERENCES tasks,
    uuid TEXT NOT NULL,        -- of the request
    at TEXT NOT NULL,
    reviewer TEXT NOT NULL,
    verdict TEXT,              -- JSON: a word, or how many objects are missing; null: taken back
    UNIQUE (task, uuid)
);
CREATE TRIGGER verdicts_stay BEFORE DELETE ON verdicts
BEGIN SELECT RAISE(ABORT, 'verdicts are never deleted'); END;
CREATE TRIGGER verdicts_stay_the_same BEFORE UPDATE ON verdicts
BEGIN SELECT RAISE(ABORT, 'verdicts are never changed'); END;
"""

NOTES = """
ALTER TABLE decisions ADD COLUMN note TEXT;      -- what the reviewer says of it, for people
ALTER TABLE decisions ADD COLUMN expert INTEGER NOT NULL DEFAULT 0;  -- 1: a skip that asks one
CREATE INDEX decisions_with_notes ON decisions (id) WHERE note IS NOT NULL;
CREATE INDEX decisions_for_experts ON decisions (id) WHERE expert = 1;
"""

HOW_READ = """
ALTER TABLE runs ADD COLUMN how_read TEXT NOT NULL DEFAULT '{}';  -- JSON, see scanned.HowScanned
"""

INDEXES = {
    # A filter looks at the index alone, in order, until there are enough.
    "items_by_value": "current, state, by_value, rule, class, severity, image, probability",
    "items_by_image": "current, state, by_image, rule, class, severity, image, probability",
    "items_by_kind": "current, state, by_kind, rule, class, severity, image, probability",
    "items_by_errors": "current, state, by_errors, rule, class, severity, image, probability",
    "items_in_value": "by_value",
    "items_in_image": "by_image",
    "items_in_kind": "by_kind",
    "items_in_errors": "by_errors",
}
"""The indexes of items that change when the queue is ordered anew: name and columns."""

MIGRATIONS: Sequence[str] = (FIRST, ORDER_AND_LEASES, DOUBTS, ERRORS_AND_SAMPLES, NOTES, HOW_READ)
"""The steps to a new file; `user_version` counts how many of them a file has taken."""


def newer(place: QueuePlace, version: int) -> QueueError:
    """What is said of a queue that has taken more steps than are known here."""
    return QueueError(
        f"{place}: a queue of version {version}, expected at most {len(MIGRATIONS)}; a newer "
        "labelaudit wrote it: update this one"
    )
