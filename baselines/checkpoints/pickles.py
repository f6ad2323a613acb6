"""Pickles as data: an interpreter that builds values and runs nothing of what it reads.

`pickle` imports and calls whatever a file names, so that a weight file is a program. Here a name
stays a name. A few names have a builder, a function of ours that makes plain data; a class or
function of a network library becomes a `Shell`, which holds what the file says of it; any other
name is refused. Nothing is ever imported.

Work and memory are bounded by what the file itself has. Keys are of plain types only, since
hashing others can be made to take forever. The opcodes are those of protocols 2 to 5 as CPython's
``pickletools`` describes them.
"""

from __future__ import annotations

import pickletools
import struct
from typing import TYPE_CHECKING, Any, BinaryIO

from abawkit.errors import ModelError
from baselines.checkpoints.machine import Machine, Vocabulary, check_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def _fill(target: object, items: list[Any]) -> None:
    if not isinstance(target, dict) or len(items) % 2:
        raise TypeError
    for key, value in zip(items[::2], items[1::2], strict=True):
        target[check_key(key)] = value


def _fill_marked(machine: Machine, fill: Callable[[object, list[Any]], None]) -> None:
    items = machine.marked()
    fill(machine.stack[-1], items)


def _append(target: object, items: list[Any]) -> None:
    if not isinstance(target, list):
        raise TypeError
    target.extend(items)


def _add(target: object, items: list[Any]) -> None:
    if not isinstance(target, set):
        raise TypeError
    target.update(check_key(item) for item in items)


def _tuple(machine: Machine, count: int) -> None:
    if len(machine.stack) < count:
        raise IndexError
    machine.stack[-count:] = [tuple(machine.stack[-count:])]


def _mark(machine: Machine) -> None:
    machine.outer.append(machine.stack)
    machine.stack = []


def _stack_global(machine: Machine) -> None:
    name, module = machine.stack.pop(), machine.stack.pop()
    machine.stack.append(machine.find(module, name))


def _reduce(machine: Machine) -> None:
    arguments, of = machine.stack.pop(), machine.stack.pop()
    machine.stack.append(machine.call(of, arguments))


def _new_with_keywords(machine: Machine) -> None:
    keywords, arguments, of = (machine.stack.pop() for _ in range(3))
    if not isinstance(keywords, dict) or keywords:
        raise TypeError
    machine.stack.append(machine.call(of, arguments))


def _instance(machine: Machine, dotted: str) -> None:
    arguments = tuple(machine.marked())
    machine.stack.append(machine.call(machine.find(*dotted.split(" ", 1)), arguments))


def _object(machine: Machine) -> None:
    of, *arguments = machine.marked()
    machine.stack.append(machine.call(of, tuple(arguments)))


def _build(machine: Machine) -> None:
    state = machine.stack.pop()
    machine.build(machine.stack[-1], state)


def _set_item(machine: Machine) -> None:
    value, key = machine.stack.pop(), machine.stack.pop()
    _fill(machine.stack[-1], [key, value])


def _append_one(machine: Machine) -> None:
    value = machine.stack.pop()
    _append(machine.stack[-1], [value])


def _push(machine: Machine, value: object) -> None:
    machine.stack.append(value)


def _remember(machine: Machine, index: int) -> None:
    machine.memo[index] = machine.stack[-1]


def _nothing(_machine: Machine, _argument: object) -> None:
    """Go on: the protocol and the frames only announce what follows."""


_ARGUMENT_FREE: Mapping[str, Callable[[Machine], object]] = {
    "NONE": lambda machine: machine.stack.append(None),
    "NEWTRUE": lambda machine: machine.stack.append(True),
    "NEWFALSE": lambda machine: machine.stack.append(False),
    "EMPTY_TUPLE": lambda machine: machine.stack.append(()),
    "EMPTY_LIST": lambda machine: machine.stack.append([]),
    "EMPTY_DICT": lambda machine: machine.stack.append({}),
    "EMPTY_SET": lambda machine: machine.stack.append(set()),
    "TUPLE": lambda machine: _push(machine, tuple(machine.marked())),
    "TUPLE1": lambda machine: _tuple(machine, 1),
    "TUPLE2": lambda machine: _tuple(machine, 2),
    "TUPLE3": lambda machine: _tuple(machine, 3),
    "FROZENSET": lambda machine: _push(machine, frozenset(map(check_key, machine.marked()))),
    "SETITEM": _set_item,
    "SETITEMS": lambda machine: _fill_marked(machine, _fill),
    "APPEND": _append_one,
    "APPENDS": lambda machine: _fill_marked(machine, _append),
    "ADDITEMS": lambda machine: _fill_marked(machine, _add),
    "MARK": _mark,
    "POP": lambda machine: machine.stack.pop(),
    "POP_MARK": lambda machine: machine.marked(),
    "DUP": lambda machine: machine.stack.append(machine.stack[-1]),
    "MEMOIZE": lambda machine: _remember(machine, len(machine.memo)),
    "STACK_GLOBAL": _stack_global,
    "REDUCE": _reduce,
    "NEWOBJ": _reduce,
    "NEWOBJ_EX": _new_with_keywords,
    "OBJ": _object,
    "BUILD": _build,
    "BINPERSID": lambda machine: _push(machine, machine.persist(machine.stack.pop())),
}
_PUSHED = (
    *("BININT", "BININT1", "BININT2", "LONG1", "LONG4", "BINFLOAT"),
    *("BINSTRING", "SHORT_BINSTRING", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"),
    *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"),
)
_WITH_ARGUMENT: Mapping[str, Callable[[Machine, Any], object]] = {
    **dict.fromkeys(_PUSHED, _push),
    "PROTO": _nothing,
    "FRAME": _nothing,
    "BINPUT": _remember,
    "LONG_BINPUT": _remember,
    "BINGET": lambda machine, index: _push(machine, machine.memo[index]),
    "LONG_BINGET": lambda machine, index: _push(machine, machine.memo[index]),
    "GLOBAL": lambda machine, names: _push(machine, machine.find(*names.split(" ", 1))),
    "INST": _instance,
}
_STEPS: Mapping[bytes, tuple[Callable[[BinaryIO], Any] | None, Callable[..., object]]] = {
    opcode.code.encode("latin-1"): (opcode.arg.reader if opcode.arg else None, steps[opcode.name])
    for opcode in pickletools.opcodes
    for steps in (_ARGUMENT_FREE, _WITH_ARGUMENT)
    if opcode.name in steps
}
_REFUSED = {
    code: opcode.name
    for opcode in pickletools.opcodes
    if (code := opcode.code.encode("latin-1")) not in _STEPS and opcode.name != "STOP"
}


def read_pickle(stream: BinaryIO, vocabulary: Vocabulary) -> object:
    """Read one pickle from where a stream stands; leave the stream behind it.

    Parameters
    ----------
    stream : BinaryIO
        A stream over bytes in memory.
    vocabulary : Vocabulary
        Which names the pickle may use.

    Returns
    -------
    object
        Plain values, what the builders made, names and shells. Lists, dicts and shells may
        contain themselves.

    Raises
    ------
    ModelError
        If the pickle is damaged, is too much work, or uses a name that is not in the vocabulary.
    """
    machine = Machine(vocabulary)
    try:
        while (code := stream.read(1)) != b".":
            read, step = _STEPS[code]
            machine.spend(1)
            if read is None:
                step(machine)
            else:
                step(machine, read(stream))
        return machine.stack.pop()
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        TypeError,
        ValueError,
        struct.error,
    ) as error:
        place = stream.tell()
        msg = (
            f"the pickle in it uses {_REFUSED[code]}, which weights have no use for"
            if code in _REFUSED
            else f"the pickle in it is cut off or damaged at its byte {place}; get the file again"
        )
        raise ModelError(msg) from error
