"""What other people think of the results: their marks beside one's own, under their names."""

from __future__ import annotations

import json
import os
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..batches import Asset, Batch, Mark, utc_now
from ..errors import ParameterError, ProjectError
from ..texts import markup, visible, without_hidden
from .database import Database, Questions, Statement
from .limits import MOST_REVIEW_BYTES, MOST_REVIEWER_LENGTH

if TYPE_CHECKING:
    import pandas

    from .manifest import ReviewFile
    from .project import Project

__all__ = ["Adoption", "Review", "ReviewImported", "Reviews", "ReviewsChanged", "find_copies", "put_reviews"]

_SHOWN: Final = 5
_SIGNS: Final[Mapping[Mark | None, str]] = {"favorite": "★", "discarded": "✕", None: ""}


@dataclass(frozen=True, slots=True)
class Review:
    """What one reviewer says of one asset.

    Attributes
    ----------
    reviewer : str
    mark : {"favorite", "discarded"} or None
        None where the reviewer took a mark back, or only wrote a note.
    note : str
    made_at : datetime
        In UTC, when the reviewer saved it.
    """

    reviewer: str
    mark: Mark | None
    note: str
    made_at: datetime

    @property
    def says_something(self) -> bool:
        """Whether there is a mark or a note; what was taken back only hides what the same reviewer said before."""
        return self.mark is not None or bool(self.note)


@dataclass(frozen=True, slots=True)
class ReviewsChanged:
    """Reviewers said something of these assets."""

    assets: tuple[str, ...]


# Rows


def read_reviews(database: Questions, asset_ids: Sequence[str]) -> dict[str, list[Review]]:
    """Read what reviewers say of assets, by asset and in the order of their names; the caller holds the lock."""
    found: dict[str, list[Review]] = {}
    if not asset_ids:
        return found
    for row in database.ask(
        "SELECT * FROM reviews WHERE asset_id IN (SELECT value FROM json_each(?)) ORDER BY asset_id, reviewer",
        json.dumps(asset_ids),
    ):
        made_at = datetime.fromtimestamp(row["made_at"], UTC)
        found.setdefault(row["asset_id"], []).append(Review(row["reviewer"], row["mark"], row["note"], made_at))
    return found


def put_reviews(rows: Iterable[tuple[str, Review]]) -> Statement:
    """Keep what reviewers say, by asset; of what the same reviewer says twice the newer stays."""
    return Statement(
        "INSERT INTO reviews (asset_id, reviewer, mark, note, made_at) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (asset_id, reviewer) DO UPDATE SET mark = excluded.mark, note = excluded.note, "
        "made_at = excluded.made_at WHERE excluded.made_at > reviews.made_at",
        rows=[(name, one.reviewer, one.mark, one.note, one.made_at.timestamp()) for name, one in rows],
    )


def newer(rows: Iterable[tuple[str, Review]], known: Mapping[str, Sequence[Review]]) -> list[tuple[str, Review]]:
    """Give those of some reviews that say something later than what is known."""
    before = {(name, one.reviewer): one.made_at for name, several in known.items() for one in several}
    first = datetime.min.replace(tzinfo=UTC)
    return [(name, one) for name, one in rows if one.made_at > before.get((name, one.reviewer), first)]


def find_copies(database: Database, batch_id: str) -> list[str]:
    """Give the ids of batches that were imported under another id than they had: this one."""
    rows = database.ask(
        "SELECT id FROM batches WHERE json_extract(origin, '$.imported.batch') = ? ORDER BY created_at, id", batch_id
    )
    return [row["id"] for row in rows]


def reviewer_name(name: str) -> str:
    """Give a name one spelling, whichever way a system writes its accents, without what nobody sees in it."""
    return unicodedata.normalize("NFC", without_hidden(name))[:MOST_REVIEWER_LENGTH].strip()


# Import


@dataclass(frozen=True)
class ReviewImported:
    """What `Project.import_review` did.

    Attributes
    ----------
    reviewer : str
    batch_id : str
        The reviewed batch.
    added, updated : int
        Assets of which the reviewer says something for the first time, and something newer than before.
    unchanged : int
        Assets of which the project knows as much, or something newer, already.
    unknown : list of str
        Assets of the file that the batch does not have.
    """

    reviewer: str
    batch_id: str
    added: int
    updated: int
    unchanged: int
    unknown: list[str]

    def _lines(self) -> Iterator[str]:
        counts = f"{self.added} new, {self.updated} changed, {self.unchanged} as before"
        yield f"{self.reviewer} on {self.batch_id}: {counts}"
        if self.unknown:
            more = f" and {len(self.unknown) - _SHOWN} more" if len(self.unknown) > _SHOWN else ""
            yield f"{len(self.unknown)} unknown here: {', '.join(self.unknown[:_SHOWN])}{more}"

    def __repr__(self) -> str:
        return "\n  ".join(map(visible, self._lines()))

    def _repr_html_(self) -> str:
        return "".join(f'<div dir="auto">{markup(line)}</div>' for line in self._lines())


def import_review(project: Project, source: Any) -> ReviewImported:
    """Take the marks of a reviewer; see `Project.import_review`."""
    file, where = _read(source)
    database, ledger = project._opened.database, project.ledger
    with ledger.lock:
        batch = _reviewed(project, file.batch, where)
        known = {asset.id for asset in batch.assets}
        # A clock that is ahead must not make its owner's word the last one for ever.
        made_at = min(_when(file.made_at), utc_now())
        reviewer = reviewer_name(file.reviewer)
        if not reviewer:
            raise ProjectError(f"{where}: not valid (reviewer: it says no name); nothing was imported")
        rows, unknown = [], []
        seen = set()
        for entry in file.marks:
            if entry.asset in seen:
                raise ProjectError(f"{where}: not valid (asset {entry.asset} stands twice in it); nothing was imported")
            seen.add(entry.asset)
            if entry.asset in known:
                rows.append((entry.asset, Review(reviewer, entry.mark, entry.note, made_at)))
            else:
                unknown.append(entry.asset)
        before = ledger.reviews([name for name, _ in rows])
        fresh = newer(rows, before)
        if fresh:
            database.write(put_reviews(fresh))
            ledger.hub.emit(ReviewsChanged(tuple(name for name, _ in fresh)))
    had = {name for name, several in before.items() if any(one.reviewer == reviewer for one in several)}
    updated = sum(name in had for name, _ in fresh)
    return ReviewImported(reviewer, batch.id, len(fresh) - updated, updated, len(rows) - len(fresh), unknown)


def _read(source: Any) -> tuple[ReviewFile, str]:
    from .manifest import read_json, read_review

    if isinstance(source, Mapping):
        # As it would be written, so that one way of checking is enough.
        try:
            source, where = json.dumps(source).encode(), "the review"
        except (TypeError, ValueError, RecursionError) as error:
            raise ProjectError(f"the review: not valid ({error})") from None
    elif isinstance(source, bytes | bytearray):
        source, where = bytes(source), "the review"
    elif isinstance(source, str | os.PathLike):
        where = str(source)
        try:
            path = Path(source).expanduser()
            if not path.is_file():
                raise ProjectError(f"{where}: no file; give the path of a review that was saved from a page")
            with path.open("rb") as file:
                source = file.read(MOST_REVIEW_BYTES + 1)
        except (OSError, ValueError) as error:
            if isinstance(error, ProjectError):
                raise
            raise ProjectError(f"{where}: can't be read ({getattr(error, 'strerror', None) or error})") from error
    else:
        raise ParameterError(
            f"source: {type(source).__name__} is not allowed; give the path of a review, or what is in one",
            field="source",
            value=source,
        )
    if len(source) > MOST_REVIEW_BYTES:
        raise ProjectError(f"{where}: has more than {MOST_REVIEW_BYTES:,} bytes, which no review has")
    return read_review(read_json(source, where), where), where


def _when(text: str) -> datetime:
    from .manifest import when

    return when(text)


def _reviewed(project: Project, batch_id: str, where: str) -> Batch:
    if project._opened.database.batch_row(batch_id) is not None:
        return project.batch(batch_id)
    raise ProjectError(
        f"{where}: a review of batch {batch_id}, which {project.path} does not have; open the project that it is of"
    )


# Looking


@dataclass(frozen=True, slots=True)
class Adoption:
    """Marks that would become one's own, and how many of these replace another mark."""

    changes: list[tuple[Asset, Mark | None]]
    replaced: int


class Reviews:
    """What reviewers say, asset by asset; as a cell's last expression it shows itself.

    Attributes
    ----------
    reviewers : list of str
        In the order of their names.
    assets : list of Asset
        Of which at least one reviewer says something.
    """

    def __init__(self, assets: Sequence[Asset], marks: Mapping[str, Sequence[Review]]) -> None:
        self._marks = {
            name: {one.reviewer: one for one in several if one.says_something} for name, several in marks.items()
        }
        self.assets = [asset for asset in assets if self._marks.get(asset.id)]
        self.reviewers = sorted({name for several in self._marks.values() for name in several}, key=str.casefold)

    def of(self, asset: Asset | str) -> dict[str, Review]:
        """Give what each reviewer says of an asset, by name."""
        return dict(self._marks.get(asset if isinstance(asset, str) else asset.id, {}))

    def count(self, asset: Asset | str, mark: Mark) -> int:
        """Say how many reviewers gave an asset that mark."""
        return sum(one.mark == mark for one in self.of(asset).values())

    @property
    def disputed(self) -> list[Asset]:
        """The assets that somebody starred and somebody else discarded; one's own mark counts."""
        return [asset for asset in self.assets if self.is_disputed(asset)]

    def is_disputed(self, asset: Asset) -> bool:
        """Say whether an asset is starred by one and discarded by another."""
        voices = {asset.mark, *(one.mark for one in self.of(asset).values())}
        return {"favorite", "discarded"} <= voices

    def adoption(self, *, at_least: int = 1, reviewer: str | None = None) -> Adoption:
        """Say which marks of one's own would change; see `BatchSession.adopt_reviews`.

        Raises
        ------
        ParameterError
            When there is no such reviewer, or `at_least` is not a whole number from 1 on.
        """
        if reviewer is not None:
            name = reviewer_name(reviewer)
            if name not in self.reviewers:
                known = ", ".join(map(repr, self.reviewers)) or "none yet"
                raise ParameterError(f"reviewer: {reviewer!r} is not among {known}", field="reviewer", value=reviewer)
            wanted = [(asset, said.mark) for asset in self.assets if (said := self.of(asset).get(name)) and said.mark]
        else:
            if type(at_least) is not int or at_least < 1:
                msg = f"at_least: {at_least!r} is not allowed; give a whole number from 1"
                raise ParameterError(msg, field="at_least", value=at_least)
            wanted = [(asset, "favorite") for asset in self.assets if self.count(asset, "favorite") >= at_least]
        changes: list[tuple[Asset, Mark | None]] = [(asset, mark) for asset, mark in wanted if asset.mark != mark]
        return Adoption(changes, sum(asset.mark is not None for asset, _ in changes))

    def to_dataframe(self) -> pandas.DataFrame:
        """Give one row per asset: its batch, task, file and own mark, the mark of each reviewer, and counts.

        The columns of reviewers are called ``"by Ada"``; their notes are in ``"notes"``. Needs pandas
        (``pip install batchgen-widgets[data]``).

        Returns
        -------
        pandas.DataFrame
            Indexed by asset id.
        """
        import pandas

        columns = ["batch", "task", "file", "mark", *(f"by {name}" for name in self.reviewers)]
        rows = {asset.id: self._row(asset) for asset in self.assets}
        return pandas.DataFrame.from_dict(rows, orient="index", columns=[*columns, "favorites", "discarded", "notes"])

    def _row(self, asset: Asset) -> list[Any]:
        said = self.of(asset)
        notes = {name: one.note for name, one in said.items() if one.note}
        marks = [said[name].mark if name in said else None for name in self.reviewers]
        counts = [self.count(asset, "favorite"), self.count(asset, "discarded")]
        return [asset.batch_id, asset.task_index, asset.path.name, asset.mark, *marks, *counts, notes]

    def __len__(self) -> int:
        return len(self.assets)

    def _head(self) -> str:
        if not self.reviewers:
            return "No reviews yet: share what batch.to_html(path) writes, then project.import_review(file)"
        names = ", ".join(self.reviewers)
        return f"{len(self.assets)} results reviewed by {names}; {len(self.disputed)} disputed"

    def __repr__(self) -> str:
        return f"<Reviews: {visible(self._head())}>"

    def _repr_html_(self) -> str:
        head = f"<p>{markup(self._head())}</p>"
        if not self.reviewers:
            return head
        titles = "".join(
            f"<th scope='col' dir='auto'>{markup(name)}</th>" for name in ("Result", "You", *self.reviewers)
        )
        rows = "".join(self._html_row(asset) for asset in self.assets[:50])
        more = f"<p>and {len(self.assets) - 50} more</p>" if len(self.assets) > 50 else ""
        return f"{head}<table><thead><tr>{titles}</tr></thead><tbody>{rows}</tbody></table>{more}"

    def _html_row(self, asset: Asset) -> str:
        said = self.of(asset)
        cells = [_html_mark(asset.mark, "")]
        for name in self.reviewers:
            one = said.get(name)
            cells.append(_html_mark(one.mark, one.note) if one else "<td></td>")
        return f"<tr><th scope='row' dir='auto'>{markup(asset.path.name)}</th>{''.join(cells)}</tr>"


def _html_mark(mark: Mark | None, note: str) -> str:
    title = markup(" ".join(part for part in (mark, note[:200]) if part))
    return f'<td title="{title}">{_SIGNS[mark]}{" …" if note else ""}</td>'


def read(project: Project, batch: Batch | str | None) -> Reviews:
    """Read what reviewers say of a batch, or of all; see `Project.reviews`."""
    database, ledger = project._opened.database, project.ledger
    with ledger.lock:
        if batch is not None:
            assets = project.batch(batch if isinstance(batch, str) else batch.id).results
        else:
            rows = database.ask(
                "SELECT DISTINCT a.batch_id FROM reviews r JOIN assets a ON a.id = r.asset_id ORDER BY a.batch_id"
            )
            assets = [asset for row in rows for asset in project.batch(row["batch_id"]).results]
        return Reviews(assets, ledger.reviews([asset.id for asset in assets]))
