"""With what something was made: versions of libraries, and the device. Nothing is imported to find that out."""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

__all__ = ["device", "versions"]

# Our own dependencies, whether they are loaded by now or not.
_ALWAYS: Final = ("numpy", "pillow")
_IF_LOADED: Final = (
    *("torch", "torchvision", "torchaudio", "diffusers", "transformers", "accelerate", "safetensors", "tokenizers"),
    *("peft", "xformers", "bitsandbytes", "sentencepiece", "open_clip", "timm", "huggingface_hub"),
    *("jax", "jaxlib", "flax", "tensorflow", "keras", "mlx", "onnxruntime", "tensorrt", "openvino"),
    *("scipy", "cv2", "skimage", "av", "librosa", "soundfile", "audiocraft"),
)


def versions() -> Mapping[str, str]:
    """Give the versions of this package, Python, and the libraries that shape media as far as they are loaded."""
    return _read_versions(tuple([name for name in _IF_LOADED if name in sys.modules]))


@lru_cache(maxsize=8)
def _read_versions(loaded: tuple[str, ...]) -> Mapping[str, str]:
    from importlib.metadata import PackageNotFoundError, version

    from .. import __version__

    found = {"batchgen_widgets": __version__, "python": platform.python_version()}
    for name in _ALWAYS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    for name in loaded:
        # What is being imported right now may not have one yet; others have one that is no text.
        known = getattr(sys.modules.get(name), "__version__", None)
        if known is not None:
            found[name] = str(known)
    return MappingProxyType(found)


def device() -> str:
    """Say what computes here: the GPU that torch uses in this process, or else the CPU and the system."""
    torch: Any = sys.modules.get("torch")
    try:
        # Where CUDA is not in use yet, asking for its name would start it, and take its memory.
        if torch.cuda.is_initialized():
            return _cuda_name(torch.cuda.current_device())
        if torch.backends.mps.is_available():
            return f"mps: {_machine()}"
    except Exception:  # no torch, one that is still being imported, or one of another kind
        pass
    return f"cpu: {_machine()}"


@lru_cache(maxsize=64)
def _cuda_name(index: int) -> str:
    return f"cuda: {sys.modules['torch'].cuda.get_device_name(index)}"


@lru_cache(maxsize=1)
def _machine() -> str:
    return " ".join(part for part in (platform.machine(), platform.system()) if part)
