"""Parameters that take pictures, clips and sounds."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import batchgen_widgets as bg
from batchgen_widgets.errors import GeneratorError, ParameterError
from batchgen_widgets.generators import Parameter, TaskContext, as_generator, read_parameters
from batchgen_widgets.generators.inputs import LostMedia, MediaInput, media_label, read_reference

if TYPE_CHECKING:
    from PIL import Image as Pictures


def take_all(
    picture: Image.Image,
    clip: bg.Video,
    sound: bg.Audio,
    asset: bg.Asset,
    mask: Image.Image | None = None,
    described: Annotated[Image.Image, "What to enlarge"] | None = None,
) -> Image.Image: ...


def take_named(image: Pictures.Image, mask: Pictures.Image | None = None) -> Any: ...  # a name for type checkers only


class TestSignatures:
    def test_types(self):
        found = read_parameters(take_all)
        assert {name: parameter.type for name, parameter in found.items()} == {
            "picture": "image",
            "clip": "video",
            "sound": "audio",
            "asset": "asset",
            "mask": "image",
            "described": "image",
        }
        assert [name for name, parameter in found.items() if parameter.required] == [
            "picture",
            "clip",
            "sound",
            "asset",
        ]
        assert [name for name, parameter in found.items() if parameter.optional] == ["mask", "described"]
        assert found["described"].description == "What to enlarge"
        assert all(parameter.is_media and not parameter.is_plain for parameter in found.values())

    @pytest.mark.parametrize(
        ("annotation", "kind"),
        [
            ("Image.Image", "image"),
            ("PIL.Image.Image", "image"),
            ("Image.Image | None", "image"),
            ("bg.Video", "video"),
            ("Audio", "audio"),
            ("batchgen_widgets.Asset", "asset"),
        ],
    )
    def test_names_that_nobody_imported(self, annotation: str, kind: str):
        namespace: dict[str, Any] = {}
        exec(f"def generate(source: {annotation!r} = None): ...", namespace)
        assert read_parameters(namespace["generate"])["source"].type == kind

    def test_names_for_type_checkers_only(self):
        with pytest.raises(GeneratorError, match=r"'Pictures\.Image' cannot be read"):
            read_parameters(take_named)

    def test_no_default_but_none(self):
        picture = Image.new("RGB", (2, 2))

        def generate(image: Image.Image = picture) -> Any: ...

        with pytest.raises(GeneratorError, match=r"generate\(image\).* no default for media; give None"):
            read_parameters(generate)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    from batchgen_widgets.media import normalize, write_media

    values = {
        "image": Image.new("RGB", (6, 4), "red"),
        "video": bg.Video([np.zeros((4, 6, 3), np.uint8)] * 2, 5),
        "audio": bg.Audio(np.zeros(800, np.float32), 8000),
    }
    return {kind: write_media(normalize(value).items[0], tmp_path, kind).path for kind, value in values.items()}


class TestValues:
    @pytest.mark.parametrize("kind", ["image", "video", "audio"])
    def test_files_and_bytes(self, files: dict[str, Path], kind: Any):
        parameter = Parameter("source", kind)
        for given_value in (files[kind], str(files[kind]), files[kind].read_bytes()):
            taken = parameter.validate(given_value)
            assert isinstance(taken, MediaInput)
            assert taken.kind == kind
            assert parameter.validate(taken) is taken
            assert taken.open() is not None
        assert parameter.validate(files[kind]).name == files[kind].name

    @pytest.mark.parametrize(
        ("kind", "value"),
        [
            ("image", Image.new("L", (3, 2))),
            ("image", np.zeros((2, 3), np.float32)),
            ("image", np.zeros((2, 3, 4), np.uint8)),
            ("audio", bg.Audio([0.0] * 10, 8000)),
            ("video", bg.Video([Image.new("RGB", (2, 2))], 1)),
        ],
    )
    def test_values(self, kind: Any, value: Any):
        assert Parameter("source", kind).validate(value).kind == kind

    @pytest.mark.parametrize(
        ("value", "reason"),
        [
            ("nowhere.png", "source: 'nowhere.png' is no file"),
            (b"not a picture", "source: 13 bytes is no media file that a browser shows"),
            (5, "source: a int is not allowed; give an image: an asset, a path"),
            (None, "source: a NoneType is not allowed"),
            ([Image.new("RGB", (1, 1))], "source: a list of 1 is not allowed"),
            (np.zeros((2, 3), np.int32), "source: it is an array of int32"),
            (bg.Audio([0.0], 8000), "is a sound; give an image"),
            (LostMedia({"asset": "20260101-000000-abcdef-0000"}), "abcdef-0000 .gone.: the project no longer has it"),
        ],
    )
    def test_what_is_refused(self, value: Any, reason: str):
        with pytest.raises(ParameterError, match=reason) as caught:
            Parameter("source", "image").validate(value)
        assert caught.value.field == "source"

    def test_another_kind_of_file(self, files: dict[str, Path]):
        with pytest.raises(ParameterError, match=r"audio.wav is a sound; give an image"):
            Parameter("source", "image").validate(files["audio"])

    def test_none_where_it_is_optional(self):
        assert Parameter("mask", "image", None).validate(None) is None

    def test_a_queued_file_is_not_decoded(self, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr("PIL.ImageFile.ImageFile.load", lambda self: pytest.fail("decoded"))
        Parameter("source", "image").validate(files["image"])


class TestCalls:
    def test_functions_get_what_they_annotate(self, files: dict[str, Path]):
        seen: dict[str, Any] = {}

        def generate(picture: Image.Image, clip: bg.Video, sound: bg.Audio, mask: Image.Image = None) -> Any:  # type: ignore[assignment]
            seen.update(picture=picture, clip=clip, sound=sound, mask=mask)

        made = as_generator(generate)
        params = made.validate({"picture": files["image"], "clip": files["video"], "sound": files["audio"]})
        made.run([params], [TaskContext()])
        assert (seen["picture"].mode, seen["picture"].size, seen["mask"]) == ("RGB", (6, 4), None)
        assert [frame.shape for frame in seen["clip"]] == [(4, 6, 3)] * 2
        assert (seen["sound"].sample_rate, seen["sound"].duration) == (8000, 0.1)

    def test_images_come_upright_and_with_colours(self, tmp_path: Path):
        turned = Image.new("L", (6, 4))
        exif = turned.getexif()
        exif[274] = 6
        turned.save(tmp_path / "turned.jpg", exif=exif)
        seen: list[Any] = []

        def generate(image: Image.Image) -> None:
            seen.append(image)

        made = as_generator(generate)
        made.run([made.validate({"image": tmp_path / "turned.jpg"})], [TaskContext()])
        assert (seen[0].mode, seen[0].size) == ("RGB", (4, 6))

    def test_a_plain_call_is_a_plain_call(self):
        @bg.generator
        def generate(image: Image.Image) -> Any:
            return image

        assert generate("anything") == "anything"

    def test_media_do_not_decide_the_group(self, files: dict[str, Path]):
        @dataclass
        class Item:
            image: Image.Image
            size: int = 1

        def several(items: list[Item]) -> list[Any]:
            return [item.image.size for item in items]

        hints = {"items": list[Item]}
        several.__annotations__ |= hints
        Item.__annotations__ |= {"image": Image.Image, "size": int}
        made = bg.generator(several, max_batch_size=4)
        sets = [made.validate({"image": Image.new("RGB", (side, 1))}) for side in (1, 2)]
        assert made.group_key(sets[0]) == made.group_key(sets[1]) == (1,)
        assert made.run(sets, [TaskContext(), TaskContext()]) == [(1, 1), (2, 1)]
        by_image = bg.generator(several, max_batch_size=4, group_by=["image"])
        assert hash(by_image.group_key(sets[0])) != hash(by_image.group_key(sets[1]))


class TestReferences:
    @given(st.dictionaries(st.text(max_size=8), st.text() | st.integers() | st.none(), max_size=3) | st.text())
    def test_other_json_is_no_reference(self, value: Any):
        assert read_reference(value) is None

    @pytest.mark.parametrize(
        "file",
        [
            "inputs/../batchgen.db",
            f"/inputs/{'0' * 64}.png",
            f"inputs/{'0' * 64}.png\n",
            f"inputs/{'0' * 63}.png",
            f"assets/{'0' * 64}.png",
            f"inputs/{'0' * 64}.png/../../x",
            f"inputs\\{'0' * 64}.png",
        ],
    )
    def test_files_elsewhere_are_none(self, file: str):
        assert read_reference({"file": file, "kind": "image"}) is None

    def test_what_is_one(self):
        file = {"file": f"inputs/{'0f' * 32}.png", "kind": "image", "name": "a.png"}
        assert read_reference(file) == ("file", file)
        assert read_reference({"asset": "20261123-154015-abc123-0003-1"}) is not None
        assert read_reference({"asset": "20261123-154015-abc123-0003", "more": 1}) is None

    def test_words_for_tables(self):
        assert media_label("x.png") is None
        assert media_label([1, 2]) is None
        kept = MediaInput(Path(f"/p/inputs/{'ab' * 32}.png"), "image", "cat.png", kept=True)
        assert media_label(kept) == "cat.png (abababab)"
        assert media_label([kept, LostMedia({"asset": "x"})]) == "cat.png (abababab), x (gone)"

    def test_they_travel(self):
        kept = MediaInput(Path(f"/p/inputs/{'ab' * 32}.png"), "image", "cat.png", kept=True, origin={"asset": "x"})
        again = pickle.loads(pickle.dumps(kept))
        assert (again, again.reference) == (kept, kept.reference)
        assert hash(again) == hash(kept)
