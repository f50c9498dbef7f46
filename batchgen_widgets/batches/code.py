"""A batch, or the settings of a session, as Python that makes the same again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..errors import ConfigError
from ..generators.inputs import LostMedia, MediaInput, is_asset, is_media, read_reference
from ..generators.parameters import Parameter
from ..media import Encoding
from .codesource import Maker, find_generator, maker_of, maker_of_origin
from .codetext import Call, Items, Node, Text, comment, data, escape, layout, literal, mapping, quote
from .config import BatchConfig, VariationParams
from .planning import Plan, make_plan
from .status import TaskStatus

if TYPE_CHECKING:
    from ..generators import Generator
    from .records import Batch, Task

__all__ = ["code_of_batch", "code_of_settings", "format_options"]

_DRAWN: Final = ("random", "latin_hypercube", "sobol")
_SHOWN: Final = 200
# What repr() gives for things that have no literal.
_NO_LITERAL: Final = re.compile(r"<.* at 0x[0-9A-Fa-f]+>|(array|tensor)\(.*", re.DOTALL)
_UNKNOWN: Final[Mapping[str, Parameter]] = {}


def code_of_batch(batch: Batch) -> str:
    """Write Python that makes the tasks of a batch again; see `Batch.to_code`."""
    generator = find_generator(batch.generator, batch.origin)
    tasks = _kept(batch)
    maker = maker_of(generator) if generator else maker_of_origin(batch.generator, batch.origin)
    page = _Page(maker, generator.parameters if generator else _UNKNOWN, restored=batch.restored)
    page.say(f"Makes batch {batch.id} of the generator {batch.generator} again: {_count(tasks)}.")
    before, now = batch.origin.get("source_sha256"), getattr(generator, "source_sha256", None)
    if before and now and before != now:
        page.say("The source of the generator is another one by now.")
    config = _seeded(batch.config, batch.origin.get("entropy"))
    inputs = _find_inputs(generator, batch, tasks)
    reason = _why_listed(batch, config, inputs, generator, tasks)
    root = getattr(batch.keeper, "root", None)
    encoding = batch.origin.get("encoding")
    options = format_options(encoding if isinstance(encoding, Mapping) else {})
    if reason is None:
        assert config is not None
        page.write_config(root, options, config, batch.base_parameters, inputs)
    else:
        page.say(reason)
        page.write_tasks(root, options, [task.params for task in tasks])
    return page.text()


def code_of_settings(
    generator: Generator,
    base: Mapping[str, Any],
    config: BatchConfig,
    plan: Plan | ConfigError,
    *,
    inputs: Mapping[str, Sequence[Any]],
    root: Path,
    options: Mapping[str, Any],
) -> str:
    """Write Python that makes the batch which the settings of a session would make.

    Parameters
    ----------
    generator : Generator
    base : mapping
        The base parameters.
    config : BatchConfig
    plan : Plan or ConfigError
        What would run, or why nothing would.
    inputs : mapping
        By parameter.
    root : Path
        The project's directory.
    options : mapping
        Of the session, those that are not the default.
    """
    page = _Page(maker_of(generator), generator.parameters, restored=False)
    if isinstance(plan, Plan):
        page.say(f"Makes a batch of the generator {generator.name}: {plan.summary}.")
        config = _seeded(config, plan.entropy) or config
    else:
        page.say(f"The settings of the generator {generator.name}. They make no batch yet: {plan}")
    page.write_config(root, options, config, base, inputs)
    return page.text()


def format_options(encoding: Mapping[str, Any]) -> dict[str, Any]:
    """Give the options of a session that say in which formats files are written, as far as they are unusual."""
    names = {
        "image": "image_format",
        "video": "video_format",
        "audio": "audio_format",
        "image_quality": "image_quality",
    }
    usual = asdict(Encoding())
    return {names[key]: value for key, value in encoding.items() if key in names and value != usual[key]}


def _kept(batch: Batch) -> list[Task]:
    """Give the tasks without those that somebody took out of the queue of a batch that went on."""
    tasks = list(batch.tasks)
    if batch.cancel_requested or batch.status == "cancelled":
        return tasks
    kept = [task for task in tasks if task.status is not TaskStatus.CANCELLED or task.attempt]
    return kept or tasks


def _seeded(config: BatchConfig, entropy: object) -> BatchConfig | None:
    """Give the config with a seed that makes its draw repeatable; None where there would have to be one."""
    variation = config.variation_params
    varies = variation.vary_prompts or variation.vary_parameters
    draws = config.enabled and (variation.vary_seeds or (varies and variation.strategy in _DRAWN))
    if not draws or variation.seed is not None:
        return config
    if isinstance(entropy, bool) or not isinstance(entropy, int):
        return None
    try:
        return config.replace(variation_params=variation.replace(seed=entropy))
    except ConfigError:
        return None


def _find_inputs(generator: Generator | None, batch: Batch, tasks: Sequence[Task]) -> dict[str, list[Any]]:
    """Give what may have been the inputs of a batch: media that come one after the other and are not in its base."""
    found: dict[str, list[Any]] = {}
    for name, parameter in generator.parameters.items() if generator else ():
        if parameter.is_media and name not in batch.base_parameters:
            column = [task.params.get(name) for task in tasks]
            starts = [i for i, value in enumerate(column) if not i or not _is_same(parameter, value, column[i - 1])]
            found[name] = [column[i] for i in starts]
    return found


def _why_listed(
    batch: Batch,
    config: BatchConfig | None,
    inputs: Mapping[str, Sequence[Any]],
    generator: Generator | None,
    tasks: Sequence[Task],
) -> str | None:
    """Say why a config does not give the tasks of a batch; None when it does."""
    if batch.origin.get("by_hand") or len(tasks) < len(batch.tasks):
        return "Tasks of this batch were added, edited or taken out by hand, so that each one is listed here."
    if config is None:
        return "What decided the draw of this batch was not kept, so that each task is listed here."
    if generator is None:
        # Without its parameters nobody can plan; what was done by hand was noted.
        whole = "entropy" in batch.origin and not any(_has_inputs(batch, task) for task in tasks)
        return None if whole else "The generator is not at hand, so that each task is listed here."
    try:
        plan = make_plan(generator.parameters, batch.base_parameters, config, entropy=0, inputs=inputs or None)
        same = plan.count == len(tasks) and all(
            _are_same(generator.parameters, planned, task.params) for planned, task in zip(plan, tasks, strict=True)
        )
    except ConfigError:
        same = False
    if same:
        return None
    return (
        "The config does not give these tasks: some were changed by hand, inputs are gone, or the generator takes "
        "other values by now. So each one is listed here."
    )


def _has_inputs(batch: Batch, task: Task) -> bool:
    return any(
        name not in batch.base_parameters and (is_media(value) or read_reference(value))
        for name, value in task.params.items()
    )


def _are_same(parameters: Mapping[str, Parameter], some: Mapping[str, Any], others: Mapping[str, Any]) -> bool:
    if some.keys() != others.keys():
        return False
    return all(_is_same(parameters.get(name), value, others[name]) for name, value in some.items())


def _is_same(parameter: Parameter | None, one: Any, other: Any) -> bool:
    """Compare two values of a parameter, each as it lives or as JSON has it."""
    if one is other:
        return True
    if parameter is not None:
        one, other = parameter.to_json(one), parameter.to_json(other)
    try:
        return type(one) is type(other) and bool(one == other)
    except Exception:  # an array, or whatever user code compares
        return False


class _Page:
    """Code that is being written.

    Parameters
    ----------
    maker : Maker
        How it gets the generator.
    parameters : mapping
        Of the generator; nothing where it is not known.
    restored : bool
        Whether values are what JSON kept of them.
    """

    def __init__(self, maker: Maker, parameters: Mapping[str, Parameter], *, restored: bool) -> None:
        if maker.expression == "project":  # which the code may call the project
            maker.definitions.append("make_project = project")
            maker.expression = "make_project"
        self._maker = maker
        self._parameters = parameters
        self._restored = restored
        self._head: list[str] = []
        self._gaps: dict[tuple[str, str], tuple[str, str]] = {}
        self._needs_project = False
        self._body: list[str] = []

    def say(self, text: str) -> None:
        """Add a comment to the top."""
        self._head += comment(text)

    def write_config(
        self,
        root: Path | None,
        options: Mapping[str, Any],
        config: BatchConfig,
        base: Mapping[str, Any],
        inputs: Mapping[str, Sequence[Any]],
    ) -> None:
        """Write a session, its config, and a batch of it."""
        arguments: list[tuple[str, Node]] = []
        # Before the session: values may need the project, which comes before it.
        if unusual := self._unusual(base):
            arguments.append(("", self._dict(unusual)))
        if inputs:
            lists = {name: self._list(name, values) for name, values in inputs.items()}
            takers = sum(parameter.is_media for parameter in self._parameters.values())
            node = next(iter(lists.values())) if takers == 1 else mapping(lists)
            arguments.append(("inputs=", node))
        self._open_session(root, options)
        self._add(Call("session.set_batch_config", [("", _config(config))]))
        self._add(Call("session.start_batch", arguments), "batch = ")
        self._body.append("batch.wait()")

    def write_tasks(self, root: Path | None, options: Mapping[str, Any], tasks: Sequence[Mapping[str, Any]]) -> None:
        """Write a session and every task, with what all of them share apart."""
        shared = {
            name: value
            for name, value in (tasks[0] if tasks else {}).items()
            if all(name in task and _is_same(self._parameters.get(name), value, task[name]) for task in tasks)
        }
        unusual = self._unusual(shared)
        base = self._dict(unusual)
        rows = [self._dict({name: value for name, value in task.items() if name not in shared}) for task in tasks]
        self._open_session(root, options)
        self._add(Call("session.set_batch_config", [("", _config(BatchConfig(enabled=False)))]))
        if unusual:
            self._add(Call("session.set_base_parameters", [("", base)]))
        self._add(Items("[", "]", [("", row) for row in rows]), "tasks = ")
        self._body += [
            "batch = session.start_batch(tasks[0])",
            "for task in tasks[1:]:",
            "    session.add_task(task, batch_id=batch.id)",
            "batch.wait()",
        ]

    def _open_session(self, root: Path | None, options: Mapping[str, Any]) -> None:
        where: list[tuple[str, Node]] = [] if root is None else [("project=", Text(_show_path(root)))]
        if self._needs_project:
            self._add(Call("bg.Project", [("", node) for _, node in where]), "project = ")
            where = [("project=", "project")]
        given = [(f"{name}=", literal(value) or self._gap(name, repr(value))) for name, value in options.items()]
        self._add(Call("bg.BatchSession", [("", self._maker.expression), *where, *given]), "session = ")

    def _unusual(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Give the values that are not the default of their parameter."""
        return {name: value for name, value in params.items() if not self._is_default(name, value)}

    def _is_default(self, name: str, value: Any) -> bool:
        parameter = self._parameters.get(name)
        return parameter is not None and not parameter.required and _is_same(parameter, value, parameter.default)

    def _dict(self, params: Mapping[str, Any]) -> Items:
        return mapping({name: self._value(name, value) for name, value in params.items()})

    def _list(self, name: str, values: Sequence[Any]) -> Items:
        return Items("[", "]", [("", self._value(name, value)) for value in values])

    def text(self) -> str:
        """Give all of it."""
        maker = self._maker
        imports = ["import batchgen_widgets as bg", *maker.imports]
        plain = sorted((line for line in set(imports) if line.startswith("import ")), key=str.casefold)
        other = sorted((line for line in set(imports) if not line.startswith("import ")), key=str.casefold)
        future = [line for line in other if "__future__" in line]
        blocks = ["\n".join([*plain, *(line for line in other if line not in future)])]
        if future:
            blocks.insert(0, "\n".join(future))
        gaps = [*maker.gaps, *(line for _, line in self._gaps.values())]
        if gaps:
            blocks.append("\n".join(gaps))
        code = "\n".join(self._head) + "\n" + "\n\n".join(blocks)
        apart = "\n\n"
        for definition in maker.definitions:
            is_block = definition.lstrip().startswith(("def ", "class ", "@", "#"))
            code += ("\n\n\n" if is_block else apart) + definition
            apart = "\n\n\n" if is_block else "\n\n"
        return code + apart + "\n".join(self._body) + "\n"

    def _add(self, node: Node, before: str = "") -> None:
        self._body.append(layout(node, before))

    def _value(self, name: str, value: Any) -> Node:
        """Write one value of a parameter."""
        media = self._media(value)
        if media is not None:
            return media
        parameter = self._parameters.get(name)
        if self._restored and isinstance(value, str):
            is_text = parameter.type != "any" if parameter else not _NO_LITERAL.fullmatch(value)
            if not is_text:
                return self._gap(name, value)
        node = literal(value)
        return self._gap(name, repr(value)) if node is None else node

    def _media(self, value: Any) -> Node | None:
        """Write a value that is a picture, a clip or a sound; None when it is something else."""
        if isinstance(value, (list, tuple)) and value:
            nodes = [self._media(item) for item in value]
            return Items("[", "]", [("", node) for node in nodes if node]) if all(nodes) else None
        if is_asset(value):
            return self._of_project(f"asset({quote(value.id)})")
        if isinstance(value, (MediaInput, LostMedia)):
            reference: Mapping[str, Any] | None = value.reference
        else:
            reference = (read_reference(value) or ("", None))[1]
        if reference is None and not isinstance(value, MediaInput):
            return None
        if reference is not None and "asset" in reference:
            return self._of_project(f"asset({quote(reference['asset'])})")
        if reference is not None:
            return self._of_project(f"path / {quote(reference['file'])}")
        if value.path is not None:
            return Text(str(value.path))
        return None

    def _of_project(self, what: str) -> str:
        self._needs_project = True
        return f"project.{what}"

    def _gap(self, name: str, text: str) -> str:
        """Leave a value to whoever runs the code, who gets told what it was."""
        known = self._gaps.get((name, text))
        if known is None:
            number = sum(parameter == name for parameter, _ in self._gaps)
            variable = f"{name}_value" + (f"_{number + 1}" if number else "")
            shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
            lines = [
                *comment(f"FILL IN: {name} was {escape(shown)}, and of such a value there is only this text."),
                f"{variable} = ...",
                f'assert {variable} is not ..., "give {variable} a value first"',
            ]
            known = self._gaps[name, text] = (variable, "\n".join(lines))
        return known[0]


def _config(config: BatchConfig) -> Call:
    fields = _changed(config, BatchConfig())
    arguments: list[tuple[str, Node]] = [
        (f"{name}=", data(value)) for name, value in fields.items() if name != "variation_params"
    ]
    if "variation_params" in fields:
        changed = _changed(config.variation_params, VariationParams())
        variation = Call("bg.VariationParams", [(f"{name}=", data(value)) for name, value in changed.items()])
        arguments.append(("variation_params=", variation))
    return Call("bg.BatchConfig", arguments)


def _changed(config: Any, default: Any) -> dict[str, Any]:
    names: Iterable[str] = type(config).model_fields
    return {name: getattr(config, name) for name in names if getattr(config, name) != getattr(default, name)}


def _show_path(path: Path) -> str:
    """Give a path as somebody in this directory would write it."""
    try:
        return path.relative_to(Path.cwd()).as_posix()
    except (ValueError, OSError):  # it is elsewhere, or this directory is gone
        return path.as_posix()


def _count(tasks: Sequence[Task]) -> str:
    return f"{len(tasks):,} task{'' if len(tasks) == 1 else 's'}"
