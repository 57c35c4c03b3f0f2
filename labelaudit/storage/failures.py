"""What goes wrong between this machine and a storage: what is tried again, and what is said.

The words of other libraries are never passed on: they quote URLs, with all that is secret in them.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from labelaudit.errors import ObjectStorageError
from labelaudit.storage.urls import StorageUrl

Answer = TypeVar("Answer")

TRIES = 6
"""How often something is asked for; a choice."""

FIRST_WAIT_S, LONGEST_WAIT_S = 0.2, 10.0
"""Waits between tries double from the first to the longest, each drawn between its half and itself.

Choices: with six tries some 6 seconds in all, which is more than a busy storage asks for.
"""

BUSY = (408, 425, 429)
"""Codes of HTTP below 500 that say: later."""


_OUR_FAULTS = (TypeError, AttributeError, LookupError, AssertionError, Warning)
"""What no storage causes."""


class TransientError(Exception):
    """What may go well when it is tried again; the message is the reason, in a few words."""


class ChangedError(Exception):
    """An object that is another by now."""


class MissingError(Exception):
    """There is no such object."""


class DeniedError(Exception):
    """The storage does not give it to this user."""


_CODES = {
    (401, 403): DeniedError,
    (404, 410): MissingError,
    (409, 412, 416): ChangedError,
}


def by_status(status: int) -> Exception:
    """What a code of HTTP from 300 on means."""
    kind: type[Exception] = ObjectStorageError
    if status in BUSY or status >= 500:
        kind = TransientError
    for codes, meaning in _CODES.items():
        kind = meaning if status in codes else kind
    return kind(f"HTTP {status}")


def judged(error: Exception) -> Exception:
    """What an error of a library means: one of those above."""
    if isinstance(
        error, (TransientError, ChangedError, MissingError, DeniedError, ObjectStorageError)
    ):
        return error
    for one in _chain(error):
        if meant := _by_kind(one):
            return meant
        if (status := _status(one)) >= 300:
            return by_status(status)
    return TransientError(f"no connection ({type(error).__name__})")


def _by_kind(error: BaseException) -> Exception | None:
    """What an error means by its class; None where that says nothing."""
    name = type(error).__name__
    if isinstance(error, FileNotFoundError):
        return MissingError("not found")
    if isinstance(error, PermissionError) or "Credential" in name:
        return DeniedError("no credentials" if "Credential" in name else "refused")
    if isinstance(error, TimeoutError) or "Timeout" in name:
        return TransientError("no answer in time")
    if "Payload" in name or "Incomplete" in name or "ResponseStreaming" in name:
        return TransientError("the answer was cut off")
    return None


def tried(url: StorageUrl, work: Callable[[], Answer]) -> Answer:
    """What work on an object gives, which is done again where that may help.

    Raises
    ------
    ObjectStorageError
        one line that names the object, the reason and the remedy.
    ChangedError
        if the object is another by now, which the caller knows more about.
    """
    wait, reason = FIRST_WAIT_S, ""
    for number in range(TRIES):
        if number:
            time.sleep(wait * random.uniform(0.5, 1.0))  # noqa: S311  # so that not all come at once
            wait = min(2 * wait, LONGEST_WAIT_S)
        try:
            return work()
        except _OUR_FAULTS:
            raise
        except Exception as error:  # whatever libraries raise; Ctrl+C is none
            meant = judged(error)
        if isinstance(meant, ChangedError):
            raise meant from None
        if not isinstance(meant, TransientError):
            raise told(url, meant) from None
        reason = str(meant)
    raise ObjectStorageError(f"{url.name}: {reason}, {TRIES} times; try again later")


def told(url: StorageUrl, error: Exception) -> ObjectStorageError:
    """The line for what is not tried again."""
    if isinstance(error, MissingError):
        return ObjectStorageError(f"{url.name}: no such object or folder")
    if isinstance(error, DeniedError):
        return ObjectStorageError(f"{url.name}: access is refused ({error}); {_remedy(url)}")
    if isinstance(error, ChangedError):
        return ObjectStorageError(f"{url.name}: changed while it was read; scan it again")
    said = str(error)
    return ObjectStorageError(said if said.startswith(url.name) else f"{url.name}: {said}")


def _remedy(url: StorageUrl) -> str:
    """What to do about a refusal."""
    if url.scheme in ("http", "https"):
        return "a signed URL may have run out; ask for a new one"
    if url.scheme.startswith("s3"):
        return "see to AWS_ACCESS_KEY_ID and the like, or FSSPEC_S3_ANON=true for a public bucket"
    return "see to the credentials in the environment"


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error and what it came from, a few of them."""
    one: BaseException | None = error
    for _ in range(8):
        if one is None:
            return
        yield one
        one = one.__cause__ or one.__context__


def _status(error: BaseException) -> int:
    """The code of HTTP that an error tells of; 0 for none."""
    response: Any = getattr(error, "response", None)  # Any: of whatever library it is
    if isinstance(response, dict):
        return int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) or 0)
    for name in ("status", "status_code", "code"):
        value = getattr(error, name, None)
        if isinstance(value, int):
            return value
    return 0
