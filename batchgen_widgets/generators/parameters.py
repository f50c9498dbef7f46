"""One argument of a generator: its type, what it allows, and the check of a value against that."""

from __future__ import annotations

import difflib
import json
import math
import operator
import reprlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar, Final, Literal, TypeAlias

from ..errors import ParameterError
from .inputs import ALLOWED, MEDIA_TYPES, LostMedia, MediaInput, MediaType, is_asset, media_label, take_media

__all__ = ["Parameter", "ParameterType", "Range", "did_you_mean", "plain", "show"]

# Inside Parameter the name `type` is its field.
_EnumType: TypeAlias = type[Enum]

ParameterType: TypeAlias = Literal["int", "float", "bool", "str", "choice", "any"] | MediaType

_SCALARS: Final = (str, int, float, bool, type(None))
_WORDS: Final = dict.fromkeys(("true", "yes", "on", "1"), True) | dict.fromkeys(("false", "no", "off", "0"), False)
_TYPES: Final[tuple[str, ...]] = ("int", "float", "bool", "str", "choice", *MEDIA_TYPES, "any")
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 80
_SHORT.maxlong = 40


class _Required(Enum):
    """The default of a parameter that has none; an enum, so that it stays one object when pickled."""

    REQUIRED = "REQUIRED"

    def __repr__(self) -> str:
        return "Parameter.REQUIRED"


@dataclass(frozen=True, slots=True)
class Range:
    """What a number may be, written beside its type: ``Annotated[int, Range(64, 2048, step=64)]``.

    Parameters
    ----------
    minimum, maximum : float or None
        Both ends belong to the range; None leaves that side open.
    step : float, optional
        Allowed values are multiples of it, counted from `minimum` (from 0 where that is open).

    Raises
    ------
    ParameterError
        When the ends are not finite numbers in order, or the step is not above 0.
    """

    minimum: float | None
    maximum: float | None
    step: float | None = None

    def __post_init__(self) -> None:
        for field in ("minimum", "maximum", "step"):
            value = getattr(self, field)
            if value is not None and not _is_finite_number(value):
                raise ParameterError(
                    f"{field}: {show(value)} is not allowed; give a finite number or None", field=field, value=value
                )
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ParameterError(
                f"minimum: {self.minimum!r} is above the maximum {self.maximum!r}; give the smaller one first",
                field="minimum",
                value=self.minimum,
            )
        if self.step is not None and self.step <= 0:
            raise ParameterError(
                f"step: {self.step!r} is not allowed; give a number above 0", field="step", value=self.step
            )


@dataclass(frozen=True)
class Parameter:
    """One argument of a generator.

    Parameters
    ----------
    name : str
        As in the signature.
    type : {"int", "float", "bool", "str", "choice", "image", "video", "audio", "asset", "any"}
        ``image``, ``video`` and ``audio`` take media of that kind, ``asset`` an asset of any kind, as `inputs` of a
        batch; they have no default but None. ``any`` is opaque: passed through, not checked, not in the form.
    default : object
        `Parameter.REQUIRED` where there is none. Checked like any value; None makes the parameter optional.
    minimum, maximum, step : float, optional
        For numbers; steps are counted from `minimum`, or from 0 where that is open.
    choices : tuple, optional
        For ``choice``: texts, numbers, booleans, or members of one Enum.
    optional : bool
        Whether None is allowed.
    description : str, optional
        What it does, for the form.
    enum : type, optional
        The Enum that the choices belong to.

    Raises
    ------
    ParameterError
        When these contradict each other, for example a default outside the range.
    """

    REQUIRED: ClassVar[_Required] = _Required.REQUIRED

    name: str
    type: ParameterType
    default: Any = _Required.REQUIRED
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    choices: tuple[Any, ...] | None = None
    optional: bool = False
    description: str | None = None
    enum: _EnumType | None = None

    def __post_init__(self) -> None:
        if self.type not in _TYPES:
            raise self._error(self.type, f"no type of a parameter; choose one of {_listed(_TYPES)}")
        self._check_range()
        self._check_choices()
        if self.is_media and self.default is not Parameter.REQUIRED and self.default is not None:
            raise self._error(self.default, "no default for media; give None, or none at all")
        if self.default is not Parameter.REQUIRED:
            if self.default is None:
                object.__setattr__(self, "optional", True)
            object.__setattr__(self, "default", self.validate(self.default))

    def _check_range(self) -> None:
        limits = {field: getattr(self, field) for field in ("minimum", "maximum", "step")}
        if self.type not in ("int", "float"):
            for field, value in limits.items():
                if value is not None:
                    raise self._error(value, f"not allowed as {field}; only numbers have a range")
            return
        Range(**limits)
        for field, value in limits.items():
            if value is not None:
                if self.type == "int" and value != int(value):
                    raise self._error(value, f"no {field} for whole numbers; give a whole number")
                object.__setattr__(self, field, int(value) if self.type == "int" else float(value))

    def _check_choices(self) -> None:
        if self.type != "choice":
            if self.choices is not None or self.enum is not None:
                raise self._error(self.choices, "not allowed as choices; only the type 'choice' has them")
            return
        choices = tuple(self.choices or self.enum or ())
        object.__setattr__(self, "choices", choices)
        if not choices:
            raise self._error(choices, "nothing to choose from; give at least one choice")
        members = [choice for choice in choices if isinstance(choice, Enum)]
        if members:
            object.__setattr__(self, "enum", self.enum or type(members[0]))
            if len(members) < len(choices) or any(type(member) is not self.enum for member in members):
                raise self._error(choices, "mixed choices; give members of one Enum, or none")
        for choice in choices:
            if not members and not (isinstance(choice, _SCALARS) and choice == choice):
                raise self._error(choice, "no choice; choices are texts, numbers, booleans or members of one Enum")

    @property
    def label(self) -> str:
        """The name for people: ``cfg_scale`` is "Cfg scale"."""
        return _label(self.name)

    @property
    def role(self) -> Literal["prompt", "seed"] | None:
        """What variation takes it for: the text called ``prompt``, the whole number called ``seed``."""
        if self.name == "prompt" and self.type == "str":
            return "prompt"
        return "seed" if self.name == "seed" and self.type == "int" else None

    @property
    def is_media(self) -> bool:
        """Whether it takes an image, a video, a sound or an asset."""
        return self.type in MEDIA_TYPES

    @property
    def is_plain(self) -> bool:
        """Whether its values are numbers, texts, booleans or choices, which a config can list."""
        return self.type != "any" and not self.is_media

    @property
    def required(self) -> bool:
        """Whether there is no default."""
        return self.default is Parameter.REQUIRED

    @property
    def allowed(self) -> str:
        """What may be given, as the end of an error message: "give a whole number from 1 to 150"."""
        match self.type:
            case "int" | "float":
                text = "give a whole number" if self.type == "int" else "give a finite number"
                if self.minimum is not None and self.maximum is not None:
                    text += f" from {self.minimum!r} to {self.maximum!r}"
                elif self.minimum is not None:
                    text += f" of at least {self.minimum!r}"
                elif self.maximum is not None:
                    text += f" of at most {self.maximum!r}"
                if self.step is not None and (self.type, self.step) != ("int", 1):
                    text += f" in steps of {self.step!r} from {self.origin!r}"
            case "choice":
                text = f"choose one of {_listed(map(_json_choice, self.choices or ()))}"
            case "bool":
                text = "give True or False"
            case "str":
                text = "give a text"
            case "any":
                text = "give any value"
            case _:
                text = ALLOWED[self.type]
        return text + (" or None" if self.optional else "")

    @property
    def origin(self) -> float:
        """Where steps are counted from."""
        return 0 if self.minimum is None else self.minimum

    def validate(self, value: Any) -> Any:
        """Return the value as the function shall get it, coerced where nothing is lost.

        Parameters
        ----------
        value : object
            For numbers also texts such as ``"20"``, NumPy scalars, and 20.0 for 20; for booleans also 0, 1 and
            ``"true"``, ``"false"``; for choices the value, or the name of an Enum member; for media an asset, a path, a
            PIL image, an array, `Audio`, `Video` or encoded bytes, which are not decoded yet.

        Raises
        ------
        ParameterError
            When the value is not allowed; it names the parameter, the value and what is.
        """
        if value is None and self.optional:
            return None
        match self.type:
            case "int":
                return self._limited(value, self._as_int(value))
            case "float":
                return self._limited(value, self._as_float(value))
            case "str":
                if isinstance(value, str):
                    return value if type(value) is str else str(value)
            case "bool":
                plain_value = plain(value)
                if isinstance(plain_value, str):
                    plain_value = _WORDS.get(plain_value.strip().lower())
                if isinstance(plain_value, (bool, int, float)) and plain_value in (0, 1):
                    return bool(plain_value)
            case "choice":
                return self._as_choice(value)
            case "any":
                return value
            case _:
                return self._as_media(value)
        raise self._refused(value)

    def to_json(self, value: Any) -> Any:
        """Return a JSON-able form of a valid value.

        Enum members by name; media as ``{"asset": id}`` or ``{"file": path}`` once a project keeps them, and else by
        their name; what JSON cannot hold, as its repr.
        """
        if isinstance(value, Enum):
            return value.name
        if is_asset(value) or isinstance(value, (MediaInput, LostMedia)):
            return getattr(value, "reference", None) or media_label(value)
        value = plain(value)
        if isinstance(value, _SCALARS) and value == value and value not in (math.inf, -math.inf):
            return value
        try:
            json.dumps(value, allow_nan=False)
        except (TypeError, ValueError, RecursionError):
            return repr(value)
        return value

    def from_json(self, value: Any) -> Any:
        """Return the value that `to_json` wrote; checked like any other.

        Raises
        ------
        ParameterError
            When the value is not allowed.
        """
        return self.validate(value)

    def spec(self) -> dict[str, Any]:
        """Return all of it for the form in the browser; only what JSON can hold."""
        choices = None
        if self.choices is not None:
            choices = [{"value": _json_choice(choice), "label": _choice_label(choice)} for choice in self.choices]
        return {
            "name": self.name,
            "label": self.label,
            "type": self.type,
            "default": None if self.required else self.to_json(self.default),
            "minimum": self.minimum,
            "maximum": self.maximum,
            "step": self.step,
            "choices": choices,
            "optional": self.optional,
            "role": self.role,
            "required": self.required,
            "description": self.description,
        }

    def _as_int(self, value: Any) -> int:
        if _is_no_number(value):
            raise self._refused(value)
        try:
            return operator.index(value)
        except TypeError:
            pass
        try:
            if isinstance(value, str) and value.strip().lstrip("+-").isdigit():
                return int(value)
            number = float(value)
            if number == math.floor(number):
                return int(number)
        except (TypeError, ValueError, OverflowError):
            pass
        raise self._refused(value)

    def _as_float(self, value: Any) -> float:
        if _is_no_number(value):
            raise self._refused(value)
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            raise self._refused(value) from None
        if not math.isfinite(number):
            raise self._refused(value)
        return number

    def _limited(self, value: Any, number: float) -> float:
        if (self.minimum is not None and number < self.minimum) or (self.maximum is not None and number > self.maximum):
            raise self._refused(value)
        if self.step is not None:
            if self.type == "int":
                fits = (number - self.origin) % self.step == 0
            else:
                count = (number - self.origin) / self.step
                fits = abs(count - round(count)) <= min(1e-9 * max(1.0, abs(count)), 1e-3)
            if not fits:
                raise self._refused(value)
        return number

    def _as_media(self, value: Any) -> Any:
        try:
            return take_media(self.type, value)
        except ValueError as error:
            raise ParameterError(f"{self.name}: {error}", field=self.name, value=value) from None

    def _as_choice(self, value: Any) -> Any:
        choices = self.choices or ()
        if self.enum is not None:
            # A member first: that of a StrEnum may equal the name of another one.
            for choice in choices:
                if value is choice:
                    return choice
            for choice in choices:
                if value == choice.name:
                    return choice
        value = plain(value)
        if isinstance(value, _SCALARS):
            for choice in choices:
                candidate = choice.value if self.enum is not None else choice
                # True == 1 in Python; they are different choices.
                if isinstance(candidate, bool) is isinstance(value, bool) and candidate == value:
                    return choice
        raise self._refused(value)

    def _refused(self, value: Any) -> ParameterError:
        return self._error(value, f"not allowed; {self.allowed}")

    def _error(self, value: Any, problem: str) -> ParameterError:
        return ParameterError(f"{self.name}: {show(value)} is {problem}", field=self.name, value=value)


def plain(value: Any) -> Any:
    """Return a NumPy scalar as the Python one, and anything else as it is."""
    if type(value) in _SCALARS or isinstance(value, Enum):
        return value
    if getattr(value, "ndim", None) == 0 and callable(getattr(value, "item", None)):
        return value.item()
    return value


def show(value: object) -> str:
    """Return a repr short enough for an error message."""
    return repr(value) if isinstance(value, (Enum, type)) else _SHORT.repr(value)


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """Return the end of a message about an unknown name: the likely one, and all there are."""
    known = list(known)
    close = difflib.get_close_matches(str(name), known, n=1)
    allowed = f"allowed: {', '.join(known)}" if known else "there are none"
    return f"did you mean {close[0]!r}? {allowed}" if close else allowed


def _is_no_number(value: object) -> bool:
    # int() and float() would take these.
    return isinstance(value, (bytes, bytearray)) or type(value).__name__ in ("bool", "bool_")


def _is_finite_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _label(name: str) -> str:
    text = " ".join(name.replace("_", " ").split())
    return text[:1].upper() + text[1:] if text else name


def _json_choice(choice: Any) -> Any:
    return choice.name if isinstance(choice, Enum) else choice


def _choice_label(choice: Any) -> str:
    return _label(choice.name.lower()) if isinstance(choice, Enum) else str(choice)


def _listed(values: Iterable[Any]) -> str:
    shown = [repr(value) for value in values]
    return ", ".join(shown[:20]) + (f" and {len(shown) - 20} more" if len(shown) > 20 else "")
