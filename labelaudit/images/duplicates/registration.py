"""Where one picture lies in another: both sides scaled and moved, brightness and contrast changed.

Pictures are squares of grey values, whatever their shape was; places in them are fractions.

Source: Lucas and Kanade, "An iterative image registration technique with an application to stereo
vision" (1981); with gain and offset as in Baker and Matthews, "Lucas-Kanade 20 years on" (2004).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Grey: TypeAlias = NDArray[np.float32]

WHOLE = np.array([0, 0, 1, 1], np.float32)
"""The window of a picture in itself."""

LEAST_SHARED = 0.5
"""Share of the points that have to lie in both pictures; a choice."""

LARGEST_STEP = 0.05
"""How far an edge moves in one step at most, in fractions of a side; a choice."""


@dataclass(frozen=True, eq=False)
class Registered:
    """How each second picture lies in its first."""

    window: Grey  # (n, 4) left, top, right, bottom of the second in the first, in fractions
    correlation: Grey  # (n,) of the grey values that both have, in -1..1
    gain: Grey  # (n,) factor from the first to the second
    offset: Grey  # (n,) in grey values, added after the gain


def registered(first: Grey, second: Grey, window: Grey, *, points: int, steps: int) -> Registered:
    """How each second picture lies in its first, from about where it does.

    Parameters
    ----------
    first, second:
        (n, side, side) grey values; sides of the two may differ.
    window:
        (n, 4) about where the second lies in the first, in fractions.
    points:
        of the second, across and down, that are compared.
    steps:
        how often the window is improved.
    """
    if not len(window):
        return Registered(np.zeros((0, 4), np.float32), *np.zeros((3, 0), np.float32))
    places = (np.arange(points, dtype=np.float32) + np.float32(0.5)) / np.float32(points)
    wanted = sampled(second, np.broadcast_to(WHOLE, window.shape), places).value
    window = window.astype(np.float32)
    for _ in range(steps):
        window = window + _step(sampled(first, window, places), wanted, window, places)
    seen = sampled(first, window, places)
    gain, offset, correlation = _fitted(seen.value, wanted, seen.inside)
    return Registered(window, correlation, gain, offset)


@dataclass(frozen=True, eq=False)
class Sampled:
    """Grey values of pictures at some places, (n, points, points), and how they change there."""

    value: Grey
    across: Grey  # change of the value over the whole width
    down: Grey  # over the whole height
    inside: NDArray[np.bool_]  # which places lie in the picture


def sampled(pictures: Grey, window: Grey, places: Grey) -> Sampled:
    """Pictures at places of a window, between pixels by their distances.

    Parameters
    ----------
    pictures:
        (n, side, side) grey values.
    window:
        (n, 4) in fractions of the pictures.
    places:
        (points,) in fractions of the window, for rows and columns alike.
    """
    count, side = len(pictures), pictures.shape[1]
    x = (window[:, :1] + (window[:, 2:3] - window[:, :1]) * places) * side - np.float32(0.5)
    y = (window[:, 1:2] + (window[:, 3:4] - window[:, 1:2]) * places) * side - np.float32(0.5)
    left, right_share = _cell(x, side)
    top, lower_share = _cell(y, side)
    flat = pictures.reshape(-1)
    start = (np.arange(count)[:, None] * side + top)[:, :, None] * side + left[:, None, :]
    one, two = flat[start], flat[start + 1]
    three, four = flat[start + side], flat[start + side + 1]
    along, below = right_share[:, None, :], lower_share[:, :, None]
    upper, lower = one + (two - one) * along, three + (four - three) * along
    margin = np.float32(0.5)
    within_x = (x >= -margin) & (x <= side - margin)
    within_y = (y >= -margin) & (y <= side - margin)
    return Sampled(
        upper + (lower - upper) * below,
        ((two - one) * (1 - below) + (four - three) * below) * side,
        (lower - upper) * side,
        within_y[:, :, None] & within_x[:, None, :],
    )


def _cell(place: Grey, side: int) -> tuple[NDArray[np.intp], Grey]:
    """The pixel before each place that has one after it, and how far the place is beyond it."""
    pixel = np.clip(np.floor(place), 0, side - 2)
    return pixel.astype(np.intp), np.clip(place - pixel, 0, 1).astype(np.float32)


def _step(seen: Sampled, wanted: Grey, window: Grey, places: Grey) -> Grey:
    """By how much each window is to be moved, (n, 4)."""
    count = len(window)
    gain, offset, _ = _fitted(seen.value, wanted, seen.inside)
    gain = np.maximum(gain, np.float32(0.05))[:, None, None]
    inside = seen.inside.astype(np.float32)
    left = (1 - places)[None, None, :]
    top = (1 - places)[None, :, None]
    across, down = seen.across * gain, seen.down * gain
    columns = [across * left, down * top, across * (1 - left), down * (1 - top)]
    columns += [seen.value - seen.value.mean(axis=(1, 2), keepdims=True), np.ones_like(seen.value)]
    jacobian = np.stack([(column * inside).reshape(count, -1) for column in columns], axis=1)
    wrong = ((wanted - gain * seen.value - offset[:, None, None]) * inside).reshape(count, -1, 1)
    normal = jacobian @ jacobian.transpose(0, 2, 1)
    # What the pictures do not tell, because nothing changes in one direction, stays as it is.
    size = np.trace(normal[:, :4, :4], axis1=1, axis2=2) / 4
    for row in range(4):
        normal[:, row, row] += np.float32(1e-3) * size + np.float32(1e-3)
    for row in (4, 5):
        normal[:, row, row] += np.float32(1e-3)
    moved = np.linalg.solve(normal.astype(np.float64), (jacobian @ wrong).astype(np.float64))
    found: Grey = np.clip(moved[:, :4, 0], -LARGEST_STEP, LARGEST_STEP).astype(np.float32)
    return found


def _fitted(value: Grey, wanted: Grey, inside: NDArray[np.bool_]) -> tuple[Grey, Grey, Grey]:
    """Gain, offset and correlation of grey values inside, (n,) each; 0 where too few are."""
    weight = inside.astype(np.float32)
    count = weight.sum(axis=(1, 2))
    some = np.maximum(count, 1)
    mean = (value * weight).sum(axis=(1, 2)) / some
    wanted_mean = (wanted * weight).sum(axis=(1, 2)) / some
    apart = (value - mean[:, None, None]) * weight
    wanted_apart = (wanted - wanted_mean[:, None, None]) * weight
    spread = (apart * apart).sum(axis=(1, 2))
    wanted_spread = (wanted_apart * wanted_apart).sum(axis=(1, 2))
    both = (apart * wanted_apart).sum(axis=(1, 2))
    gain = both / np.maximum(spread, np.float32(1e-3))
    correlation = both / np.sqrt(np.maximum(spread * wanted_spread, np.float32(1e-6)))
    correlation[count < LEAST_SHARED * value.shape[1] * value.shape[2]] = 0
    return gain, wanted_mean - gain * mean, correlation
