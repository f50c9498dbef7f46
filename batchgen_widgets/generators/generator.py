"""`generator` turns a function that makes media into a `Generator`: the function plus what its signature says."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, TypeAlias, get_args, overload

from ..errors import GeneratorError, ParameterError
from ..texts import visible, whole
from .context import TaskContext
from .grouping import Grouping, read_grouping
from .inputs import give_media
from .parameters import Parameter, did_you_mean, show
from .registry import register
from .resources import ResourcePool
from .signature import read_signature
from .source import Source, read_source

__all__ = ["Generator", "MediaKind", "as_generator", "generator"]

MediaKind: TypeAlias = Literal["image", "video", "audio"]

_LONGEST_NAME = 1_000


class Generator:
    """A function that makes media, and the parameters its form, validation and variation come from.

    Made with `generator`. Calling it just calls the function.

    Parameters
    ----------
    function : callable
        Not async, every argument with a name of its own.
    name : str, optional
        What users see; the name of the function when not given.
    kind : {"image", "video", "audio"}, optional
        What it makes, where that is known before it ran.
    setup : callable, optional
        Makes what every call needs and is slow to make, such as a model. The function gets it as its first argument.
    max_batch_size : int, optional
        How many parameter sets the function takes in one call. It gets them as a list, and returns a list of results.
    group_by : iterable of str, optional
        The parameters that must be the same in all of a call; when not given, all but texts, media and the seed.

    Attributes
    ----------
    name, kind, function
        As given.
    max_batch_size : int
        1 for a function that takes its parameters one set at a time.
    resources : ResourcePool or None
        What the setup made in this process, one for each call that runs at the same time.
    parameters : mapping of str to Parameter
        In the order of the signature, read-only, without the `TaskContext` slot.
    context_parameter : str or None
        The parameter that takes the `TaskContext`.
    description : str
        First line of the docstring, or nothing.

    Raises
    ------
    GeneratorError
        When the function is async or its signature cannot be read as a form.
    """

    name: str
    kind: MediaKind | None
    function: Callable[..., Any]
    parameters: Mapping[str, Parameter]
    context_parameter: str | None
    resources: ResourcePool | None
    max_batch_size: int
    grouping: Grouping | None
    description: str

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        name: str | None = None,
        kind: MediaKind | None = None,
        setup: Callable[[], Any] | None = None,
        max_batch_size: int | None = None,
        group_by: Iterable[str] | None = None,
    ) -> None:
        _check_callable(function)
        if setup is not None:
            _check_setup(setup)
        after_resource, grouping = setup is not None, None
        if max_batch_size is not None:
            parameters, context_parameter, grouping = read_grouping(
                function, max_batch_size, group_by, after_resource=after_resource
            )
        elif group_by is not None:
            raise GeneratorError("group_by: needs max_batch_size, and a function that takes a list of parameter sets")
        else:
            parameters, context_parameter = read_signature(function, after_resource=after_resource)
        resources = None if setup is None else ResourcePool(setup)
        self._set_up(function, name, kind, parameters, context_parameter, resources, grouping)
        register(self)

    def _set_up(
        self,
        function: Callable[..., Any],
        name: str | None,
        kind: MediaKind | None,
        parameters: dict[str, Parameter],
        context_parameter: str | None,
        resources: ResourcePool | None,
        grouping: Grouping | None,
    ) -> None:
        functools.update_wrapper(self, function)
        named = function.func if isinstance(function, functools.partial) else function
        self.function = function
        self.name = name if name is not None else getattr(named, "__name__", type(named).__name__)
        self.kind = kind
        if not isinstance(self.name, str) or not self.name.strip():
            raise GeneratorError(f"name: {name!r} is not allowed; give a text that is not empty")
        if len(self.name) > _LONGEST_NAME or whole(self.name) != self.name:
            raise GeneratorError(
                f"name: {show(name)} is not allowed; give at most {_LONGEST_NAME:,} characters that UTF-8 has"
            )
        if kind is not None and kind not in get_args(MediaKind):
            raise GeneratorError(f"kind: {kind!r} is not allowed; give 'image', 'video', 'audio' or None")
        self.parameters = MappingProxyType(parameters)
        self._media = tuple(name for name, parameter in parameters.items() if parameter.is_media)
        self.context_parameter = context_parameter
        self.resources = resources
        self.max_batch_size = grouping.max_size if grouping else 1
        self.grouping = grouping
        self.description = (inspect.getdoc(named) or "").partition("\n")[0].strip()
        # Positional arguments before the slot never fill it; with that many or more, one of them does.
        self._slot_position = sys.maxsize
        self._supplies_context = False
        if context_parameter is not None:
            signature = inspect.signature(function)
            slot = signature.parameters[context_parameter]
            self._supplies_context = slot.default is slot.empty
            if slot.kind is not slot.KEYWORD_ONLY:
                self._slot_position = list(signature.parameters).index(context_parameter) - (resources is not None)

    @functools.cached_property
    def source(self) -> Source:
        """What the function and its setup say; read once, where they were defined."""
        return read_source(self.function, self.resources.setup if self.resources else None)

    @property
    def source_sha256(self) -> str | None:
        """Hash of the source, the same in every kernel; None for what was not written in Python."""
        return self.source.sha256

    def defaults(self) -> dict[str, Any]:
        """Return the default of every parameter that has one."""
        return {name: p.default for name, p in self.parameters.items() if p.default is not Parameter.REQUIRED}

    def parameter(self, name: str) -> Parameter:
        """Return the parameter of that name.

        Raises
        ------
        ParameterError
            When there is none; it names the one that was probably meant.
        """
        if name not in self.parameters:
            raise unknown_parameter(name, self.parameters)
        return self.parameters[name]

    def validate(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return the full set of parameters: coerced, checked, defaults filled in.

        Parameters
        ----------
        params : mapping
            Values by name; parameters with a default may be left out.

        Raises
        ------
        ParameterError
            For an unknown name, a required one that is missing, or a value that is not allowed.
        """
        for name in params:
            self.parameter(name)
        result = {}
        for name, parameter in self.parameters.items():
            if name in params:
                result[name] = parameter.validate(params[name])
            elif parameter.default is Parameter.REQUIRED:
                raise ParameterError(f"{name}: required, but not given; {parameter.allowed}", field=name)
            else:
                result[name] = parameter.default
        return result

    def prepare(self) -> None:
        """Do the setup now, when there is one and nothing that it made is free.

        Raises
        ------
        GeneratorError
            When the setup fails.
        """
        if self.resources is not None:
            self.resources.give_back(self.resources.take())

    def group_key(self, params: Mapping[str, Any]) -> Hashable:
        """Give what must be equal for tasks that run in one call."""
        return None if self.grouping is None else self.grouping.key(params)

    def run(self, params: Sequence[Mapping[str, Any]], contexts: Sequence[TaskContext]) -> list[Any]:
        """Call the function for tasks, with parameters that `validate` returned and the contexts of the tasks.

        Media are decoded here.

        Returns
        -------
        list
            One result for each task. There are several only for a function that takes several, up to
            `max_batch_size`, all with the same `group_key`.

        Raises
        ------
        GeneratorError
            When a function that takes several does not return as many results.
        """
        slot = self.context_parameter
        if self.grouping is None:
            ([single], [context]) = params, contexts
            named = self._given(single) if slot is None else {**self._given(single), slot: context}
            return [self._call((), named)]
        items = [self.grouping.item(**self._given(values)) for values in params]
        returned = self._call((items,), {} if slot is None else {slot: list(contexts)})
        return self.grouping.check(self.name, returned, len(items))

    def _given(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Give parameters as the function annotated them: media decoded."""
        given = dict(params)
        for name in self._media:
            if name in given:
                given[name] = give_media(self.parameters[name].type, given[name])
        return given

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function as it is, set up; contexts that it requires and is not given are detached ones."""
        slot = self.context_parameter
        if slot is not None and self._supplies_context and slot not in kwargs and len(args) <= self._slot_position:
            kwargs[slot] = self._detached_context(args, kwargs)
        return self._call(args, kwargs)

    def _detached_context(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> TaskContext | list[TaskContext]:
        if self.grouping is None:
            given = dict(zip(self.parameters, args, strict=False)) | dict(kwargs)
            return TaskContext(self.defaults() | given)
        (items, *_) = args or tuple(kwargs.values())
        return [
            TaskContext({name: getattr(item, name, None) for name in self.parameters}, index)
            for index, item in enumerate(items)
        ]

    def _call(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        if self.resources is None:
            return self.function(*args, **kwargs)
        resource = self.resources.take()
        try:
            return self.function(resource, *args, **kwargs)
        finally:
            self.resources.give_back(resource)

    def __repr__(self) -> str:
        return visible(f"<Generator {self.name!r}({', '.join(self.parameters)})>")

    def __reduce__(self) -> str | tuple[object, ...]:
        # A decorated function is found under its own name, so the generator travels as that name. In a notebook
        # (or a closure) it travels whole, with parameters already read: annotations may not resolve on the other side.
        module, path = getattr(self, "__module__", "__main__"), getattr(self, "__qualname__", "")
        if module != "__main__" and path:
            found: Any = sys.modules.get(module)
            for part in path.split("."):
                found = getattr(found, part, None)
            if found is self:
                return str(path)
        read = (dict(self.parameters), self.context_parameter, self.resources, self.grouping)
        return _rebuild, (self.function, self.name, self.kind, *read)


def _rebuild(*state: Any) -> Generator:
    made = Generator.__new__(Generator)
    made._set_up(*state)
    return made


@overload
def generator(
    function: Callable[..., Any],
    *,
    name: str | None = ...,
    kind: MediaKind | None = ...,
    setup: Callable[[], Any] | None = ...,
    max_batch_size: int | None = ...,
    group_by: Iterable[str] | None = ...,
) -> Generator: ...


@overload
def generator(
    function: None = ...,
    *,
    name: str | None = ...,
    kind: MediaKind | None = ...,
    setup: Callable[[], Any] | None = ...,
    max_batch_size: int | None = ...,
    group_by: Iterable[str] | None = ...,
) -> Callable[[Callable[..., Any]], Generator]: ...


def generator(
    function: Callable[..., Any] | None = None,
    *,
    name: str | None = None,
    kind: MediaKind | None = None,
    setup: Callable[[], Any] | None = None,
    max_batch_size: int | None = None,
    group_by: Iterable[str] | None = None,
) -> Generator | Callable[[Callable[..., Any]], Generator]:
    """Make a `Generator` from a function: as a decorator, with or without arguments, or as a call.

    Parameters
    ----------
    function : callable, optional
        What makes the media. A `Generator` gives a new one around the same function.
    name : str, optional
        What users see; the name of the function when not given.
    kind : {"image", "video", "audio"}, optional
        What it makes.
    setup : callable, optional
        Makes what every call needs and is slow to make, such as a model; it takes nothing. What it returns is the first
        argument of the function, which is no parameter and not in the form. It is called once in each worker process,
        and once for each call that runs at the same time in threads, which never share one.
    max_batch_size : int, optional
        For models that compute several results at once: up to that many tasks run in one call. The function takes a
        list of parameter sets, each an object of the class that its annotation names, whose fields are the parameters;
        it returns a list with one result for each. Where it has an argument annotated ``list[TaskContext]``, that
        takes their contexts, in the same order.
    group_by : iterable of str, optional
        With `max_batch_size`, the parameters that decide the shape of the computation, such as width and steps: tasks
        run in one call when these are equal. When not given, all but texts, media and the seed.

    Returns
    -------
    Generator
        Or, without a function, a decorator that makes one.

    Raises
    ------
    GeneratorError
        When the function is async, its signature cannot be read as a form, or its setup needs arguments.

    Notes
    -----
    A call for several tasks that fails is not held against them: each is tried once more, alone. What it prints is in
    the log of each. When one of its tasks is cancelled, the call goes on and that result is dropped; when all are, it
    is stopped like any other. A timeout counts for the call.

    Examples
    --------
    >>> @generator
    ... def poster(prompt: str = "A beautiful landscape", seed: int = 0): ...
    >>> list(poster.parameters)
    ['prompt', 'seed']
    >>> generator(print_poster, name="poster", kind="image")  # doctest: +SKIP
    >>> @generator(setup=load_pipeline)  # doctest: +SKIP
    ... def painting(pipeline, prompt: str = "A quiet harbour"): ...
    >>> @dataclass  # doctest: +SKIP
    ... class Sketch:
    ...     prompt: str = "A quiet harbour"
    ...     seed: int = 0
    ...     width: int = 512
    >>> @generator(setup=load_pipeline, max_batch_size=4)  # doctest: +SKIP
    ... def sketches(pipeline, items: list[Sketch]):
    ...     return pipeline([item.prompt for item in items], width=items[0].width).images
    """
    options: dict[str, Any] = {"setup": setup, "max_batch_size": max_batch_size, "group_by": group_by}
    if function is None:
        return functools.partial(_make, name=name, kind=kind, **options)
    return _make(function, name=name, kind=kind, **options)


def _make(function: Callable[..., Any], *, name: str | None, kind: MediaKind | None, **options: Any) -> Generator:
    if not isinstance(function, Generator):
        return Generator(function, name=name, kind=kind, **options)
    known = {
        "setup": function.resources.setup if function.resources else None,
        "max_batch_size": function.grouping.max_size if function.grouping else None,
        "group_by": function.grouping.same if function.grouping else None,
    }
    options = {option: known[option] if value is None else value for option, value in options.items()}
    return Generator(function.function, name=name or function.name, kind=kind or function.kind, **options)


def as_generator(obj: Generator | Callable[..., Any]) -> Generator:
    """Return a generator as it is, and make one from any other callable.

    Raises
    ------
    GeneratorError
        When `obj` is not callable or its signature cannot be read as a form.
    """
    return obj if isinstance(obj, Generator) else Generator(obj)


def unknown_parameter(name: object, known: Mapping[str, Parameter]) -> ParameterError:
    """Build the error for a name that is no parameter, with the one that was probably meant."""
    return ParameterError(f"{name}: no such parameter; {did_you_mean(name, known)}", field=str(name))


def _check_callable(function: object) -> None:
    if not callable(function) or inspect.isclass(function):
        raise GeneratorError(f"{show(function)} cannot be a generator; give a function that returns media")
    target: Any = function
    while isinstance(target, functools.partial):
        target = target.func
    if not inspect.isroutine(target):
        target = type(target).__call__
    name = getattr(function, "__name__", repr(function))
    if inspect.iscoroutinefunction(target) or inspect.isasyncgenfunction(target):
        raise GeneratorError(f"{name} is async; give a plain function, which may call asyncio.run() inside")
    if inspect.isgeneratorfunction(target):
        raise GeneratorError(f"{name} yields; give a function that returns its media, several of them in a list")


def _check_setup(setup: object) -> None:
    if not callable(setup):
        raise GeneratorError(f"setup: {show(setup)} is not allowed; give a function that takes nothing")
    try:
        inspect.signature(setup).bind()
    except ValueError:  # no signature to read, as of some builtins
        return
    except TypeError as error:
        name = getattr(setup, "__name__", repr(setup))
        raise GeneratorError(
            f"setup: {name} can't be called without arguments ({error}); wrap it in a lambda"
        ) from None
