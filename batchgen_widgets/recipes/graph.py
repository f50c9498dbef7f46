"""Graphs of nodes as ComfyUI writes them: which node is what, and what its inputs come from."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["Graph", "Node", "read_api_graph", "read_editor_graph"]

_MOST_NODES: Final = 20_000

# The editor's own form has the values of a node without their names, in this order.
_WIDGETS: Final[Mapping[str, Sequence[str | None]]] = {
    "KSampler": ("seed", None, "steps", "cfg", "sampler_name", "scheduler", "denoise"),
    "KSamplerAdvanced": (None, "noise_seed", None, "steps", "cfg", "sampler_name", "scheduler"),
    "SamplerCustom": (None, "noise_seed", None, "cfg"),
    "RandomNoise": ("noise_seed", None),
    "KSamplerSelect": ("sampler_name",),
    "BasicScheduler": ("scheduler", "steps", "denoise"),
    "CFGGuider": ("cfg",),
    "FluxGuidance": ("guidance",),
    "CLIPTextEncode": ("text",),
    "CLIPTextEncodeFlux": ("clip_l", "t5xxl", "guidance"),
    "CheckpointLoaderSimple": ("ckpt_name",),
    "CheckpointLoader": (None, "ckpt_name"),
    "UNETLoader": ("unet_name",),
    "EmptyLatentImage": ("width", "height"),
    "EmptySD3LatentImage": ("width", "height"),
    "EmptyHunyuanLatentVideo": ("width", "height", "length"),
    "PrimitiveNode": ("value",),
    "PrimitiveString": ("value",),
    "PrimitiveStringMultiline": ("value",),
    "PrimitiveInt": ("value",),
    "PrimitiveFloat": ("value",),
    "String": ("value",),
}


@dataclass(frozen=True, slots=True)
class Node:
    """One node.

    Attributes
    ----------
    id, kind : str
    values : mapping
        What was set in it, by name.
    links : mapping of str to str
        The ids of the nodes that its other inputs come from.
    """

    id: str
    kind: str
    values: Mapping[str, Any]
    links: Mapping[str, str]


class Graph:
    """Nodes by id, and ways along their links."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.nodes = {node.id: node for node in nodes}

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes.values())

    def behind(self, node: Node, *names: str) -> Node | None:
        """Give the node that the first of these inputs comes from."""
        for name in names:
            found = self.nodes.get(node.links.get(name, ""))
            if found is not None:
                return found
        return None

    def upstream(self, start: Node | None, prefer: Sequence[str] = ()) -> Iterator[Node]:
        """Give a node and all that it is made from, the nearest first; of a node that has them only these inputs."""
        waiting, seen = deque([start] if start else []), set[str]()
        while waiting:
            node = waiting.popleft()
            if node.id in seen:
                continue
            seen.add(node.id)
            yield node
            chosen = [node.links[name] for name in prefer if name in node.links] or node.links.values()
            waiting.extend(found for link in chosen if (found := self.nodes.get(link)))

    def find(
        self, start: Node | None, names: Sequence[str], accept: Callable[[Any], Any], prefer: Sequence[str] = ()
    ) -> Any:
        """Give the first value of one of these names, in a node or in what it is made from, that is accepted."""
        for node in self.upstream(start, prefer):
            for name in names:
                found = self.value(node, name, accept)
                if found is not None:
                    return found
        return None

    def value(self, node: Node, name: str, accept: Callable[[Any], Any]) -> Any:
        """Give an input of a node as it was set there, or in a node that only gives a value."""
        if name in node.values:
            return accept(node.values[name])
        for source in self.upstream(self.nodes.get(node.links.get(name, ""))):
            for given in source.values.values():
                found = accept(given)
                if found is not None:
                    return found
        return None


def read_api_graph(data: object) -> Graph | None:
    """Read what was run: ``{"3": {"class_type": "KSampler", "inputs": {"seed": 1, "model": ["4", 0]}}}``."""
    if not isinstance(data, dict):
        return None
    nodes = []
    for key, entry in list(data.items())[:_MOST_NODES]:
        if not isinstance(entry, dict) or not isinstance(entry.get("class_type"), str):
            continue
        inputs = entry.get("inputs")
        inputs = inputs if isinstance(inputs, dict) else {}
        links = {name: str(value[0]) for name, value in inputs.items() if _is_link(value)}
        values = {name: value for name, value in inputs.items() if name not in links}
        nodes.append(Node(str(key), entry["class_type"], values, links))
    return Graph(nodes) if nodes else None


def read_editor_graph(data: object) -> Graph | None:
    """Read what the editor showed: nodes with lists of inputs and values, and a list of links."""
    if not isinstance(data, dict) or not isinstance(data.get("nodes"), list):
        return None
    sources: dict[Any, str] = {}
    links = data.get("links")
    for link in links if isinstance(links, list) else ():
        if isinstance(link, list) and len(link) >= 4 and isinstance(link[0], int):
            sources[link[0]] = str(link[1])
    nodes = []
    for entry in data["nodes"][:_MOST_NODES]:
        if not isinstance(entry, dict) or not isinstance(entry.get("type"), str):
            continue
        inputs = entry.get("inputs")
        linked = {
            str(each.get("name")): sources[each["link"]]
            for each in (inputs if isinstance(inputs, list) else ())
            if isinstance(each, dict) and isinstance(each.get("link"), int) and each["link"] in sources
        }
        values = {
            name: value
            for name, value in _named_widgets(entry["type"], entry.get("widgets_values"))
            if name not in linked
        }
        nodes.append(Node(str(entry.get("id")), entry["type"], values, linked))
    return Graph(nodes) if nodes else None


def _named_widgets(kind: str, given: object) -> list[tuple[str, Any]]:
    if isinstance(given, dict):
        return [(str(name), value) for name, value in given.items()]
    names = _WIDGETS.get(kind)
    if not isinstance(given, list):
        return []
    if names is None:  # a text is still a text
        return [("text", value) for value in given if isinstance(value, str)][:1] if "Text" in kind else []
    return [(name, value) for name, value in zip(names, given, strict=False) if name]


def _is_link(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and isinstance(value[0], (str, int))
        and isinstance(value[1], int)
        and not isinstance(value[0], bool)
    )
