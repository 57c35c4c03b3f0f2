"""Mirrors: folders of this machine that look like what some URLs name.

Each is a folder of links, made anew from what the storage lists, so that what is there does not
depend on what was read before. Labels are fetched at once, images when something opens them. The
same URLs always have the same mirror, so that caches that go by paths hold.
"""

from __future__ import annotations

import os
import posixpath
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from labelaudit.core.cache import cache_folder, digest
from labelaudit.core.locks import BusyError, locked
from labelaudit.core.mirror_names import INSIDE, OUTPUTS, TREES, USED, is_url, shown
from labelaudit.errors import ObjectStorageError
from labelaudit.storage.connect import store_of
from labelaudit.storage.failures import ChangedError, told, tried
from labelaudit.storage.fetch import check_listed, fetched
from labelaudit.storage.objects import StoredObject
from labelaudit.storage.space import claim, make_room, most_listed
from labelaudit.storage.uploaded import check_finished, is_own
from labelaudit.storage.urls import StorageUrl, check_name, storage_url

_LATER = (
    ".avif .bmp .dng .gif .heic .heif .jfif .jp2 .jpeg .jpg .mpo .pgm .png .ppm .tif .tiff .webp"
    " .7z .avi .bin .bz2 .gz .h5 .mkv .mov .mp4 .npy .npz .onnx .pt .pth .rar .safetensors .tar"
    " .tgz .weights .xz .zip"
)
LATER = frozenset(_LATER.split())
"""Endings of what is no labels in a folder: it is known by name, and fetched if it is opened."""

WAIT_S = 0.2
"""Between two looks at a mirror that another process is making."""


def storage_root() -> Path:
    """The folder of mirrors, known from now on to this process and those that it starts."""
    known = os.environ.get(USED)
    folder = Path(os.path.realpath(cache_folder())) / "storage"
    if known != str(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.environ[USED] = str(folder)
    if claim(folder):
        make_room(folder)
    return folder


def mirrored(urls: Sequence[StorageUrl]) -> list[Path]:
    """A path for each URL, in one mirror, with what it names now.

    Parameters
    ----------
    urls:
        of files and folders, each once.

    Raises
    ------
    ObjectStorageError
        if one is not there, cannot be read or holds more than is listed.
    """
    root = storage_root()
    names = sorted(url.name for url in urls)
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ObjectStorageError(f"{twice}: given twice")
    tree = root / TREES / digest(*names)[:16]
    wanted: dict[str, StoredObject] = {}
    at_once: list[StoredObject] = []
    for url in urls:
        some = _listed(url)
        at_once += some if len(some) == 1 and some[0].url == url else _to_read(some)
        wanted |= {f"{one.url.scheme}/{one.url.place}": one for one in some}
    tree.mkdir(parents=True, exist_ok=True)
    while True:
        with suppress(BusyError), locked(tree / "lock", tree):
            _linked(tree / INSIDE, wanted, root)
            break
        time.sleep(WAIT_S)
    fetched(list({one.url.name: one for one in at_once}.values()), root)
    return [tree / INSIDE / url.scheme / url.place for url in urls]


def mirrors(given: Sequence[str | os.PathLike[str]]) -> list[Path]:
    """A path for each of some URLs and paths: of URLs in one mirror, others as they are.

    Raises
    ------
    ObjectStorageError
        as `mirrored` does.
    """
    urls = {os.fspath(one): storage_url(one) for one in given if is_url(one)}
    named = {url.name: url for url in urls.values()}
    places = dict(zip(named, mirrored(list(named.values())), strict=True))
    paths = {text: places[url.name] for text, url in urls.items()}
    return [paths.get(os.fspath(one)) or Path(one) for one in given]


def _listed(url: StorageUrl) -> list[StoredObject]:
    """The object that a URL names, or those below it."""
    store = store_of(url)
    try:
        found = tried(url, lambda: store.found(url))
        if found is not None:
            return [found]
        most = most_listed()
        some = tried(url, lambda: list(store.listed(url, most + 1)))
    except ChangedError as error:
        raise told(url, error) from None
    check_listed(len(some), most, url.name)
    for one in some:
        check_name(url, one.url.place[len(url.place) + 1 :])
    check_finished(url, some)
    return [one for one in some if not is_own(one.url.place[len(url.place) + 1 :])]


def _to_read(some: Sequence[StoredObject]) -> list[StoredObject]:
    """Those that may be labels."""
    return [one for one in some if posixpath.splitext(one.url.place)[1].lower() not in LATER]


def _linked(tree: Path, wanted: Mapping[str, StoredObject], root: Path) -> None:
    """Make the links of a mirror, and remove those of what is not there any more."""
    _unlink_others(tree, wanted)
    made: set[str] = set()
    for place, one in wanted.items():
        path, folder = tree / place, posixpath.dirname(place)
        if folder not in made:
            _make_folder(path.parent, one)
            made.add(folder)
        if path.is_dir() and not path.is_symlink():
            raise _both(one)
        _link(path, one.file(root))


def _unlink_others(tree: Path, wanted: Mapping[str, StoredObject]) -> None:
    """Remove the links of what is not there any more, and folders that are empty then."""
    for inside, folders, names in os.walk(tree, topdown=False):
        here = Path(inside)
        place = here.relative_to(tree).as_posix()
        for name in (*names, *folders):
            is_wanted = (name if place == "." else f"{place}/{name}") in wanted
            if os.path.islink(here / name) and not is_wanted:
                (here / name).unlink()
        if place != "." and not os.listdir(here):
            here.rmdir()


def _link(path: Path, file: Path) -> None:
    """Let a path of a mirror lead to the file of an object."""
    target = os.path.relpath(file, path.parent)
    if os.path.islink(path):
        if os.readlink(path) == target:
            return
        path.unlink()
    try:
        os.symlink(target, path)
    except OSError as error:
        raise ObjectStorageError(
            f"{shown(path)}: no link can be made for it ({error.strerror}); name a folder where "
            "links can be made in LABELAUDIT_CACHE"
        ) from None


def _make_folder(folder: Path, one: StoredObject) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise _both(one) from None
    if not folder.is_dir():
        raise _both(one)


def _both(one: StoredObject) -> ObjectStorageError:
    return ObjectStorageError(
        f"{one.url.name}: a part of it is the name of an object, and of a folder, too; rename one"
    )


def output_path(url: StorageUrl) -> Path:
    """Where this process makes what will be uploaded to a URL."""
    folder = storage_root() / OUTPUTS / str(os.getpid()) / INSIDE / url.scheme / url.place
    folder.parent.mkdir(parents=True, exist_ok=True)
    return folder
