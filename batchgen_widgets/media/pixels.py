"""From what a generator calls a picture to one that can be saved: arrays and tensors to bytes, PIL modes to PNG's."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TypeGuard

from batchgen_widgets.errors import ResultError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

TOLERANCE = 1e-3
"""How far outside its range a float may be before it is an error and not rounding."""

_ALLOWED = "allowed are HxW, HxWx1, HxWx3 and HxWx4, as uint8, bool or floats in 0..1"
_PNG_MODES = {"1", "L", "LA", "P", "RGB", "RGBA", "I;16"}


def is_picture(value: object) -> TypeGuard[Image.Image]:
    """Whether `value` is a PIL image; where nobody imported PIL there is none."""
    kind = getattr(sys.modules.get("PIL.Image"), "Image", None)
    return kind is not None and isinstance(value, kind)


def is_tensor(value: object) -> bool:
    """Whether `value` is a torch tensor, told without importing torch."""
    return hasattr(value, "detach") and any(t.__module__.partition(".")[0] == "torch" for t in type(value).__mro__)


def is_array(value: object) -> bool:
    """Whether `value` is a NumPy array or a torch tensor."""
    # While another thread imports NumPy, its module is there but empty, and so is the set of its arrays.
    kind = getattr(sys.modules.get("numpy"), "ndarray", None)
    return (kind is not None and isinstance(value, kind)) or is_tensor(value)


def as_array(value: Any) -> NDArray[Any]:
    """View a NumPy array, or copy a torch tensor from wherever it lives, as a NumPy array."""
    import numpy as np

    if is_tensor(value):
        value = value.detach().cpu()
        if str(getattr(value, "dtype", "")) == "torch.bfloat16":  # NumPy has no such type
            value = value.float()
        value = value.numpy()
    return np.asarray(value)


def check_range(values: NDArray[Any], where: str, low: float, high: float, hint: Callable[[float, float], str]) -> None:
    """Refuse NaN, infinities and floats outside ``low..high``; `hint` says what to do about the range found."""
    import numpy as np

    found_low, found_high = float(values.min()), float(values.max())
    if not (np.isfinite(found_low) and np.isfinite(found_high)):
        bad = values.size - int(np.count_nonzero(np.isfinite(values)))
        raise ResultError(f"{where} holds {bad} NaN or infinite values of {values.size}; floats must be finite")
    if found_low < low - TOLERANCE or found_high > high + TOLERANCE:
        raise ResultError(
            f"{where} has floats in {found_low:.4g}..{found_high:.4g}; allowed is {low:g}..{high:g}. "
            f"{hint(found_low, found_high)}"
        )


def check_shape(shape: tuple[int, ...], where: str) -> None:
    """Refuse a shape that is no picture, and say what it probably is instead."""
    said = f"{where} is an array of shape {shape}; {_ALLOWED}"
    if len(shape) == 4:
        raise ResultError(f"{said}. For a batch return a list, such as list(array); for a clip bg.Video(array, fps)")
    if len(shape) not in {2, 3}:
        raise ResultError(said)
    if 0 in shape:
        raise ResultError(f"{said}. This one is empty")
    if len(shape) == 3 and shape[2] not in {1, 3, 4}:
        if shape[0] in {1, 3, 4}:
            said += ". It looks like channels first; array.transpose(1, 2, 0) or tensor.permute(1, 2, 0) turns it"
        raise ResultError(said)


def to_pixels(value: object, where: str, *, lenient: bool = False) -> NDArray[np.uint8]:
    """Turn an array or a tensor into uint8 pixels of shape HxW, HxWx3 or HxWx4.

    Parameters
    ----------
    value : ndarray or tensor
        HxW, HxWx1, HxWx3 or HxWx4; uint8, bool or floats in 0..1.
    where : str
        How an error names it.
    lenient : bool, default False
        Clip floats and blacken NaN instead of raising, as live previews want it.

    Raises
    ------
    ResultError
        When the shape, the type or the values are not allowed.
    """
    import numpy as np

    array = as_array(value)
    check_shape(array.shape, where)
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype == np.uint8:
        return array
    if array.dtype.kind != "f":
        raise ResultError(
            f"{where} is an array of {array.dtype}; {_ALLOWED}. Convert it: array.astype(np.uint8) when it holds 0..255"
        )
    if array.dtype == np.float16:
        array = array.astype(np.float32)  # NumPy computes half floats one by one
    if lenient:
        array = np.nan_to_num(array, nan=0.0, posinf=1.0, neginf=0.0)
    else:
        check_range(array, where, 0, 1, _range_hint)
    pixels: NDArray[np.uint8] = np.rint((array * 255).clip(0, 255)).astype(np.uint8)
    return pixels


def _range_hint(low: float, high: float) -> str:
    if low >= -1 - TOLERANCE and high <= 1 + TOLERANCE:
        return "From -1..1 it is array / 2 + 0.5"
    if low >= -TOLERANCE and high <= 255 + TOLERANCE:
        return "From 0..255 it is array / 255"
    return "Clip it with array.clip(0, 1), or scale it"


def to_picture(value: object, where: str, *, lenient: bool = False) -> Image.Image:
    """Turn a PIL image, an array or a tensor into a PIL image that PNG can hold, upright and in memory.

    Parameters
    ----------
    value : PIL.Image.Image, ndarray or tensor
        What the generator returned.
    where, lenient
        See `to_pixels`.

    Raises
    ------
    ResultError
        When it is empty, damaged, or its pixels are not allowed.
    """
    from PIL import Image

    if not is_picture(value):
        return Image.fromarray(to_pixels(value, where, lenient=lenient))
    if 0 in value.size:
        raise ResultError(f"{where} is an image of size {value.width}x{value.height}; both sides must be at least 1")
    try:
        value.load()
    except (OSError, ValueError, SyntaxError) as error:
        raise ResultError(f"{where} is an image that cannot be read: {error}") from error
    return upright(_to_png_mode(value, where, lenient))


def _to_png_mode(image: Image.Image, where: str, lenient: bool) -> Image.Image:
    import numpy as np
    from PIL import Image

    if image.mode in _PNG_MODES:
        return image
    if image.mode == "F":
        return Image.fromarray(to_pixels(np.asarray(image), where, lenient=lenient))
    if image.mode == "I":
        wide = np.asarray(image)
        if not lenient and (wide.min() < 0 or wide.max() > 0xFFFF):
            raise ResultError(f'{where} is an image of mode "I" with {wide.min()}..{wide.max()}; allowed is 0..65535')
        return Image.fromarray(wide.clip(0, 0xFFFF).astype(np.uint16))
    if image.mode.startswith("I;16"):
        return Image.fromarray(np.asarray(image).astype(np.uint16))
    return to_rgb(image)


def to_rgb(image: Image.Image) -> Image.Image:
    """Convert to RGB, or to RGBA where something is transparent."""
    if image.mode in {"RGB", "RGBA"} and (image.mode == "RGBA" or not image.has_transparency_data):
        return image
    if image.mode.startswith("I;16"):
        import numpy as np
        from PIL import Image

        # Pillow clips 16 bits to 8 where it should scale them.
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    see_through = image.has_transparency_data or image.mode in {"RGBa", "La"}
    if image.mode == "La":
        image = image.convert("LA")
    converted = image.convert("RGBA" if see_through else "RGB")
    if image.mode not in {"RGB", "RGBA", "RGBa", "P"}:
        converted.info.pop("icc_profile", None)  # it describes the ink or the greys that were
    return converted


def upright(image: Image.Image) -> Image.Image:
    """Turn an image the way its EXIF orientation says, if it says so."""
    from PIL import ExifTags, ImageOps

    if image.getexif().get(ExifTags.Base.Orientation, 1) == 1:
        return image
    return ImageOps.exif_transpose(image)


def shrink(image: Image.Image, size: int) -> Image.Image:
    """Make an RGB or RGBA copy that fits into ``size`` x ``size``, never larger than the image itself."""
    from PIL import Image

    scale = min(size / image.width, size / image.height, 1.0)
    target = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    if image.format == "JPEG":
        image.draft("RGB", (target[0] * 2, target[1] * 2))  # libjpeg halves while it decodes, nearly for free
    small = to_rgb(image).resize(target, Image.Resampling.BICUBIC, reducing_gap=2.0)
    return upright(small)


def upright_size(image: Image.Image) -> tuple[int, int]:
    """Width and height once `upright`, without turning anything."""
    from PIL import ExifTags

    turned = image.getexif().get(ExifTags.Base.Orientation, 1) in {5, 6, 7, 8}
    return (image.height, image.width) if turned else image.size
