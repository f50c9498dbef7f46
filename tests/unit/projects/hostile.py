"""Archives that somebody made to do harm, or that are damaged, each made from a good one; and why they are refused."""

from __future__ import annotations

import random
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Any, NamedTuple

from PIL import Image

from .exports import Archive, speckle

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


NAMES = {
    "../evil.png": "leads out of the archive",
    "assets/../../evil.png": "leads out of the archive",
    "/etc/cron.d/evil": "an absolute path",
    "\\\\server\\share\\evil": "an absolute path",
    "\\evil": "an absolute path",
    "C:/evil.exe": "the letter of a drive",
    "C:evil.exe": "the letter of a drive",
    "assets\\..\\evil.png": "a backslash",
    "assets/evil.png\0.txt": "a NUL",
    "assets//evil.png": "a folder without a name",
    "./evil.png": "a folder without a name",
    "assets/con.png": "the name of a device",
    "NUL": "the name of a device",
    "assets/COM1": "the name of a device",
    "assets/lpt¹.png": "the name of a device",
    "assets/evil.png.": "a space or a dot",
    "assets/evil.png ": "a space or a dot",
    "assets/evil.png:stream": "characters other than",
    "assets/\u202egnp.exe": "characters other than",
    "assets/e\u0301.png": "normal form",
    "assets/a\nb": "characters other than",
    "a" * 300: "300 characters",
    "": "0 characters",
    "extra.png": "the manifest does not name it",
    "MANIFEST.JSON": "the same file as",
    "ASSETS.csv": "the same file as",
}


def with_flags(data: bytes, bit: int) -> bytes:
    """Set a flag of the first entry, in its header and in the table of contents."""
    changed = bytearray(data)
    changed[6:8] = struct.pack("<H", struct.unpack("<H", changed[6:8])[0] | bit)
    at = data.index(b"PK\1\2")
    changed[at + 8 : at + 10] = struct.pack("<H", struct.unpack("<H", changed[at + 8 : at + 10])[0] | bit)
    return bytes(changed)


def local_header(name: str, data: bytes, size: int, crc: int) -> bytes:
    raw = name.encode()
    return struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 8, 0, 33, crc, len(data), size, len(raw), 0) + raw


def central_header(name: str, data: bytes, size: int, crc: int, offset: int) -> bytes:
    raw = name.encode()
    head = struct.pack("<4s6H3L", b"PK\1\2", 20, 20, 0, 8, 0, 33, crc, len(data), size)
    return head + struct.pack("<5H2L", len(raw), 0, 0, 0, 0, 0, offset) + raw


def end_record(count: int, size: int, offset: int) -> bytes:
    return struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, size, offset, 0)


def one_entry(name: str, packed: bytes, size: int, crc: int) -> bytes:
    body = local_header(name, packed, size, crc) + packed
    central = central_header(name, packed, size, crc, offset=0)
    return body + central + end_record(1, len(central), len(body))


def patched(data: bytes, at: int, form: str, value: int) -> bytes:
    return data[:at] + struct.pack(form, value) + data[at + struct.calcsize(form) :]


def encoded(image: Image.Image, form: str = "PNG") -> bytes:
    file = BytesIO()
    image.save(file, form)
    return file.getvalue()


def png_of_size(width: int, height: int) -> bytes:
    """The head of a picture with no pixels to speak of."""
    data = encoded(Image.new("RGB", (8, 8)))
    head = struct.pack(">2L", width, height) + data[24:29]
    return data[:16] + head + struct.pack(">L", zlib.crc32(b"IHDR" + head)) + data[33:]


def first(manifest: dict[str, Any]) -> dict[str, Any]:
    return manifest["batches"][0]


SPOILED: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "newer": (lambda m: m.update(version=7), "a newer version of batchgen_widgets (format 7"),
    "other format": (lambda m: m.update(format="zip"), "not an exported project"),
    "wrong type": (lambda m: first(m).update(tasks="many"), "batches[0].tasks"),
    "extra": (lambda m: first(m)["assets"][0].update(path="/etc"), "batches[0].assets[0].path"),
    "id with a path": (lambda m: first(m).update(id="../../x"), "batches[0].id"),
    "id of a device": (lambda m: first(m).update(id="CON"), "batches[0].id"),
    "status": (lambda m: first(m).update(status="running"), "batches[0].status"),
    "time": (lambda m: first(m).update(created_at="now"), "batches[0].created_at"),
    "time that is none": (lambda m: first(m).update(created_at="2026-13-45T99:00:00Z"), "batches[0].created_at"),
    "kind": (lambda m: first(m)["assets"][0].update(kind="program"), "batches[0].assets[0].kind"),
    "size": (lambda m: first(m)["assets"][0].update(size=-1), "batches[0].assets[0].size"),
    "size true": (lambda m: first(m)["assets"][0].update(size=True), "batches[0].assets[0].size"),
    "task": (lambda m: first(m)["assets"][0].update(task=99), "is of task 99; there are 2"),
    "place": (lambda m: first(m)["assets"][1].update(task=0), "has the place of another one"),
    "unfinished": (lambda m: first(m)["tasks"][0].update(status="failed"), "of a task that did not complete"),
    "twice": (lambda m: m["batches"].append(m["batches"][0]), "stands twice in it"),
    "own parent": (lambda m: first(m)["assets"][0].update(parents=[first(m)["assets"][0]["id"]]), "its own parent"),
    "config": (lambda m: first(m)["config"].update(batch_size=0), "its config is not valid"),
    "seeds": (lambda m: first(m)["config"]["variation_params"].update(seed_range=[5, 1]), "its config is not valid"),
    "origin": (lambda m: first(m).update(origin={"source": "x" * 2_000_000}), "its origin has more than"),
    "input": (lambda m: m.update(inputs=[{"file": "inputs/../x.png", "size": 1}]), "inputs[0].file"),
    "reviewer": (
        lambda m: first(m)["assets"][0].update(
            reviews=[{"reviewer": "A\u202eB", "mark": None, "made_at": "2026-01-01T00:00:00Z"}]
        ),
        "reviewer",
    ),
    "reviewer twice": (
        lambda m: first(m)["assets"][0].update(
            reviews=[{"reviewer": "A", "mark": None, "made_at": "2026-01-01T00:00:00Z"}] * 2
        ),
        "two reviews under one name",
    ),
    "escape codes": (lambda m: first(m).update({"\x1b[2J\u202e": 1}), "\\x1b[2J\\u202e"),
}


class Hostile(NamedTuple):
    """How to make an archive of a good one with two pictures, and what of the refusal tells the reason."""

    make: Callable[[bytes], bytes]
    words: tuple[str, ...]


def edited(*words: str) -> Callable[[Callable[[Archive], object]], Hostile]:
    """Make a case of what changes the entries of an archive."""

    def case(change: Callable[[Archive], object]) -> Hostile:
        def make(data: bytes) -> bytes:
            archive = Archive(data)
            change(archive)
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", "Duplicate name", UserWarning)
                return archive.data()

        return Hostile(make, words)

    return case


def put_again(archive: Archive, name: str, change: Callable[[zipfile.ZipInfo], object]) -> None:
    """Write an entry anew, with something else said of it."""
    data = archive[name]
    archive.remove(name)
    archive.add(name, data, change)


def set_of(field: str, value: Any) -> Callable[[zipfile.ZipInfo], object]:
    return lambda info: setattr(info, field, value)


def claim_twice(manifest: dict[str, Any]) -> None:
    one, other = first(manifest)["assets"]
    other |= {name: one[name] for name in ("file", "sha256", "size")}


def over_each_other(_: bytes) -> bytes:
    """As in the bomb of David Fifield: one stream of data for many entries."""
    data = zlib.compress(bytes(1000), 9)[2:-4]
    body = local_header("a", data, 1000, zlib.crc32(bytes(1000))) + data
    central = b"".join(central_header(name, data, 1000, zlib.crc32(bytes(1000)), offset=0) for name in ("a", "b", "c"))
    return body + central + end_record(3, len(central), len(body))


def with_endless_text(archive: Archive) -> None:
    """Put a text into a picture that unpacks without end."""
    text = b"Comment\0\0" + zlib.compress(bytes(100_000_000), 9)
    chunk = struct.pack(">L", len(text)) + b"zTXt" + text + struct.pack(">L", zlib.crc32(b"zTXt" + text))
    data = encoded(speckle(1))
    archive.put_media(data[:33] + chunk + data[33:])


WAVE = (
    b"RIFF"
    + struct.pack("<L", 36 + 800)
    + b"WAVEfmt "
    + struct.pack("<L2H2L2H", 16, 1, 1, 8000, 16000, 2, 16)
    + b"data"
    + struct.pack("<L", 800)
    + bytes(800)
)

ENTRIES: dict[str, Hostile] = {
    **{
        f"name {ascii(name)[:30]}": edited("refused", reason)(lambda archive, name=name: archive.add(name, b"evil"))
        for name, reason in NAMES.items()
    },
    "the same name twice": edited("assets/", "the same file as")(
        lambda archive: archive.add(archive.media[0], b"other")
    ),
    "a folder that leads out": edited("../up/", "leads out of the archive")(lambda archive: archive.add("../up/", b"")),
    "a name in the manifest": edited("is not in assets/")(
        lambda archive: archive.change(lambda manifest: first(manifest)["assets"][0].update(file="../../evil.png"))
    ),
    **{
        f"mode {mode:o}": edited("assets/", reason)(
            lambda archive, mode=mode: put_again(archive, archive.media[0], set_of("external_attr", mode << 16))
        )
        for mode, reason in {
            0o120777: "it is a link",
            0o020666: "neither a file nor a folder",
            0o010666: "neither a file nor a folder",
        }.items()
    },
    "a link of Windows": edited("assets/", "it is a link")(
        lambda archive: put_again(archive, archive.media[0], set_of("external_attr", 0x400))
    ),
    **{
        f"encrypted {bit:x}": Hostile(lambda data, bit=bit: with_flags(data, bit), ("refused", "it is encrypted"))
        for bit in (0x1, 0x40, 0x2000)
    },
    **{
        f"packed by {method}": edited("assets/", "a way other than deflate")(
            lambda archive, method=method: put_again(archive, archive.media[0], set_of("compress_type", method))
        )
        for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
    },
    "a missing file": edited("assets/", "it is missing")(lambda archive: archive.remove(archive.media[0])),
    "no manifest": edited("no manifest.json at its top")(lambda archive: archive.remove("manifest.json")),
    "another size": edited("assets/", "bytes instead of")(
        lambda archive: archive.__setitem__(archive.media[0], archive[archive.media[0]] + b"?")
    ),
    "a file that two assets claim": edited("the manifest names it twice")(lambda archive: archive.change(claim_twice)),
    "a bomb that says so": edited("a bomb")(
        lambda archive: archive.add("bomb.bin", bytes(80 * 1024 * 1024), set_of("compress_type", zipfile.ZIP_DEFLATED))
    ),
    # The table says 100 bytes, the data have 10 MB: no more than the 100 are ever read.
    "a bomb that lies": Hostile(
        lambda _: one_entry("manifest.json", zlib.compress(bytes(10_000_000), 9)[2:-4], size=100, crc=0),
        ("manifest.json", "it can't be read (Bad CRC-32"),
    ),
    "an entry that is shorter than it says": Hostile(
        lambda _: one_entry("manifest.json", zlib.compress(b"short", 9)[2:-4], size=1000, crc=zlib.crc32(b"short")),
        ("manifest.json",),
    ),
    "entries over each other": Hostile(over_each_other, ("it lies over another entry",)),
}
"""Refused for what the entries say of themselves."""


def flipped(data: bytes, at: int, form: str, value: int) -> bytes:
    return data[:-22] + patched(data[-22:], at, form, value)


def upper_name(data: bytes) -> bytes:
    name = Archive(data).media[0].encode()
    return data.replace(name, name.upper(), 1)


CONTAINERS: dict[str, Hostile] = {
    "empty": Hostile(lambda data: b"", ("it is no zip",)),
    "a text": Hostile(lambda data: b"hello", ("it is no zip",)),
    "half": Hostile(lambda data: data[: len(data) // 2], ("it is no zip",)),
    "one byte less": Hostile(lambda data: data[:-1], ("it is no zip",)),
    "more": Hostile(lambda data: data + b"more", ("it is no zip",)),
    "a script before it": Hostile(lambda data: b"#!/bin/sh\n" + data, ("not where it says it is",)),
    "one of several disks": Hostile(lambda data: flipped(data, 4, "<H", 1), ("several parts",)),
    "entries elsewhere": Hostile(lambda data: flipped(data, 8, "<H", 4), ("several parts",)),
    "fewer entries": Hostile(
        lambda data: data[:-22] + patched(patched(data[-22:], 8, "<H", 4), 10, "<H", 4), ("and lists",)
    ),
    "contents elsewhere": Hostile(lambda data: flipped(data, 16, "<L", 0), ("not where it says it is",)),
    "contents without end": Hostile(lambda data: flipped(data, 12, "<L", 2**31), ("its table of contents has",)),
    "another method": Hostile(lambda data: patched(data, 8, "<H", 8), ("something else of itself",)),
    "another length": Hostile(lambda data: patched(data, 22, "<L", 1), ("another size of itself",)),
    "no header": Hostile(lambda data: data.replace(b"PK\3\4", b"PK\3\5", 1), ("not where the table of contents says",)),
    "another name": Hostile(upper_name, ("something else of itself",)),
}
"""Refused since they are no zips, or no whole ones."""

MANIFESTS: dict[str, Hostile] = {
    **{
        name: edited(reason)(lambda archive, edit=edit: archive.change(edit))
        for name, (edit, reason) in SPOILED.items()
    },
    **{
        f"json {number}": edited("manifest.json")(lambda archive, text=text: archive.__setitem__("manifest.json", text))
        for number, text in enumerate(
            [
                b"[" * 200_000,
                b'{"format": "batchgen-project", "version": 1, "version": 1}',
                b'{"format": "batchgen-project", "version": NaN}',
                b"\x00\x01\x02",
                b'{"format": "' + b"x" * 5_000_000 + b'"}',
            ]
        )
    },
}
"""Refused for what the manifest says."""

MEDIA: dict[str, Hostile] = {
    "another hash": edited("another SHA-256")(
        lambda archive: archive.change(lambda manifest: first(manifest)["assets"][0].update(sha256="0" * 64))
    ),
    "other content of the same size": edited("assets/", "another SHA-256")(
        lambda archive: archive.__setitem__(archive.media[0], archive[archive.media[0]][:-1] + b"?")
    ),
    **{
        f"no media {number}": edited(suffix, "no media file that a browser shows")(
            lambda archive, data=data, suffix=suffix: archive.put_media(data, suffix)
        )
        for number, (data, suffix) in enumerate(
            [
                (SVG, ".png"),
                (SVG, ".svg"),
                (b"\xef\xbb\xbf" + SVG, ".png"),
                (b"<!doctype html><script>alert(1)</script>", ".png"),
                (b"<!doctype html><script>alert(1)</script>", ".html"),
                (b"%PDF-1.7", ".png"),
                (b"MZ\x90\0", ".png"),
                (b"PK\3\4", ".png"),
                (b"#EXTM3U\nfile:///etc/passwd", ".mp4"),
            ]
        )
    },
    "a picture that is called a page": edited("is not called like that")(
        lambda archive: archive.put_media(encoded(speckle(1)), ".html")
    ),
    "a damaged picture": edited("refused")(lambda archive: archive.put_media(encoded(speckle(1))[:60])),
    "a picture that breaks off": edited("it is a damaged image")(
        lambda archive: archive.put_media(encoded(speckle(1, 200))[:-2000])
    ),
    **{
        f"{width} by {height} pixels": edited(".png: refused")(
            lambda archive, width=width, height=height: archive.put_media(png_of_size(width, height))
        )
        for width, height in [(60_000, 60_000), (2**31 - 1, 1), (2**31 - 1, 2**31 - 1)]
    },
    "texts in a picture that unpack without end": edited(".png: refused")(with_endless_text),
    "another kind": edited("of kind image, and it is of kind audio")(lambda archive: archive.put_media(WAVE, ".wav")),
    "sound that is none": edited(".wav: refused")(
        lambda archive: archive.put_media(b"RIFF" + struct.pack("<L", 4) + b"WAVE" + bytes(40), ".wav")
    ),
    "a film that is none": edited(".mp4: refused")(
        lambda archive: archive.put_media(struct.pack(">L", 20) + b"ftypisom" + bytes(200), ".mp4")
    ),
}
"""Refused for what is in the file of their first asset, which nobody knows before it is read."""

UNDRAWABLE = edited("it can't be decoded")(
    lambda archive: archive.put_media(encoded(speckle(1, 200), "JPEG")[:-2000], ".jpg")
)
"""A picture whose head is well."""


def flip_bits(data: bytes, seed: int) -> bytes:
    """Change some bits of an archive."""
    draw = random.Random(seed)
    changed = bytearray(data)
    for _ in range(draw.choice([1, 1, 2, 8])):
        # Half of them where the structure is: headers, the table of contents, the manifest.
        at = draw.randrange(len(changed)) if draw.random() < 0.5 else -1 - draw.randrange(min(len(changed), 2000))
        changed[at] ^= 1 << draw.randrange(8)
    return bytes(changed)


ODD = [
    None,
    True,
    0,
    -1,
    2**70,
    0.5,
    "",
    "x",
    "../x",
    "\u202e",
    [],
    {},
    [[]],
    {"a": 1},
    "2026-01-01T00:00:00Z",
    "0" * 64,
]


def say_something_else(data: bytes, seed: int) -> bytes:
    """Let the manifest of an archive say something odd in some places."""
    draw = random.Random(seed)
    archive = Archive(data)

    def edit(manifest: dict[str, Any]) -> None:
        for _ in range(draw.choice([1, 1, 3])):
            place: Any = manifest
            while True:
                keys = list(place) if isinstance(place, dict) else range(len(place))
                if not keys:
                    break
                key = draw.choice(list(keys))
                if isinstance(place[key], dict | list) and place[key] and draw.random() < 0.8:
                    place = place[key]
                    continue
                how = draw.random()
                if how < 0.2:
                    del place[key]
                elif how < 0.3 and isinstance(place, list):
                    place.append(place[key])
                else:
                    place[key] = draw.choice(ODD)
                break

    archive.change(edit)
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as target:
        for info, data in archive.entries:
            target.writestr(info.filename, data)
    return file.getvalue()
