"""Reading the parameters of a function from its signature, type hints and docstring."""

from __future__ import annotations

import functools
import inspect
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from types import NoneType, SimpleNamespace, UnionType
from typing import Annotated, Any, Final, Literal, NewType, Union, get_args, get_origin, get_type_hints

from ..errors import GeneratorError, ParameterError
from .context import TaskContext
from .inputs import STAND_INS, media_type_of
from .parameters import Parameter, ParameterType, Range, show

__all__ = ["read_group_signature", "read_parameters", "read_signature"]

_TYPES: Final[dict[Any, ParameterType]] = {bool: "bool", int: "int", float: "float", str: "str"}
_POSITIONAL: Final = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def read_parameters(function: Callable[..., Any]) -> dict[str, Parameter]:
    """Read the parameters of a function, in the order of its signature and without the `TaskContext` slot.

    Parameters
    ----------
    function : callable
        Types come from annotations (``int``, ``float``, ``bool``, ``str``, an Enum, ``Literal``, ``PIL.Image.Image``,
        `Video`, `Audio`, `Asset`, optional ones, ``Annotated`` with a `Range` and a describing text) or from the
        defaults. Descriptions come from
        ``Annotated`` or the docstring.

    Raises
    ------
    GeneratorError
        When an argument has no name of its own, its type is unknown, or its default is not allowed.
    """
    return read_signature(function)[0]


def read_signature(
    function: Callable[..., Any], *, after_resource: bool = False
) -> tuple[dict[str, Parameter], str | None]:
    """Read the parameters, and the name of the parameter that takes the `TaskContext`.

    With `after_resource`, the first argument takes what the generator's setup returned, and is left out.
    """
    target, name, arguments, hints = _read(function, after_resource)
    parameters, slots = _read_arguments(name, arguments, hints, _read_descriptions(inspect.getdoc(target) or ""))
    return parameters, _only_slot(name, slots, "TaskContext")


def read_group_signature(
    function: Callable[..., Any], *, after_resource: bool = False
) -> tuple[type, dict[str, Parameter], str | None]:
    """Read a function that takes a list of parameter sets.

    Returns
    -------
    item : type
        What each parameter set is made into: the class that the annotation of the first argument names.
    parameters : dict
        Those of that class.
    slot : str or None
        The parameter that takes the list of `TaskContext`.

    Raises
    ------
    GeneratorError
        When there is no such class, or an argument that is neither.
    """
    _, name, arguments, hints = _read(function, after_resource)
    example = f"such as: def {name.rpartition('.')[2]}(items: list[Painting]), with Painting a dataclass of parameters"
    if not arguments or arguments[0].kind not in _POSITIONAL:
        raise GeneratorError(f"{name}: with max_batch_size it takes a list of parameter sets; give it one, {example}")
    first, *rest = arguments
    item = _member(hints.get(first.name))
    if not isinstance(item, type) or item in _TYPES or issubclass(item, TaskContext):
        raise GeneratorError(f"{name}({first.name}): annotate it as a list of a class of parameters, {example}")
    slots = [argument.name for argument in rest if _member(hints.get(argument.name)) is TaskContext]
    for argument in rest:
        if argument.name not in slots:
            msg = f"{name}({argument.name}): a parameter beside the list; make it a field of {item.__name__}"
            raise GeneratorError(msg)
    try:
        fields = list(inspect.signature(item).parameters.values())
    except (TypeError, ValueError) as error:
        raise GeneratorError(f"{item.__name__}: its parameters can't be read ({error}); make it a dataclass") from None
    descriptions = _read_descriptions(inspect.getdoc(item) or "")
    # A dataclass has its types on the class, another class perhaps on its own __init__.
    hints = _read_hints(item if inspect.get_annotations(item) else item.__init__, item.__name__)
    parameters, extra = _read_arguments(item.__name__, fields, hints, descriptions)
    if extra:
        raise GeneratorError(f"{item.__name__}({extra[0]}): contexts are no parameters; give {name} a list of them")
    return item, parameters, _only_slot(name, slots, "list of TaskContext")


def _read(
    function: Callable[..., Any], after_resource: bool
) -> tuple[Any, str, list[inspect.Parameter], dict[str, Any]]:
    """Find the function itself, its name, its arguments without that for a resource, and their types."""
    target: Any = function
    while isinstance(target, functools.partial):
        target = target.func
    if not inspect.isroutine(target):
        target = type(target).__call__
    name = getattr(target, "__qualname__", repr(function))
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError) as error:
        raise GeneratorError(f"{name}: its signature cannot be read ({error}); wrap it in a def of your own") from None
    arguments = list(signature.parameters.values())
    if after_resource:
        if not arguments or arguments[0].kind not in _POSITIONAL:
            raise GeneratorError(f"{name}: no argument takes what its setup returns; put one first, such as model")
        del arguments[0]
    return target, name, arguments, _read_hints(target, name)


def _read_arguments(
    name: str, arguments: list[inspect.Parameter], hints: dict[str, Any], descriptions: dict[str, str]
) -> tuple[dict[str, Parameter], list[str]]:
    """Make parameters of arguments; those that take a `TaskContext` are named apart."""
    parameters: dict[str, Parameter] = {}
    slots: list[str] = []
    for argument in arguments:
        where = f"{name}({argument.name})"
        if argument.kind in (argument.VAR_POSITIONAL, argument.VAR_KEYWORD):
            raise GeneratorError(f"{where}: * and ** arguments have no form; give each parameter a name of its own")
        if argument.kind is argument.POSITIONAL_ONLY:
            raise GeneratorError(f"{where}: parameters are passed by name; remove the / from the signature")
        core, optional, extras = _unwrap(hints.get(argument.name, argument.empty))
        if isinstance(core, type) and issubclass(core, TaskContext):
            slots.append(argument.name)
            continue
        described = next((extra for extra in extras if isinstance(extra, str)), descriptions.get(argument.name))
        ranges = [extra for extra in extras if isinstance(extra, Range)]
        parameters[argument.name] = _make_parameter(argument, where, core, optional, ranges, described)
    return parameters, slots


def _only_slot(name: str, slots: list[str], what: str) -> str | None:
    if len(slots) > 1:
        raise GeneratorError(f"{name}: {' and '.join(slots)} all take the {what}; keep one of them")
    return slots[0] if slots else None


def _member(annotation: Any) -> Any:
    """Give what a list is annotated to hold; None for what is no list."""
    core, _, _ = _unwrap(annotation)
    if get_origin(core) not in (list, Sequence):
        return None
    return next(iter(get_args(core)), None)


def _make_parameter(
    argument: inspect.Parameter, where: str, core: Any, optional: bool, ranges: list[Range], description: str | None
) -> Parameter:
    has_default = argument.default is not argument.empty
    if core is argument.empty:
        if not has_default:
            raise GeneratorError(
                f"{where}: no type; annotate it, for example {argument.name}: float, or give a default"
            )
        core = type(argument.default)
    choices: tuple[Any, ...] | None = None
    enum: type[Enum] | None = None
    if get_origin(core) is Literal:
        kind: ParameterType = "choice"
        choices = tuple(choice for choice in get_args(core) if choice is not None)
        optional = optional or len(choices) < len(get_args(core))
    elif isinstance(core, type) and issubclass(core, Enum):
        kind, choices, enum = "choice", tuple(core), core
    elif _members(core) == {int, float}:
        kind = "float"
    elif (media := media_type_of(core)) is not None:
        kind = media
    else:
        kind = _TYPES.get(core, "any") if isinstance(core, type) else "any"
    if kind == "any" and not has_default:
        raise GeneratorError(
            f"{where}: {show(core)} has no form; use int, float, bool, str, Literal, an Enum, PIL.Image.Image, "
            "bg.Video, bg.Audio or bg.Asset, or give it a default"
        )
    limits = {"minimum": ranges[-1].minimum, "maximum": ranges[-1].maximum, "step": ranges[-1].step} if ranges else {}
    try:
        return Parameter(
            name=argument.name,
            type=kind,
            default=argument.default if has_default else Parameter.REQUIRED,
            **limits,
            choices=choices,
            optional=optional,
            description=description,
            enum=enum,
        )
    except ParameterError as error:
        raise GeneratorError(f"{where}: {error.reason}") from error


def _read_hints(target: Any, name: str) -> dict[str, Any]:
    try:
        return get_type_hints(target, include_extras=True)
    except Exception:  # a name that is not defined, a type that cannot be subscripted: any error of user code
        hints: dict[str, Any] = {}
    # One annotation did not resolve, often only that of the result, which nobody needs here.
    module = sys.modules.get(getattr(target, "__module__", ""))
    namespace = getattr(inspect.unwrap(target), "__globals__", None) or vars(module or object)
    for argument, annotation in getattr(target, "__annotations__", {}).items():
        if argument == "return":
            continue
        alone: Any = SimpleNamespace(__annotations__={argument: annotation})
        try:
            hints.update(get_type_hints(alone, namespace, include_extras=True))
        except Exception as error:
            if stood_in := _read_with_stand_ins(alone, namespace):
                hints.update(stood_in)
                continue
            if "TaskContext" not in re.findall(r"\w+", str(annotation)):
                raise GeneratorError(
                    f"{name}({argument}): its type {annotation!r} cannot be read ({error}); "
                    "import or define it at module level, not under TYPE_CHECKING"
                ) from None
            hints[argument] = TaskContext
    return hints


def _read_with_stand_ins(alone: Any, namespace: Mapping[str, Any]) -> dict[str, Any] | None:
    """Read an annotation that names media which only type checkers import; None when it names something else."""
    try:
        return get_type_hints(alone, dict(namespace), {**STAND_INS}, include_extras=True)
    except Exception:  # whatever user code can raise
        return None


def _unwrap(annotation: Any) -> tuple[Any, bool, list[Any]]:
    """Take off Annotated, Optional and NewType, in any nesting: the core, whether None is allowed, the extras."""
    optional, extras = False, []
    while True:
        if get_origin(annotation) is Annotated:
            extras.extend(annotation.__metadata__)
            annotation = annotation.__origin__
        elif NoneType in (members := _members(annotation)):
            optional = True
            rest = tuple(member for member in get_args(annotation) if member is not NoneType)
            if len(rest) != 1:
                return (float if members - {NoneType} == {int, float} else annotation), optional, extras
            annotation = rest[0]
        elif isinstance(annotation, NewType):
            annotation = annotation.__supertype__
        else:
            return annotation, optional, extras


def _members(annotation: Any) -> set[Any]:
    return set(get_args(annotation)) if get_origin(annotation) in (Union, UnionType) else set()


def _read_descriptions(doc: str) -> dict[str, str]:
    """Find what a NumPy or Google docstring says about each parameter."""
    lines = doc.splitlines()
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for start, line in enumerate(lines[:-1]):
        if line == "Parameters" and set(lines[start + 1]) == {"-"}:
            for number, text in enumerate(lines[start + 2 :], start + 3):
                if text[:1].strip():
                    if set("".join(lines[number : number + 1])) == {"-"}:
                        break
                    current = []
                    found |= dict.fromkeys((part.strip(" *") for part in text.partition(":")[0].split(",")), current)
                else:
                    current.append(text.strip())
        elif line in ("Args:", "Arguments:", "Parameters:"):
            for text in lines[start + 1 :]:
                if text[:1].strip():
                    break
                entry = re.match(r"(?: {2}| {4}|\t)(\w+)\s*(?:\(.*?\))?:\s*(.*)", text)
                if entry:
                    found[entry[1]] = current = [entry[2]]
                else:
                    current.append(text.strip())
    return {name: " ".join(text).strip() for name, text in found.items() if any(text)}
