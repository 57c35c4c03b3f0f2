"""Networks of timm as backbones, by name."""

from __future__ import annotations

from functools import partial
from ssl import SSLError
from typing import Any, cast
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import timm
import torch
from huggingface_hub import constants, try_to_load_from_cache
from torch import Tensor, nn

from labelaudit.core.registry import instead
from labelaudit.detector.model.backbones import BackboneSpec, Layers, Scaling, State
from labelaudit.errors import ConfigError, UnknownNameError

EARLY_STRIDE = 4
"""What a partly trained backbone keeps: Fast R-CNN, section 4.5, trains from conv3 on."""

TRIAL = (64, 96)
"""Height and width of the image that shows whether a network can be a backbone."""

WEIGHTS_FILES = ("model.safetensors", "pytorch_model.bin")
"""Where timm looks for weights in a repository of the model hub, in this order."""

ANSWER_S = 5.0
"""How long the model hub may take to answer at all."""


class TimmMaps(nn.Module):
    """Some feature maps of a timm network, by their places among all that it has."""

    def __init__(self, network: Any, places: list[int]) -> None:  # Any: as in timm_layers
        super().__init__()
        self.network = network
        self._places = places

    def forward(self, images: Tensor) -> list[Tensor]:
        """One map (n, c, h, w) for each place."""
        maps = self.network.forward_intermediates(
            images, indices=self._places, intermediates_only=True
        )
        return cast("list[Tensor]", maps)


def timm_layers(name: str, strides: tuple[int, ...]) -> Layers:
    """A network of timm, cut off after the last map that is asked for."""
    # Any: timm's networks share these methods, but no type that declares them.
    network: Any = timm.create_model(name)
    place = _places(network)
    wanted = [place[stride] for stride in strides]
    early = network.feature_info[place.get(EARLY_STRIDE, 0)]["module"]
    # No map goes through the last norm. Before timm 1.0.31, EfficientNet's last convolution stays
    # unless that goes, too.
    network.prune_intermediate_layers(wanted, prune_norm=True, prune_head=True)
    return Layers(TimmMaps(network, wanted), network, _until(network, early))


def timm_spec_of(
    name: str,
    timm_name: str,
    source: str,
    channels: tuple[int, ...],
    scaling: Scaling,
) -> BackboneSpec:
    """The backbone that a convolutional network of timm makes, with strides 4 to 32.

    Parameters
    ----------
    name: in BACKBONES.
    timm_name: in timm.
    source: the paper, and where the weights come from.
    channels: of the maps of strides 4, 8, 16 and 32.
    scaling: of colours, as the weights were trained.
    """
    return BackboneSpec(
        name,
        source,
        build=partial(timm_layers, timm_name),
        published=partial(downloaded, timm_name),
        channels=channels,
        strides=(4, 8, 16, 32),
        scaling=scaling,
    )


def timm_spec(name: str, known: list[str]) -> BackboneSpec:
    """The backbone that any network of timm makes, what it offers found by trying it.

    Raises `UnknownNameError` if timm has no network of that name, and `ConfigError` if it has no
    feature maps that fit images of all sizes.
    """
    if not timm.is_model(name):
        told = f"{', '.join(known)}, and all networks of timm"
        other = instead(name, [*known, *timm.list_models()], told)
        raise UnknownNameError(f"no backbone and no network of timm is called {name!r}{other}")
    network: Any = timm.create_model(name)  # Any: as in timm_layers
    if not hasattr(network, "prune_intermediate_layers") or not hasattr(network, "feature_info"):
        raise ConfigError(f"{name}: timm reads no feature maps from it; choose another backbone")
    place = {stride: at for stride, at in sorted(_places(network).items()) if 4 <= stride <= 32}
    if not place:
        raise ConfigError(f"{name} has no feature maps of stride 4 to 32; choose another backbone")
    found = BackboneSpec(
        name,
        "timm",
        build=partial(timm_layers, name),
        published=partial(downloaded, name),
        channels=tuple(int(network.feature_info[at]["num_chs"]) for at in place.values()),
        strides=tuple(place),
        scaling=Scaling.of_units(network.pretrained_cfg["mean"], network.pretrained_cfg["std"]),
    )
    _check_maps(found)
    return found


def downloaded(timm_name: str) -> State:
    """The weights that timm downloads, or has downloaded before.

    Raises `OSError` at once where the model hub cannot be reached: its own client tries again for
    half a minute.
    """
    repository = timm.get_pretrained_cfg_value(timm_name, "hf_hub_id")
    source = {}
    if repository:
        kept = _kept(repository)
        source = {"file": kept} if kept else {}
        if not kept:
            _check_reached(constants.ENDPOINT)
    network = timm.create_model(timm_name, pretrained=True, pretrained_cfg_overlay=source)
    return cast("State", network.state_dict())


def _kept(repository: str) -> str | None:
    """The file with the weights of a repository that was downloaded before; None without."""
    for name in WEIGHTS_FILES:
        path = try_to_load_from_cache(repository, name)
        if isinstance(path, str):
            return path
    return None


def _check_reached(address: str) -> None:
    """Raises `OSError` unless something answers there, whatever it says, at the first request."""
    request = Request(address, method="HEAD")  # noqa: S310  # the hub's own, https but for mirrors
    try:
        with urlopen(request, timeout=ANSWER_S):  # noqa: S310  # as above
            pass
    except HTTPError:
        return
    except URLError as error:
        # The hub's client may know certificates that Python does not.
        if not isinstance(error.reason, SSLError):
            raise OSError(f"{address} cannot be reached: {error.reason}") from error


def _places(network: Any) -> dict[int, int]:  # Any: as in timm_layers
    """Where among the maps of a network the last of each stride is."""
    return {int(info["reduction"]): at for at, info in enumerate(network.feature_info)}


def _until(network: nn.Module, stage: str) -> list[nn.Parameter]:
    """The parameters of the layers of a network, in its order, until a stage ends."""
    layers = [name for name, _ in network.named_modules()]
    inside = [row for row, name in enumerate(layers) if f"{name}.".startswith(f"{stage}.")]
    early = set(layers[: max(inside) + 1])
    return [value for name, value in network.named_parameters() if name.rpartition(".")[0] in early]


def _check_maps(spec: BackboneSpec) -> None:
    """Raises `ConfigError` unless the maps of a small image are as declared."""
    height, width = TRIAL
    wanted = [
        (1, channels, height // stride, width // stride)
        for channels, stride in zip(spec.channels, spec.strides, strict=True)
    ]
    try:
        with torch.no_grad():
            maps = spec.build(spec.strides).maps.eval()(torch.zeros(1, 3, height, width))
    except (AssertionError, RuntimeError) as error:  # how networks of one size refuse another
        raise ConfigError(
            f"{spec.name} cannot read a picture of {height} x {width}: {error}; "
            "choose another backbone"
        ) from error
    if [tuple(x.shape) for x in maps] != wanted:
        raise ConfigError(
            f"{spec.name} gives maps of {[tuple(x.shape) for x in maps]} where {wanted} are "
            "needed; choose another backbone"
        )
