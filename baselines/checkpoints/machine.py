"""What a pickle may build: values, names, shells, and the machine that holds them meanwhile.

See `baselines.checkpoints.pickles`, which reads the opcodes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from abawkit.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# A whole network of 360 tensors takes 45,000 steps.
MAX_WORK = 2_000_000
_MAX_KEY = 2**64
_MAX_TEXT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A class or function that a pickle refers to; ``str()`` gives the dotted name."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Shell:
    """What a pickle says of an object whose class stays unknown: its name and its attributes.

    It has no ``repr()`` of its own, since shells may hold one another without end.
    """

    of: Name
    arguments: tuple[object, ...]
    state: dict[Any, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """Which names a pickle may use.

    ``builders`` make plain data, by dotted name; ``inert`` are further names, and ``packages``
    those whose every class and function is, that become a `Shell`. ``persistent`` makes a value
    of a persistent id, by which torch refers to bytes outside the pickle.
    """

    builders: Mapping[str, Callable[..., object]]
    inert: frozenset[str]
    packages: tuple[str, ...]
    persistent: Callable[[object], object] | None = None


NO_NAMES = Vocabulary(builders={}, inert=frozenset(), packages=())


def check_key(key: object) -> object:
    """Let a value through that may be the key of a dict or a member of a set.

    Parameters
    ----------
    key : object
        Any value from a pickle.

    Returns
    -------
    object
        The same.

    Raises
    ------
    ModelError
        If it is of another type than text, number, truth value or None.
    """
    # Equal hashes are made easily of long integers and of tuples, and cost quadratic time.
    if isinstance(key, str | float | None) or (isinstance(key, int) and abs(key) < _MAX_KEY):
        return key
    msg = f"a key of a mapping or set in it is a {type(key).__name__}; expected text or a number"
    raise ModelError(msg)


class Machine:
    """The stack, the memo and the marks of one pickle."""

    __slots__ = ("left", "memo", "outer", "stack", "vocabulary")

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.stack: list[Any] = []
        self.outer: list[list[Any]] = []
        self.memo: dict[int, Any] = {}
        self.left = MAX_WORK

    def spend(self, work: int) -> None:
        """Count work that grows with the file, or with copies of what is in it.

        Parameters
        ----------
        work : int
            Opcodes, or members that are copied.

        Raises
        ------
        ModelError
            If it gets too much.
        """
        self.left -= work
        if self.left < 0:
            msg = f"the pickle in it takes more than {MAX_WORK} steps; expected a weight file"
            raise ModelError(msg)

    def marked(self) -> list[Any]:
        """Take what lies above the last mark.

        Returns
        -------
        list
            The values, the lowest first.
        """
        items = self.stack
        self.stack = self.outer.pop()
        return items

    def find(self, module: object, name: object) -> Name:
        """Let through a name that the vocabulary has.

        Parameters
        ----------
        module, name : object
            Both text in a proper pickle.

        Returns
        -------
        Name
            The name, and nothing of what it stands for.

        Raises
        ------
        TypeError
            If they are no text.
        ModelError
            If the vocabulary has not that name.
        """
        if not (isinstance(module, str) and isinstance(name, str)):
            raise TypeError
        words = self.vocabulary
        dotted = f"{module[:_MAX_TEXT]}.{name[:_MAX_TEXT]}"
        known = dotted in words.builders or dotted in words.inert
        inside = any(dotted.startswith(f"{package}.") for package in words.packages)
        # A name with a dot would be an attribute of an attribute: torch.nn has "modules.os".
        if name.isidentifier() and len(dotted) < _MAX_TEXT and (known or inside):
            return Name(module=module, name=name)
        msg = (
            f"it refers to {dotted!r}, which no weights need, so it is refused; nothing in "
            "the file was run. Expected tensors and the layers of known network libraries: if "
            "you trust the file, load it where it was made and save its state_dict() only"
        )
        raise ModelError(msg)

    def call(self, of: object, arguments: object) -> object:
        """Make a value of a name and its arguments.

        Parameters
        ----------
        of, arguments : object
            A `Name` and a tuple in a proper pickle.

        Returns
        -------
        object
            What the builder made, or a `Shell`.

        Raises
        ------
        TypeError
            If they are something else.
        """
        if not (isinstance(of, Name) and isinstance(arguments, tuple)):
            raise TypeError
        builder = self.vocabulary.builders.get(str(of))
        if builder is None:
            return Shell(of=of, arguments=arguments)
        self.spend(sum(map(_size, arguments)))
        return builder(*arguments)

    def build(self, target: object, state: object) -> None:
        """Give a shell its attributes; those of a mapping are of no use.

        Parameters
        ----------
        target, state : object
            What gets attributes, and a dict of them or a tuple of such dicts.

        Raises
        ------
        TypeError
            If the target can have none.
        """
        if not isinstance(target, Shell | dict):
            raise TypeError
        # State of another form is what numpy's values have, which nobody reads.
        for part in state if isinstance(state, tuple) else (state,):
            if isinstance(target, Shell) and isinstance(part, dict):
                self.spend(len(part))
                target.state.update(part)

    def persist(self, pid: object) -> object:
        """Make a value of a persistent id.

        Parameters
        ----------
        pid : object
            What the pickle says of it.

        Returns
        -------
        object
            What the vocabulary makes of it.

        Raises
        ------
        TypeError
            If the vocabulary has no persistent ids.
        """
        if self.vocabulary.persistent is None:
            raise TypeError
        return self.vocabulary.persistent(pid)


def _size(argument: object) -> int:
    if isinstance(argument, str | bytes | bytearray):
        return len(argument) // 16
    return len(argument) if isinstance(argument, list | tuple | dict | set) else 0
