"""How ComfyUI says how a picture was made: the graph that was run, and the graph as its editor showed it.

A graph can do anything, so this looks for what nearly all have: a node that samples. What it samples from, with which
texts and which model, is behind its inputs. What can't be found that way is left to `Recipe.raw`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from .graph import Graph, Node, read_api_graph, read_editor_graph
from .names import as_number, as_whole, known
from .recipe import Recipe

__all__ = ["read_comfyui"]

_NOTES: Final = ("prompt", "workflow")
_TEXTS: Final = (
    *("text", "t5xxl", "text_g", "clip_l", "text_l", "prompt", "positive", "positive_prompt", "string", "value"),
    *("Text", "wildcard_text", "populated_text"),
)
# Of nodes that work on a conditioning, and have other inputs as well.
_CONDITIONING: Final = ("conditioning", "conditioning_1", "conditioning_to", "positive", "cond1")
_NEGATIVE: Final = (*_CONDITIONING[:3], "negative", "cond1")
_MODELS: Final = ("ckpt_name", "unet_name", "model_name", "base_ckpt_name")
_LATENT: Final = ("latent_image", "latent", "samples")


def read_comfyui(notes: Mapping[str, str]) -> Recipe | None:
    """Read it from texts of their own (PNG, FLAC, MP4, WebM), from one comment, or from EXIF data (WebP)."""
    raw = _find(notes)
    graph = read_api_graph(raw.get("prompt")) or read_editor_graph(raw.get("workflow"))
    if graph is None:
        return None
    return Recipe(params=known(_params(graph)), made_by="comfyui", raw=raw)


def _find(notes: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in _NOTES:
        found[name] = _load(notes.get(name, ""))
    together = _load(notes.get("comment", ""))
    if isinstance(together, dict):
        for name in _NOTES:
            inner = together.get(name)
            found[name] = found[name] or (_load(inner) if isinstance(inner, str) else inner)
    for name, text in notes.items():
        title, _, rest = text.partition(":")
        if name.startswith("exif.") and title.lower() in _NOTES:
            found[title.lower()] = found[title.lower()] or _load(rest)
    return {name: value for name, value in found.items() if isinstance(value, dict)}


def _load(text: str) -> Any:
    if not text.lstrip().startswith("{"):
        return None
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None


def _params(graph: Graph) -> dict[str, Any]:
    sampler = _sampler(graph)
    if sampler is None:  # a text is better than nothing
        texts = [found for node in graph if "TextEncode" in node.kind and (found := _text(graph, node))]
        return {"prompt": texts[0] if texts else None}
    guider = graph.behind(sampler, "guider")
    start = guider or sampler
    noise, sigmas = graph.behind(sampler, "noise"), graph.behind(sampler, "sigmas")
    latent = graph.behind(sampler, *_LATENT)
    positive = graph.behind(start, "positive", "conditioning")
    params = {
        "prompt": _text(graph, positive, _CONDITIONING),
        "negative_prompt": _text(graph, graph.behind(start, "negative"), _NEGATIVE),
        "seed": _first(graph, (sampler, noise), ("seed", "noise_seed"), as_whole),
        "steps": _first(graph, (sampler, sigmas), ("steps",), as_whole),
        "cfg_scale": _first(graph, (sampler, guider), ("cfg",), as_number),
        "sampler": _first(graph, (sampler, graph.behind(sampler, "sampler")), ("sampler_name",), _name),
        "scheduler": _first(graph, (sampler, sigmas), ("scheduler",), _name),
        "denoise": _first(graph, (sampler, sigmas), ("denoise",), as_number),
        "model": graph.find(graph.behind(start, "model") or graph.behind(sampler, "model"), _MODELS, _name, ("model",)),
        "width": graph.find(latent, ("width",), as_whole, _LATENT),
        "height": graph.find(latent, ("height",), as_whole, _LATENT),
    }
    if guider and params["cfg_scale"] is None:
        # Models that were taught to be guided take the scale with the text.
        params["cfg_scale"] = graph.find(positive, ("guidance",), as_number, _CONDITIONING)
    if params["prompt"] is not None and params["prompt"] == params["negative_prompt"]:
        # The negative one is made from the positive, as by nodes that set it to zero.
        params["negative_prompt"] = None
    return params


def _sampler(graph: Graph) -> Node | None:
    """Find the node that samples; of several the first in the chain, which has the size and the seed of the picture."""
    found = [node for node in graph if _samples(node)]
    for node in found:
        before = graph.behind(node, *_LATENT)
        if not any(other is not node and _samples(other) for other in graph.upstream(before, _LATENT)):
            return node
    return found[0] if found else None


def _samples(node: Node) -> bool:
    names = {*node.values, *node.links}
    texts = {"positive", "negative"} <= node.links.keys() or "guider" in node.links
    return texts and ("steps" in names or "sampler_name" in names or "sigmas" in names or "sampler" in names)


def _text(graph: Graph, start: Node | None, prefer: tuple[str, ...] = ()) -> str | None:
    for node in graph.upstream(start, prefer):
        if "Zero" in node.kind:
            return None
        texts = [found for name in _TEXTS if isinstance(found := graph.value(node, name, _words), str)]
        if texts:
            return texts[0]
    return None


def _first(graph: Graph, nodes: tuple[Node | None, ...], names: tuple[str, ...], accept: Any) -> Any:
    for node in nodes:
        for name in names:
            if node and (found := graph.value(node, name, accept)) is not None:
                return found
    return None


def _name(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _words(value: object) -> str | None:
    return value if isinstance(value, str) and value.strip() else None
