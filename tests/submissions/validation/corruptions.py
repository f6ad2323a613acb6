"""One wrong thing in one file: how it is made, which code names it, and on which line.

Conventions: a sheet's ``lines`` are those of the file without their ends; ``row`` is the index
of one that is no header, so that its line is ``row + 1``. A change gives the bytes of the file.
"""

from collections.abc import Callable
from dataclasses import dataclass

from abawkit.protocol import Challenge, Continuous, FileFormat, blocks


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One file of a submission, one of its rows and one of the row's label columns."""

    challenge: Challenge
    lines: list[bytes]
    row: int
    column: int

    @property
    def layout(self) -> FileFormat:
        """What the edition asks for."""
        return self.challenge.protocol.submission

    @property
    def target(self):
        """What the column is a label of."""
        targets = self.challenge.targets
        return next(target for target, span in blocks(targets) if self.column < span.stop)

    @property
    def value(self) -> bytes:
        """What stands in the column."""
        return self.lines[self.row].split(b",")[self._field]

    @property
    def _field(self) -> int:
        return self.column - self.challenge.protocol.columns  # From the right, behind any key.

    def with_value(self, value) -> bytes:
        """Put something else in the column."""
        fields = self.lines[self.row].split(b",")
        fields[self._field] = value
        return self.with_line(b",".join(fields))

    def with_key(self, change) -> bytes:
        """Change the first column."""
        key, _, rest = self.lines[self.row].partition(b",")
        return self.with_line(change(key) + b"," + rest)

    def with_line(self, *lines) -> bytes:
        """Put other lines, or none, in the row's place."""
        return text([*self.lines[: self.row], *lines, *self.lines[self.row + 1 :]])


def text(lines) -> bytes:
    return b"".join(line + b"\n" for line in lines)


def here(sheet):
    return sheet.row + 1


def below(sheet):
    return sheet.row + 2


def first(_):
    return 1


def last(sheet):
    return len(sheet.lines)


def behind(sheet):
    return len(sheet.lines) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Corruption:
    """A change, the code and the line of what is then found, and to which files it applies.

    ``also`` are the codes that may be found besides, and ``count`` tells how often it is found.
    """

    code: str
    change: Callable[[Sheet], bytes]
    line: Callable[[Sheet], int] = here
    when: Callable[[Sheet], bool] = lambda _: True
    also: frozenset[str] = frozenset()
    count: int = 1


def is_keyed(sheet):
    return sheet.layout.key is not None


def is_bare(sheet):
    return sheet.layout.key is None


def of_frames(sheet):
    return is_keyed(sheet) and not sheet.layout.whole_clips


def of_clips(sheet):
    return sheet.layout.whole_clips


def names_video(sheet):
    return is_keyed(sheet) and "video" in sheet.layout.key.fields


def has_header(sheet):
    return sheet.layout.header is not None


def is_integer(sheet):
    return not isinstance(sheet.target, Continuous)


def is_continuous(sheet):
    return isinstance(sheet.target, Continuous)


def has_probabilities(sheet):
    return sheet.layout.probabilities


def is_followed(sheet):
    return is_keyed(sheet) and sheet.row < len(sheet.lines) - 1


def has_several(sheet):
    return sheet.lines[-1].count(b",") > 0


def swap(sheet):
    one, two = sheet.lines[sheet.row : sheet.row + 2]
    lines = [*sheet.lines]
    lines[sheet.row : sheet.row + 2] = two, one
    return text(lines)


def drop(sheet):
    return sheet.with_line()


def repeat(sheet):
    return sheet.with_line(sheet.lines[sheet.row], sheet.lines[sheet.row])


def contradict(sheet):
    twin = sheet.lines[sheet.row].split(b",")
    if has_probabilities(sheet):
        # The same label, only less or more certain.
        share = [b"0.9000", b"0.1000"] if twin[-3] > twin[-2] else [b"0.1000", b"0.9000"]
        share = [b"0.5000", b"0.5000"] if share == twin[-3:-1] else share
        return sheet.with_line(sheet.lines[sheet.row], b",".join([*twin[:-3], *share, twin[-1]]))
    wrong = b"0.000001" if is_continuous(sheet) else b"1" if sheet.value == b"0" else b"0"
    twin[sheet.column - sheet.challenge.protocol.columns] = wrong
    return sheet.with_line(sheet.lines[sheet.row], b",".join(twin))


def renamed(key):
    head, slash, rest = key.rpartition(b"/")
    if head:
        return b"nobody" + slash + rest
    return b"nobody.jpg" if key.endswith(b".jpg") else b"nobody"


def beyond(sheet):
    layout = sheet.layout
    video = sheet.lines[-1].partition(b",")[0].rpartition(b"/")[0].decode()
    key = layout.key.pattern.format(video=video, frame=700)
    return text([*sheet.lines, key.encode() + sheet.lines[-1][sheet.lines[-1].find(b",") :]])


def stranger(sheet):
    key, _, rest = sheet.lines[-1].partition(b",")
    return text([*sheet.lines, renamed(key) + b"," + rest])


def sentinel(sheet):
    return sheet.with_value(b"%d" % sheet.target.unannotated)


def odd_sum(sheet):
    key, p0, p1, label = sheet.lines[sheet.row].split(b",")
    off = 0.001 if float(p0) < 0.5 else -0.001
    return sheet.with_line(b"%s,%.4f,%s,%s" % (key, float(p0) + off, p1, label))


def other_label(sheet):
    return sheet.with_value(b"%d" % (1 - int(sheet.value)))


def spaced(sheet):
    line = sheet.lines[sheet.row]
    return sheet.with_line(line.replace(b",", b", ", 1) if b"," in line else line + b" ")


CORRUPTIONS = {
    # Rows.
    "a row is missing": Corruption(code="row-missing", change=drop, when=of_frames),
    "a clip is missing": Corruption(code="video-missing", change=drop, when=of_clips),
    "a line is missing": Corruption(code="row-missing", change=drop, line=last, when=is_bare),
    "a row is there twice": Corruption(
        code="row-duplicate", change=repeat, line=below, when=is_keyed
    ),
    "a row is there with other values": Corruption(
        code="row-duplicate",
        change=contradict,
        line=below,
        when=is_keyed,
    ),
    "a line is too many": Corruption(code="row-extra", change=repeat, line=behind, when=is_bare),
    "two rows are swapped": Corruption(code="row-order", change=swap, when=is_followed, count=2),
    "a frame is too many": Corruption(
        code="row-extra", change=beyond, line=behind, when=of_frames
    ),
    "a clip is too many": Corruption(
        code="video-unknown", change=stranger, line=behind, when=of_clips
    ),
    "a video has another name": Corruption(
        code="video-unknown",
        change=lambda s: s.with_key(renamed),
        when=names_video,
        also=frozenset({"row-missing", "video-missing"}),
    ),
    "a key has another form": Corruption(
        code="key",
        change=lambda s: s.with_key(lambda key: key + b"x"),
        when=lambda s: is_keyed(s) and s.layout.key.pattern != "{video}",
        also=frozenset({"row-missing", "video-missing"}),
    ),
    "a dot of a key is another letter": Corruption(
        code="key",
        change=lambda s: s.with_key(lambda key: b"x".join(key.rsplit(b".", 1))),
        when=lambda s: is_keyed(s) and s.layout.key.pattern.endswith(".jpg"),
        also=frozenset({"row-missing", "video-missing"}),
    ),
    # Columns and header.
    "the header is misspelt": Corruption(
        code="header",
        change=lambda s: text([b"x" + s.lines[0], *s.lines[1:]]),
        line=first,
        when=has_header,
    ),
    "the header is another's": Corruption(
        code="header",
        change=lambda s: text([b"angle,size", *s.lines[1:]]),
        line=first,
        when=has_header,
    ),
    "the header is missing": Corruption(
        code="header", change=lambda s: text(s.lines[1:]), line=first, when=has_header
    ),
    "a header is too many": Corruption(
        code="header",
        change=lambda s: text([b"video,label", *s.lines]),
        line=first,
        when=lambda s: not has_header(s),
    ),
    "a column is too many": Corruption(
        code="columns", change=lambda s: s.with_line(s.lines[s.row] + b",0")
    ),
    "a column is missing": Corruption(
        code="columns",
        change=lambda s: s.with_line(s.lines[s.row].rpartition(b",")[0]),
        when=has_several,
    ),
    "a comma ends a row": Corruption(
        code="trailing-comma", change=lambda s: s.with_line(s.lines[s.row] + b",")
    ),
    # Values.
    "a value is NaN": Corruption(code="nan", change=lambda s: s.with_value(b"nan")),
    "a value is infinite": Corruption(code="nan", change=lambda s: s.with_value(b"-inf")),
    "a value is text": Corruption(code="text", change=lambda s: s.with_value(b"O.5")),
    "a value is empty": Corruption(
        code="empty-value", change=lambda s: s.with_value(b""), when=has_several
    ),
    "a value is out of range": Corruption(code="range", change=lambda s: s.with_value(b"9")),
    "a sentinel is left in": Corruption(code="sentinel", change=sentinel),
    "a label is no integer": Corruption(
        code="range", change=lambda s: s.with_value(b"0.5"), when=is_integer
    ),
    "an integer has a point": Corruption(
        code="number-format", change=lambda s: s.with_value(s.value + b".0"), when=is_integer
    ),
    "a number has an exponent": Corruption(
        code="number-notation", change=lambda s: s.with_value(b"1e-1"), when=is_continuous
    ),
    "probabilities do not add up": Corruption(
        code="probability",
        change=odd_sum,
        when=has_probabilities,
        also=frozenset({"label-probability"}),
    ),
    "the label is the less probable one": Corruption(
        code="label-probability", change=other_label, when=has_probabilities
    ),
    # Text.
    "a line ends in CRLF": Corruption(
        code="line-ends", change=lambda s: s.with_line(s.lines[s.row] + b"\r")
    ),
    "a comma is followed by a space": Corruption(code="spaces", change=spaced),
    "a blank line is in between": Corruption(
        code="blank-line", change=lambda s: s.with_line(b"", s.lines[s.row])
    ),
    "a blank line is at the end": Corruption(
        code="blank-line", change=lambda s: text([*s.lines, b""]), line=behind
    ),
    "the last line is cut off": Corruption(
        code="last-line", change=lambda s: text(s.lines)[:-1], line=last
    ),
    "the file begins with a byte order mark": Corruption(
        code="encoding", change=lambda s: b"\xef\xbb\xbf" + text(s.lines), line=first
    ),
    "a byte is no UTF-8": Corruption(
        code="encoding",
        change=lambda s: s.with_line(s.lines[s.row] + b"\xff"),
        also=frozenset({"text"}),
    ),
}


def pick_sheet(challenge, data, number):
    """Take the lines of a file, and pick one of its rows and one of its columns by a number."""
    lines = data.removesuffix(b"\n").split(b"\n")
    head = challenge.protocol.submission.header is not None
    columns = challenge.protocol.columns
    return Sheet(
        challenge=challenge,
        lines=lines,
        row=head + number // columns % (len(lines) - head),
        column=number % columns,
    )
