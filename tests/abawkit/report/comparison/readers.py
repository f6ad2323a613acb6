"""Reading printed comparisons back: plain parsers of Markdown and LaTeX tables."""

import re

_ESCAPED = re.compile(r"\\(.)")
_ARGUMENT = r"(?:[^{}]|\{\})*"
_COMMANDS = {
    r"\textbackslash{}": "\0",
    r"\textasciitilde{}": "~",
    r"\textasciicircum{}": "^",
    r"\textless{}": "<",
    r"\textgreater{}": ">",
    r"\textbar{}": "|",
}


def markdown_tables(text):
    """Give each table as rows of cells, and what stands outside of tables."""
    tables, rest, rows = [], [], []
    for line in [*text.splitlines(), ""]:
        if line.startswith("|"):
            assert line.endswith(" |")
            rows.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
            continue
        if rows:
            assert len({len(row) for row in rows}) == 1
            assert all(re.fullmatch(":--|--:", cell) for cell in rows.pop(1))
            tables.append(rows)
            rows = []
        rest.append(line)
    return tables, "\n".join(rest)


def markdown_text(cell):
    """Give a cell's text, whether it is bold, and its superscript."""
    text, _, above = cell.removesuffix("</sup>").partition("<sup>")
    bold = text.startswith("**") and text.endswith("**")
    text = text[2:-2] if bold else text
    assert not re.search(r"(?<!\\)[*_`<>\[\]|]", re.sub(r"\\\\", "", text))
    return _ESCAPED.sub(r"\1", text), bold, above


def latex_tables(text):
    """Give each table as rows of cells, after checks that it compiles, and the captions."""
    lines = [line.strip() for line in text.splitlines() if not line.startswith("%")]
    tables, captions, opened, rows, width = [], [], [], None, 0
    for line in lines:
        begun, ended = (re.match(rf"\\{what}{{(\w+)}}", line) for what in ("begin", "end"))
        if begun:
            opened.append(begun[1])
            if begun[1] == "tabular":
                width, rows = len(re.fullmatch(r"\\begin{tabular}{([lr]+)}", line)[1]), []
        elif ended:
            assert opened.pop() == ended[1]
            if ended[1] == "tabular":
                tables.append(rows)
        elif line.startswith(r"\caption{"):
            captions.append(latex_text(line.removeprefix(r"\caption{").removesuffix("}"))[0])
        elif line.endswith(r"\\"):
            cells = [cell.strip() for cell in re.split(r"(?<!\\)&", line.removesuffix(r"\\"))]
            assert len(cells) == width
            rows.append(cells)
        else:
            assert line in {r"\toprule", r"\midrule", r"\bottomrule", r"\centering", ""}
    assert not opened
    return tables, captions


def latex_text(cell):
    """Give a cell's text, whether it is bold, and its superscript."""
    above = re.search(r"\\textsuperscript{(.*)}$", cell)
    text = cell[: above.start()] if above else cell
    bold = re.fullmatch(rf"\\textbf{{({_ARGUMENT})}}", text)
    text = re.sub(r"\$([+-])\$", r"\1", bold[1] if bold else text)
    for command, character in _COMMANDS.items():
        text = text.replace(command, character)
    assert not re.search(r"(?<!\\)[&%$#_{}]", text)
    text = _ESCAPED.sub(r"\1", text).replace("\0", "\\")
    return text, bool(bold), above[1] if above else ""
