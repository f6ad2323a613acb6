"""Making wrong files out of valid ones: by bytes, by numbers, by fields and by lines."""

import json
import re

TOKENS = [
    *(b"", b" ", b"\t", b",", b",,", b"\n", b"\r", b"\r\n", b"\x00", b"\x0b", b"\x1a", b"\x85"),
    *(
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\xff",
        b"\xc3",
        b"\xc3\xa9",
        b"\xe2\x80\xa8",
        b"\xed\xa0\x80",
    ),
    *(b"nan", b"NaN", b"inf", b"-inf", b"1e999", b"1e-999", b"-0.0", b"1_0", b"0x1", b"1e0"),
    *(b"-5", b"-1", b"0", b"1", b"2", b"8", b"1.0", b"+1", b"01", b".", b"-", b"e", b"1.", b".5"),
    *(b"\xd9\xa1", b"None", b"true", b"9" * 20, b"9" * 400, b"0." + b"1" * 400, b"1.3", b"0.5"),
    *(b"00000", b"00001", b"99999", b"100000", b"9999999", b"10000000", b"-00001", b"/", b"//"),
    *(b"..", b"a.b+c(1)", b"_left", b"_right", b".jpg", b".png", b"frame-0", b"video", b"{video}"),
    *(b"%s", b"\\", b'"', b"'", b";", b"#", b"[", b"]", b"{", b"}", b"image_location", b"image"),
    *(b"valence,arousal", b"Filename", b"File_ID", b"frames", b"Frame_Number"),
]


def mutated(data, others, rng):
    """Change a valid input in one place or a few, now and then beyond recognition."""
    for _ in range(int(rng.integers(1, 5))):
        change = CHANGES[int(rng.integers(len(CHANGES)))]
        data = change(data, others, rng)
    return data[: 1 << 16]


def _pick(items, rng):
    return items[int(rng.integers(len(items)))]


def _span(data, rng, *, longest=64):
    start = int(rng.integers(len(data) + 1))
    return start, min(len(data), start + int(rng.integers(longest)))


def _random(_data, _others, rng):
    return rng.bytes(int(rng.integers(200)))


def _flip(data, _, rng):
    changed = bytearray(data)
    for _ in range(int(rng.integers(1, 4))):
        if changed:
            changed[int(rng.integers(len(changed)))] = int(rng.integers(256))
    return bytes(changed)


def _insert(data, _, rng):
    start, _ = _span(data, rng)
    return data[:start] + _pick(TOKENS, rng) + data[start:]


def _remove(data, _, rng):
    start, stop = _span(data, rng)
    return data[:start] + data[stop:]


def _cut(data, _, rng):
    return data[: _span(data, rng)[0]]


def _field(data, _, rng):
    lines = data.split(b"\n")
    row = int(rng.integers(len(lines)))
    fields = lines[row].split(b",")
    fields[int(rng.integers(len(fields)))] = _pick(TOKENS, rng)
    lines[row] = b",".join(fields)
    return b"\n".join(lines)


def _number(data, _, rng):
    found = [*re.finditer(rb"[0-9]+", data)]
    if not found:
        return data
    start, stop = _pick(found, rng).span()
    return data[:start] + _pick(TOKENS, rng) + data[stop:]


def _every_line(data, _, rng):
    old, new = _pick([b"\n", b",", b"0", b"1", b".", b"/"], rng), _pick(TOKENS, rng)
    return data.replace(old, _pick([old + new, new + old, new], rng))


def _lines(data, others, rng):
    lines = data.split(b"\n")
    one, two = (int(rng.integers(len(lines))) for _ in range(2))
    match int(rng.integers(5)):
        case 0:
            lines[one], lines[two] = lines[two], lines[one]
        case 1:
            lines.insert(one, lines[two])
        case 2:
            del lines[one]
        case 3:
            lines.insert(one, _pick(_pick(others, rng).split(b"\n"), rng))
        case _:
            lines[one:one] = lines[min(one, two) : max(one, two)]
    return b"\n".join(lines)


def _splice(data, others, rng):
    other = _pick(others, rng)
    return data[: _span(data, rng)[0]] + other[_span(other, rng)[0] :]


ODD = [None, True, 0, -1, 1e308, "", "x", "\ud800", [], [[]], {}, {"a": 1}, "9" * 500, 2**70]


def _json(data, others, rng):
    try:
        content = json.loads(data) if data.startswith(b"{") else None
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict | list) or not content:
        return _field(data, others, rng)
    node = content
    while True:
        place = _pick([*node] if isinstance(node, dict) else range(len(node)), rng)
        if not (isinstance(node[place], dict | list) and node[place] and rng.random() < 0.8):
            break
        node = node[place]
    if rng.random() < 0.3:
        del node[place]
    else:
        node[place] = _pick(ODD, rng)
    return json.dumps(content).encode()


CHANGES = [
    *(_flip, _insert, _remove, _cut, _splice, _random),
    *(_field, _field, _number, _number, _every_line, _lines, _lines, _json, _json),
]


def smaller(data, fails):
    """Take away as much of a failing input as still fails: lines first, then single bytes."""
    for mark in (b"\n", None):
        parts = data.split(mark) if mark else [data[i : i + 1] for i in range(len(data))]
        size = max(len(parts) // 2, 1)
        while size:
            start = 0
            while start < len(parts):
                fewer = parts[:start] + parts[start + size :]
                if fails((mark or b"").join(fewer)):
                    parts = fewer
                else:
                    start += size
            size //= 2
        data = (mark or b"").join(parts)
    return data
