"""Networks that do what the framework of a device does: the same weights, other arithmetic.

Training uses them, so that a network learns with what it will meet; and whoever compares an
exported network with its original, to say which of these differences explains what is seen.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import TypeVar

import torch
from timm.layers.conv2d_same import Conv2dSame
from torch import Tensor, nn
from torch.nn.functional import interpolate, max_pool2d, pad
from torch.nn.modules.batchnorm import _BatchNorm

from labelaudit.detector.device_settings import DeviceSettings, Enlargement, Padding
from labelaudit.detector.model.backbone import Backbone
from labelaudit.detector.model.fpn import FeaturePyramidNetwork, NearestEnlargement
from labelaudit.errors import ConfigError

Network = TypeVar("Network", bound=nn.Module)
Edit = Callable[[nn.Module], nn.Module]
"""From a layer to what stands in its place; the layer itself if it stays."""


def like_device(network: Network, settings: DeviceSettings) -> Network:
    """A copy of a network, or of a backbone alone, that does what the settings say.

    Names and shapes of parameters stay, so that a state dict of one fits the other.

    Parameters
    ----------
    network: stays as it is.
    settings: what the device does.

    Raises
    ------
    ConfigError
        for groups that no GroupNorm of the network can have.
    """
    made = copy.deepcopy(network)
    if settings.padding is not None:
        edit_layers(made, padded(settings.padding))
    if settings.activation is not None:
        edit_layers(made, activated(nn.ReLU if settings.activation == "relu" else nn.ReLU6))
    for module in made.modules():
        _set_norm(module, settings)
        if isinstance(module, FeaturePyramidNetwork) and settings.enlargement is not None:
            module.enlarge = enlargement(settings.enlargement)
        if isinstance(module, Backbone) and settings.mean_and_divisor is not None:
            _rescale(module, *settings.mean_and_divisor)
    return made


def with_reversed_colours(network: Network) -> Network:
    """A copy of a network that takes red for blue: what it sees where a device gives BGR for RGB.

    The weights of its first convolution are turned round instead of the image, and so are mean and
    deviation: the same numbers, wherever the image is scaled.

    Raises `ConfigError` if no convolution of three colours comes first.
    """
    made = copy.deepcopy(network)
    first = next((one for one in made.modules() if isinstance(one, nn.Conv2d)), None)
    if first is None or first.in_channels != 3 or first.groups != 1:
        raise ConfigError("the network has no convolution of three colours that comes first")
    with torch.no_grad():
        first.weight.copy_(first.weight.flip(1))
        for module in made.modules():
            if isinstance(module, Backbone):
                for name in ("_mean", "_std"):
                    module.get_buffer(name).copy_(module.get_buffer(name).flip(1))
    return made


def edit_layers(network: nn.Module, edit: Edit) -> None:
    """Put what `edit` makes of each layer in its place, wherever in a network."""
    for parent in list(network.modules()):
        for name, child in list(parent.named_children()):
            made = edit(child)
            if made is not child:
                setattr(parent, name, made)


def padded(padding: Padding, *, convolutions: bool = True, pools: bool = True) -> Edit:
    """The edit that pads strided layers in one of two ways.

    Parameters
    ----------
    padding: "same" for as much as the output needs, the odd one at the bottom and the right;
        "symmetric" for half a kernel on all sides.
    convolutions, pools: which layers.
    """

    def edit(layer: nn.Module) -> nn.Module:
        if convolutions and isinstance(layer, nn.Conv2d):
            return _padded_convolution(layer, padding)
        if pools and isinstance(layer, nn.MaxPool2d):
            return _padded_pool(layer, padding)
        return layer

    return edit


def activated(kind: type[nn.Module]) -> Edit:
    """The edit that puts one activation in place of each ReLU and ReLU6."""

    def edit(layer: nn.Module) -> nn.Module:
        return kind() if isinstance(layer, (nn.ReLU, nn.ReLU6)) else layer

    return edit


class SameMaxPool2d(nn.MaxPool2d):
    """Max pooling of as many places as strides fit, the odd padding at the bottom and the right."""

    def forward(self, x: Tensor) -> Tensor:
        """As torch's, of another padding."""
        kernel, stride = _pair(self.kernel_size), _pair(self.stride)
        more = [
            max((-(-size // s) - 1) * s + k - size, 0)
            for size, k, s in zip(x.shape[2:], kernel, stride, strict=True)
        ]
        sides = [more[1] // 2, more[1] - more[1] // 2, more[0] // 2, more[0] - more[0] // 2]
        return max_pool2d(pad(x, sides, value=float("-inf")), kernel, stride)


class RoundedUpEnlargement(nn.Module):
    """A map enlarged by its nearest place, halves rounded up: shifted by half a coarse place."""

    def forward(self, x: Tensor, like: Tensor) -> Tensor:
        """`x` (n, c, h, w) in the height and width of `like`."""
        for axis in (2, 3):
            old, new = x.shape[axis], like.shape[axis]
            place = (torch.arange(new, device=x.device) * old + new - 1) // new
            x = x.index_select(axis, place.clamp(max=old - 1))
        return x


class CornerEnlargement(nn.Module):
    """A map enlarged where the centres of both corners coincide, rounded down.

    Rounded to the nearest place, twice the size would be as torch makes it.
    """

    def forward(self, x: Tensor, like: Tensor) -> Tensor:
        """`x` (n, c, h, w) in the height and width of `like`."""
        for axis in (2, 3):
            old, new = x.shape[axis], like.shape[axis]
            steps = torch.arange(new, device=x.device)
            x = x.index_select(axis, steps * (old - 1) // max(new - 1, 1))
        return x


class LinearEnlargement(nn.Module):
    """A map enlarged by interpolation between places."""

    def __init__(self, *, corners: bool) -> None:
        super().__init__()
        self.corners = corners

    def forward(self, x: Tensor, like: Tensor) -> Tensor:
        """`x` (n, c, h, w) in the height and width of `like`."""
        size = like.shape[2:]
        return interpolate(x, size=size, mode="bilinear", align_corners=self.corners)


def enlargement(kind: Enlargement) -> nn.Module:
    """The layer that enlarges maps in one of the ways of frameworks."""
    kinds: dict[Enlargement, Callable[[], nn.Module]] = {
        "floor": NearestEnlargement,
        "ceil": RoundedUpEnlargement,
        "align-corners": CornerEnlargement,
        "linear": lambda: LinearEnlargement(corners=False),
        "linear-corners": lambda: LinearEnlargement(corners=True),
    }
    return kinds[kind]()


def _set_norm(module: nn.Module, settings: DeviceSettings) -> None:
    """Epsilon and groups of a norm, as the settings say."""
    if isinstance(module, _BatchNorm) and settings.batch_norm_epsilon is not None:
        module.eps = float(settings.batch_norm_epsilon)
    if not isinstance(module, nn.GroupNorm):
        return
    if settings.group_norm_epsilon is not None:
        module.eps = float(settings.group_norm_epsilon)
    if settings.group_norm_groups is not None:
        if module.num_channels % settings.group_norm_groups:
            raise ConfigError(
                f"group_norm_groups of the device is {settings.group_norm_groups}, which "
                f"{module.num_channels} channels cannot be divided into"
            )
        module.num_groups = settings.group_norm_groups


def _rescale(backbone: Backbone, mean: Sequence[float], divisor: Sequence[float]) -> None:
    """Let a backbone take away `mean` and divide by `divisor`, one for each colour."""
    for name, values in (("_mean", mean), ("_std", divisor)):
        buffer = backbone.get_buffer(name)
        buffer.copy_(torch.tensor(values, dtype=buffer.dtype).reshape(buffer.shape))


def _padded_convolution(layer: nn.Conv2d, padding: Padding) -> nn.Module:
    """A strided convolution with the same weights, padded in another way."""
    kernel, dilation = _pair(layer.kernel_size), _pair(layer.dilation)
    if max(layer.stride) == 1 or max(kernel) == 1 or type(layer) not in (nn.Conv2d, Conv2dSame):
        return layer
    if isinstance(layer, Conv2dSame) == (padding == "same"):
        return layer
    kind = Conv2dSame if padding == "same" else nn.Conv2d
    with torch.device("meta"):  # the weights are those of the layer
        made = kind(
            layer.in_channels,
            layer.out_channels,
            kernel,
            stride=_pair(layer.stride),
            padding=(dilation[0] * (kernel[0] - 1) // 2, dilation[1] * (kernel[1] - 1) // 2),
            dilation=dilation,
            groups=layer.groups,
            bias=layer.bias is not None,
        )
    made.weight, made.bias = layer.weight, layer.bias
    made.training = layer.training
    return made


def _padded_pool(layer: nn.MaxPool2d, padding: Padding) -> nn.Module:
    """A strided max pooling, padded in another way."""
    kernel, stride = _pair(layer.kernel_size), _pair(layer.stride)
    if (
        max(stride) == 1
        or max(kernel) == 1
        or isinstance(layer, SameMaxPool2d) == (padding == "same")
    ):
        return layer
    if padding == "same":
        return SameMaxPool2d(kernel, stride)
    return nn.MaxPool2d(kernel, stride, padding=(kernel[0] // 2, kernel[1] // 2))


def _pair(value: int | tuple[int, ...]) -> tuple[int, int]:
    """Height and width of what may be one number for both."""
    return (value, value) if isinstance(value, int) else (value[0], value[1])
