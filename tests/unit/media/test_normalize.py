from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from batchgen_widgets.errors import ResultError
from batchgen_widgets.media import Audio, MediaItem, Video, normalize
from tests.unit.media.samples import SUFFIXES, Tensor, encoded, noise, save, tone

KINDS = {name: "audio" if name in {"wav", "flac", "ogg", "mp3", "m4a", "webm sound"} else "image" for name in SUFFIXES}
KINDS |= {"mp4": "video", "webm": "video"}


def only(result: object) -> MediaItem:
    outputs = normalize(result)
    assert outputs.metrics == {}
    assert len(outputs.items) == 1
    return outputs.items[0]


def pixels(result: object) -> np.ndarray[Any, Any]:
    item = only(result)
    assert (item.kind, item.suffix) == ("image", ".png")
    return np.asarray(item.source)


def refused(result: object, *said: str) -> None:
    with pytest.raises(ResultError) as caught:
        normalize(result)
    for part in said:
        assert part in str(caught.value)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("dtype", ["uint8", "float16", "float32", "float64"])
@pytest.mark.parametrize("wrap", [np.asarray, Tensor])
def test_arrays_and_tensors_become_the_same_pixels(channels: int, dtype: str, wrap: Any) -> None:
    values = noise(channels=channels)
    given = values if dtype == "uint8" else (values / 255).astype(dtype)
    assert np.array_equal(pixels(wrap(given)), values[:, :, 0] if channels == 1 else values)


def test_grey_bool_bfloat16_and_strided_arrays() -> None:
    grey = noise()[:, :, 0]
    assert np.array_equal(pixels(grey), grey)
    assert np.array_equal(pixels(grey > 99), (grey > 99) * 255)
    assert np.array_equal(pixels(Tensor((noise() / 255).astype("f4"), "torch.bfloat16")), noise())
    chw = np.ascontiguousarray(noise().transpose(2, 0, 1))
    assert np.array_equal(pixels(chw.transpose(1, 2, 0)[::-1]), noise()[::-1])


def test_rounding_errors_around_0_and_1_are_clipped() -> None:
    assert pixels(np.array([[-0.0009, 1.0009]])).tolist() == [[0, 255]]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_nan_and_infinities_are_refused_with_their_number(bad: float) -> None:
    values = noise() / 255
    values[0, 0] = bad
    refused(values, "the result holds 3 NaN or infinite values of 2880")


@pytest.mark.parametrize(
    ("low", "high", "hint"),
    [(-1, 1, "array / 2 + 0.5"), (0, 255, "array / 255"), (-3, 2, "array.clip(0, 1)")],
)
def test_floats_out_of_range_name_the_range_and_the_cure(low: float, high: float, hint: str) -> None:
    refused(np.array([[low, high]], "f4"), f"{low}..{high}; allowed is 0..1", hint)


@pytest.mark.parametrize(
    ("shape", "hint"),
    [
        ((3, 24, 40), "array.transpose(1, 2, 0) or tensor.permute(1, 2, 0)"),
        ((1, 24, 40), "tensor.permute(1, 2, 0)"),
        ((2, 24, 40, 3), "return a list, such as list(array)"),
        ((24, 40, 2), "allowed are HxW, HxWx1, HxWx3 and HxWx4"),
        ((24,), "allowed are HxW"),
        ((0, 40, 3), "empty"),
    ],
)
@pytest.mark.parametrize("wrap", [np.asarray, Tensor])
def test_wrong_shapes_name_the_shape_and_the_cure(shape: tuple[int, ...], hint: str, wrap: Any) -> None:
    refused(wrap(np.zeros(shape, "f4")), f"shape {shape}", hint)


@pytest.mark.parametrize("dtype", ["int64", "uint16", "complex64", "U1"])
def test_other_types_of_array_are_refused(dtype: str) -> None:
    refused(np.zeros((4, 4), dtype), str(np.dtype(dtype)), "array.astype(np.uint8)")


@pytest.mark.parametrize(
    ("mode", "saved"),
    [
        *((mode, mode) for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")),
        *((mode, "RGB") for mode in ("CMYK", "YCbCr", "HSV", "LAB", "RGBX")),
        *((mode, "RGBA") for mode in ("RGBa", "La")),
        ("I", "I;16"),
    ],
)
def test_every_pil_mode_becomes_one_that_png_holds(mode: str, saved: str) -> None:
    item = only(Image.new(mode, (5, 4)))
    assert isinstance(item.source, Image.Image)
    assert (item.source.mode, item.source.size) == (saved, (5, 4))
    save(item.source, "PNG")


def test_float_and_wide_images_follow_the_rules_of_arrays() -> None:
    assert pixels(Image.fromarray(np.array([[0, 0.5, 1]], "f4"))).tolist() == [[0, 128, 255]]
    refused(Image.fromarray(np.array([[7.0]], "f4")), "7..7; allowed is 0..1")
    assert pixels(Image.fromarray(np.array([[0, 65535]], "i4"))).tolist() == [[0, 65535]]
    refused(Image.fromarray(np.array([[-1, 70000]], "i4")), "-1..70000", "0..65535")


def test_a_cmyk_profile_does_not_describe_the_rgb_image() -> None:
    image = Image.new("CMYK", (4, 4))
    image.info["icc_profile"] = b"ink"
    assert "icc_profile" not in only(image).source.info  # type: ignore[union-attr]


def test_an_image_is_turned_as_its_exif_says() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    image = Image.fromarray(np.repeat([[10], [240]], 8, axis=0).repeat(8, axis=1).astype(np.uint8))
    image.info["exif"] = exif.tobytes()
    assert pixels(image).shape == (8, 16)
    assert pixels(image)[0].tolist() == [240] * 8 + [10] * 8


def test_empty_and_damaged_images_are_refused(tmp_path: Path) -> None:
    refused(Image.new("RGB", (0, 5)), "size 0x5")
    path = tmp_path / "torn.png"
    path.write_bytes(encoded()["png"][:1000])
    with Image.open(path) as image:
        refused(image, "the result is an image that cannot be read")


@pytest.mark.parametrize("name", SUFFIXES)
@pytest.mark.parametrize("wrap", [bytes, bytearray, memoryview])
def test_encoded_bytes_of_every_format(name: str, wrap: Any) -> None:
    assert only(wrap(encoded()[name])) == MediaItem(KINDS[name], encoded()[name], SUFFIXES[name])  # type: ignore[arg-type]


@pytest.mark.parametrize("name", SUFFIXES)
@pytest.mark.parametrize("wrap", [Path, str])
def test_paths_are_told_by_content(name: str, wrap: Any, tmp_path: Path) -> None:
    path = tmp_path / "made.bin"
    path.write_bytes(encoded()[name])
    assert only(wrap(path)) == MediaItem(KINDS[name], path, SUFFIXES[name])  # type: ignore[arg-type]


def test_bytes_and_files_that_are_no_media(tmp_path: Path) -> None:
    refused(b"hello", "the result is no media file", "starts with b'hello'", "PNG, JPEG, WebP")
    refused(b"", "it is empty")
    refused([b"\x1aE\xdf\xa3 matroska"], "result[0] is no media file")
    refused(encoded()["png"][:20], "damaged image")
    refused(encoded()["mp4"][:60], "damaged video or audio")
    refused("no/such.png", "'no/such.png'", "there is no such file")
    refused(tmp_path, "there is no such file")
    (tmp_path / "notes.png").write_text("not a picture")
    refused(tmp_path / "notes.png", "notes.png", "no media file")


def test_audio_and_video_are_kept() -> None:
    sound, clip = tone(), Video([noise()], 4)
    assert only(sound) == MediaItem("audio", sound, ".wav")
    assert only(clip) == MediaItem("video", clip, ".mp4")


def test_lists_and_tuples_keep_their_order() -> None:
    for wrap in (list, tuple):
        items = normalize(wrap([noise(), tone(), Video([noise()], 4), encoded()["png"]])).items
        assert [item.kind for item in items] == ["image", "audio", "video", "image"]
        assert {item.name for item in items} == {None}


def test_a_dict_holds_media_and_metrics() -> None:
    outputs = normalize(
        {
            "image": noise(),
            "clip_score": 0.31,
            "steps": np.int64(20),
            "loss": np.float32(0.5),
            "safe": True,
            "flag": np.bool_(False),
            "mean": np.array(0.25),
            "tensor": Tensor(np.array(3.0)),
            "sampler": "euler",
            "masks": [noise() > 5, noise()[:, :, 0]],
            7: tone(),
        }
    )
    assert [(item.name, item.kind) for item in outputs.items] == [
        ("image", "image"),
        ("masks", "image"),
        ("masks", "image"),
        ("7", "audio"),
    ]
    assert outputs.metrics == {
        "clip_score": 0.31,
        "steps": 20,
        "loss": 0.5,
        "safe": True,
        "flag": False,
        "mean": 0.25,
        "tensor": 3.0,
        "sampler": "euler",
    }
    assert {type(metric) for metric in outputs.metrics.values()} == {float, int, bool, str}


def test_a_dict_of_metrics_alone_has_no_media() -> None:
    outputs = normalize({"score": 1, "label": "a cat.png"})
    assert (outputs.items, outputs.metrics) == ([], {"score": 1, "label": "a cat.png"})


def test_a_path_that_would_be_lost_as_a_metric_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "out.png"
    path.write_bytes(encoded()["png"])
    refused({"image": str(path)}, "result['image']", "pathlib.Path(")
    assert normalize({"image": path}).items[0].source == path
    assert normalize({"image": noise(), "input": str(path)}).metrics == {"input": str(path)}


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (None, "the result is None: did the function forget its return?"),
        ([], "the result is an empty list"),
        ((), "the result is an empty tuple"),
        ({}, "the result is an empty dict"),
        ({"images": []}, "result['images'] is an empty list"),
        (3.5, "the result is a float"),
        (True, "the result is a bool"),
        ([1], "result[0] is a int"),
        ({"image": None}, "result['image'] is None"),
        ({"meta": {"a": 1}}, "result['meta'] is a dict inside a list or dict"),
        ([[noise()]], "result[0] is a list inside a list or dict"),
        (object(), "the result is a object"),
        (Path, "the result is a type"),
    ],
)
def test_what_is_no_media_is_named_with_what_is_allowed(result: object, said: str) -> None:
    refused(result, said, "may return a PIL image")


def test_a_list_names_the_place_of_what_is_wrong() -> None:
    refused([noise(), np.zeros((3, 8, 8))], "result[1] is an array of shape (3, 8, 8)")
    refused({"masks": [np.full((2, 2), 9.0)]}, "result['masks'][0] has floats in 9..9")


def test_class_names_of_others_are_told_in_full() -> None:
    refused(Fake(), "Fake")
    assert isinstance(only(Audio([0.0, 0.5], 8000)).source, Audio)


class Fake:
    """Looks like nothing we know."""
