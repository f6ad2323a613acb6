"""Names of tensors in what a pickle holds: a state dict, one inside a checkpoint, or a module.

A pickled module is walked as torch's ``state_dict`` walks it: parameters, buffers that persist,
then the modules inside, in their order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from abawkit.errors import ModelError, few
from baselines.checkpoints.machine import Name, Shell
from baselines.checkpoints.tensors import Tensor

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_NAMES = 100_000
_MAX_DEPTH = 100
_MAX_PATH = 500
_MAX_TUPLE = 64
_WRAPPERS = (
    "torch.nn.parallel.data_parallel.DataParallel",
    "torch.nn.parallel.distributed.DistributedDataParallel",
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Contents:
    """What a file holds: tensors by name, and of a module the classes and plain attributes."""

    tensors: Mapping[str, Tensor]
    modules: Mapping[str, str]
    settings: Mapping[str, Mapping[str, Any]]


def contents(value: object) -> Contents:
    """Find the tensors in what a pickle holds.

    Parameters
    ----------
    value : object
        What `read_pickle` gave.

    Returns
    -------
    Contents
        The tensors of a module, of a state dict, or of the only one of these in a checkpoint.

    Raises
    ------
    ModelError
        If there is none of these, or a choice, or a module is no tree of modules.
    """
    if isinstance(value, dict):
        value = _chosen(value)
    if isinstance(value, Shell):
        return _walk(_unwrapped(value))
    if not isinstance(value, dict):
        msg = f"it holds a {type(value).__name__}; expected a state dict or a whole module"
        raise ModelError(msg)
    tensors = {name: item for name, item in value.items() if isinstance(item, Tensor)}
    if any(not isinstance(name, str) or len(name) > _MAX_PATH for name in tensors):
        msg = "a tensor in its state dict goes by no name; expected names of parameters"
        raise ModelError(msg)
    if len(tensors) > MAX_NAMES:
        msg = f"its state dict has {len(tensors)} tensors; expected at most {MAX_NAMES}"
        raise ModelError(msg)
    return Contents(tensors=tensors, modules={}, settings={})


def _chosen(checkpoint: dict[Any, object]) -> object:
    # Give the one state dict or module in a checkpoint, or the checkpoint if it is one itself.
    # Each once, since one mapping may be there under any number of keys.
    items = {id(item): item for item in checkpoint.values()}
    holding = {number for number, item in items.items() if _holds_tensors(item)}
    inside = [key for key, item in checkpoint.items() if id(item) in holding]
    direct = [key for key, item in checkpoint.items() if isinstance(item, Tensor)]
    # Beside a state dict, a tensor is something like a loss; names of parameters have a dot.
    dotted = [key for key in direct if isinstance(key, str) and "." in key]
    if len(inside) == 1 and not dotted:
        return checkpoint[inside[0]]
    if inside:
        msg = (
            "it holds tensors under several keys: "
            f"{few(map(_shown, inside + dotted))}. Save the one that is wanted alone"
        )
        raise ModelError(msg)
    if not direct:
        keys = few(map(_shown, checkpoint)) or "none"
        msg = f"no tensors in it (keys: {keys}); expected a state dict or a whole module"
        raise ModelError(msg)
    return checkpoint


def _holds_tensors(item: object) -> bool:
    if isinstance(item, Shell):
        return "_modules" in item.state
    return isinstance(item, dict) and any(isinstance(part, Tensor) for part in item.values())


def _shown(key: object) -> str:
    return repr(key[:60]) if isinstance(key, str) else str(key)[:60]


def _unwrapped(root: Shell) -> Shell:
    # Take the network out of what spreads it over several devices.
    inner = _part(root, "_modules").get("module") if str(root.of) in _WRAPPERS else None
    return inner if isinstance(inner, Shell) else root


def _walk(root: Shell) -> Contents:
    # Name all modules and tensors, each shared module as often as it is reached.
    tensors: dict[str, Tensor] = {}
    modules: dict[str, str] = {}
    settings: dict[str, Mapping[str, Any]] = {}
    plain: dict[int, Mapping[str, Any]] = {}
    left = MAX_NAMES
    waiting: list[tuple[str, Shell, frozenset[int]]] = [("", root, frozenset())]
    while waiting:
        path, module, above = waiting.pop()
        if id(module) in above or len(above) >= _MAX_DEPTH or len(path) > _MAX_PATH:
            msg = f"module {path[:80]!r} contains itself, or lies more than {_MAX_DEPTH} deep"
            raise ModelError(msg)
        left -= 1 + sum(len(_part(module, part)) for part in _PARTS)
        if left < 0:
            msg = f"its modules have more than {MAX_NAMES} names; expected a network"
            raise ModelError(msg)
        modules[path] = str(module.of)
        if id(module) not in plain:
            plain[id(module)] = _settings(module)
        settings[path] = plain[id(module)]
        prefix = f"{path}." if path else ""
        tensors |= {prefix + name: tensor for name, tensor in _own_tensors(module, prefix)}
        inside = [(prefix + name, child) for name, child in _children(module, prefix)]
        below = above | {id(module)}
        waiting += [(name, child, below) for name, child in reversed(inside)]
    return Contents(tensors=tensors, modules=modules, settings=settings)


_PARTS = ("_parameters", "_buffers", "_modules")


def _part(module: Shell, name: str) -> dict[Any, object]:
    part = module.state.get(name)
    if isinstance(part, dict):
        return part
    msg = f"it holds a {module.of}, which has no {name}; expected a module of torch"
    raise ModelError(msg)


def _own_tensors(module: Shell, prefix: str) -> Iterator[tuple[str, Tensor]]:
    passing = module.state.get("_non_persistent_buffers_set", ())
    if not isinstance(passing, set | frozenset):
        passing = frozenset()
    for part in ("_parameters", "_buffers"):
        for name, item in _part(module, part).items():
            if item is None or (part == "_buffers" and name in passing):
                continue
            if not isinstance(item, Tensor):
                msg = f"{part} of module {prefix[:80]!r} has a {type(item).__name__}, no tensor"
                raise ModelError(msg)
            yield _text(name), item


def _children(module: Shell, prefix: str) -> Iterator[tuple[str, Shell]]:
    for name, child in _part(module, "_modules").items():
        if child is None:
            continue
        if not isinstance(child, Shell):
            msg = f"module {prefix[:80]!r} has a {type(child).__name__} among its modules"
            raise ModelError(msg)
        yield _text(name), child


def _text(name: object) -> str:
    if isinstance(name, str) and len(name) <= _MAX_PATH:
        return name
    msg = "a parameter or module in it goes by no name; expected a module of torch"
    raise ModelError(msg)


def _settings(module: Shell) -> Mapping[str, Any]:
    return {
        name: str(item) if isinstance(item, Name) else item
        for name, item in module.state.items()
        if isinstance(name, str) and not name.startswith("_") and _is_plain(item)
    }


def _is_plain(item: object) -> bool:
    if isinstance(item, tuple):
        return len(item) <= _MAX_TUPLE and all(_is_scalar(part) for part in item)
    return isinstance(item, Name) or _is_scalar(item)


def _is_scalar(item: object) -> bool:
    return item is None or isinstance(item, bool | int | float | str)
