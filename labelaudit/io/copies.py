"""What a cleaned copy holds beside its labels: images, and all else that lay in the folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from labelaudit.core.mirror_names import is_mirrored
from labelaudit.core.text import counted
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FixError
from labelaudit.images.files import is_image, listed
from labelaudit.images.links import put_image
from labelaudit.io.archives import is_unpacked
from labelaudit.io.formats.copy_plan import CopyPlan, inner, leads_out
from labelaudit.io.formats.listing import without_copies
from labelaudit.io.patch_names import own_files


@dataclass(frozen=True)
class PutImages:
    """How the images came into a copy."""

    linked: int = 0
    copied: int = 0

    def __add__(self, other: PutImages) -> PutImages:
        return PutImages(self.linked + other.linked, self.copied + other.copied)

    @property
    def notes(self) -> tuple[str, ...]:
        """What to say of them."""
        if self.linked:
            return (
                f"{counted(self.linked, 'image')} linked to where the originals lie; "
                "--copy-images makes a copy that can be moved without them",
            )
        return (f"{counted(self.copied, 'image')} copied",) if self.copied else ()


def put_siblings(dataset: Dataset, plan: CopyPlan, place: Path, *, copied: bool) -> PutImages:
    """Put into a copy what is neither label nor image, and the images that lie there.

    Parameters
    ----------
    dataset:
        of which the copy is.
    plan:
        what goes where.
    place:
        the folder of the copy.
    copied:
        whether images are copied instead of linked to.
    """
    labels = {*dataset.files.path.tolist(), *own_files(dataset.root)}
    done = PutImages()
    for name in without_copies(list(listed(dataset.root)))[0]:
        source = dataset.root / name
        if name in labels or name in plan.written or ".labelaudit-" in name:
            continue
        if is_image(name):
            done += _put(str(source), place / name, copied=copied)
        elif is_mirrored(source):
            put_image(str(source), place / name)
        elif os.path.isfile(source):  # a pipe would never end, and a link may lead nowhere
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, place / name)
    for name, content in plan.written.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(content)
    return done


def put_images(images: Mapping[str, str], place: Path, *, copied: bool) -> PutImages:
    """Put images into a copy that are not there yet.

    Parameters
    ----------
    images:
        the absolute path of each by its path in the copy.
    place:
        the folder of the copy.
    copied:
        whether they are copied instead of linked to.
    """
    done = PutImages()
    for name, path in images.items():
        if not os.path.lexists(place / name):
            done += _put(path, place / name, copied=copied)
    return done


def _put(path: str, place: Path, *, copied: bool) -> PutImages:
    copied = copied or is_unpacked(Path(path))  # which is not there for long
    if not put_image(path, place, copied=copied):
        return PutImages()
    return PutImages(linked=1) if place.is_symlink() else PutImages(copied=1)


def not_found(dataset: Dataset) -> tuple[str, ...]:
    """What to say of a copy that is to stand alone, of images that are not in it."""
    missing = dataset.images.path.tolist().count("")
    return (f"{counted(missing, 'image')} not found, and so not copied",) if missing else ()


def image_folder(target: Path) -> str:
    """The name of the folder of images beside a copy of a single file."""
    return f"{target.stem}_images"


def beside_file(target: Path, dataset: Dataset, plan: CopyPlan, *, copied: bool) -> dict[str, str]:
    """The images that go beside a copy of a single file, by their path from its folder.

    They go into a folder of their own, by their names; none go there if the copy lies where the
    file does, so that they are found anyway, unless they are to be copied.

    Parameters
    ----------
    target:
        the copy.
    dataset:
        of the file.
    plan:
        what goes where.
    copied:
        whether images are copied instead of linked to.

    Raises
    ------
    FixError
        if there is such a folder already.
    """
    here = os.path.realpath(target.parent) == os.path.realpath(dataset.root)
    own = {path: place for place, path in plan.images.items()}
    folder = image_folder(target)
    places = {
        f"{folder}/{own.get(path, inner(name)) if leads_out(name) else inner(name)}": path
        for name, path in zip(
            dataset.images.name.tolist(), dataset.images.path.tolist(), strict=True
        )
        if path and (copied or not here)
    }
    if places and os.path.lexists(target.parent / folder):
        raise FixError(f"{target.parent / folder}: exists, and images would go there")
    return places
