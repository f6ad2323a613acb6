"""Small pages of drawn labels, of any challenge."""

import warnings
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np

from abawkit.errors import UncertainWarning
from abawkit.evaluation import evaluate
from abawkit.evaluation.bootstrap import Bootstrap, confidence
from abawkit.evaluation.signature import signature
from abawkit.protocol import CHALLENGES, Categorical, Continuous, blocks
from abawkit.report.html.entry import Entry, Page
from abawkit.track import Track

N_VIDEOS = 22
BOOTSTRAP = Bootstrap(resamples=200)
VOID = {"meta", "link", "input", "br", "wbr", "hr", "img", "circle", "path", "line", "rect"}


def draw_values(challenge, n_frames, rng):
    """Draw label values of some frames, shape ``(n_frames, columns)``."""
    values = np.empty((n_frames, challenge.protocol.columns))
    for target, columns in blocks(challenge.targets):
        shape = n_frames, target.columns
        match target:
            case Continuous():
                values[:, columns] = rng.uniform(target.low, target.high, shape).round(3)
            case Categorical():
                values[:, columns] = rng.integers(0, len(target.names), shape)
            case _:
                values[:, columns] = rng.integers(0, 2, shape)
    return values


def draw_page(name, *, entries=("first",), right=(0.6, 0.3, 0.5), faces=True, videos=None):
    """Draw a page; of each entry so large a share of the frames is as annotated."""
    challenge = CHALLENGES[name]
    rng = np.random.default_rng(3)
    clips = challenge.protocol.annotation.whole_clips
    names = videos or [f"video{i}" for i in range(N_VIDEOS)]
    lengths = {video: 1 if clips else int(rng.integers(20, 30)) for video in names}
    truth = {v: Track.of(v, draw_values(challenge, n, rng)) for v, n in lengths.items()}
    seen = {v: rng.random(n) < 0.8 for v, n in lengths.items()} if faces and not clips else None
    page = Page(title="A page", challenge=challenge, truth=truth, entries=())
    drawn = [
        draw_entry(page, entry, share, faces=seen, rng=rng)
        for entry, share in zip(entries, right, strict=False)
    ]
    return replace(page, entries=tuple(drawn))


def draw_entry(page, name, share, *, faces, rng):
    """Draw a prediction that is right in a share of the frames."""
    challenge, truth, prediction = page.challenge, page.truth, {}
    for video, track in truth.items():
        values = draw_values(challenge, track.n_frames, rng)
        right = rng.random(track.n_frames) < share
        values[right] = track.values[right]
        prediction[video] = Track.of(video, values)
    report = evaluate(challenge, truth, prediction)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UncertainWarning)
        intervals = confidence(report, BOOTSTRAP)
    return Entry(
        name=name,
        report=report,
        intervals=intervals,
        signature=str(signature(report, {"fill": name}, BOOTSTRAP)),
        prediction=prediction,
        faces=faces,
    )


class Outline(HTMLParser):
    """What an HTML page is built of: headings, parts, tables, links, and whether tags close."""

    def __init__(self, html):
        """Parse a page."""
        super().__init__()
        self.lines, self.ids, self.targets, self.open, self.scripts = [], [], [], [], []
        self._text = None
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):  # noqa: D102
        told = dict(attrs)
        self.ids += [told["id"]] if "id" in told else []
        for name in ("for", "aria-labelledby", "aria-describedby", "data-copy", "data-filter"):
            self.targets += told[name].split() if name in told else []
        if told.get("href", "").startswith("#") and "=" not in told["href"]:
            self.targets.append(told["href"][1:])
        if tag not in VOID:
            self.open.append(tag)
        if tag in {"section", "figure", "table", "nav", "main"}:
            self.say(f"{tag} {told.get('id', '')}")
        if tag in {"h1", "h2", "h3", "h4", "th"} and told.get("scope") != "row":
            self._text = ""
        if tag == "script":
            self.scripts.append(told)

    def handle_endtag(self, tag):  # noqa: D102
        if tag in VOID:
            return
        assert self.open.pop() == tag, (tag, self.getpos())
        if tag in {"h1", "h2", "h3", "h4", "th"} and self._text is not None:
            self.say(f"{tag}: {' '.join(self._text.split())}")
            self._text = None

    def handle_data(self, data):  # noqa: D102
        if self._text is not None:
            self._text += data

    def say(self, line):
        """Take a line down, as deep as it stands."""
        depth = sum(tag in {"main", "section", "figure", "table"} for tag in self.open)
        self.lines.append("  " * depth + line.rstrip())
