"""Every parser of the three packages, as a function of the bytes of one file.

Each may refuse what it is given with an `AbawkitError` and may warn with an `AbawkitWarning`;
whatever else it raises is a find, and so is what it takes without being right.
"""

from abawkit.errors import AbawkitError, UsageError
from abawkit.labels import detect_challenge, read_labels
from abawkit.lists import read_frame_counts, read_video_list
from submissions import load_run
from submissions.conversion.conversion import convert
from submissions.difference.files import compare_files
from submissions.difference.rendering import as_json as difference_json
from submissions.difference.rendering import as_text as difference_text
from submissions.following import run_template
from submissions.identify import identify
from submissions.packing.manifest import read_pack_manifest
from submissions.template import Template
from submissions.trials.ledger import add_trials, read_trials
from submissions.trials.recording import listing
from submissions.trials.sent import read_sent
from submissions.trials.trial import Trial
from submissions.validation.fixing.fix import fix
from submissions.validation.rendering import as_json, as_text
from submissions.validation.validate import validate
from tests.fuzz import seeds
from tests.submissions.asked import predict, submit

MOST_ROWS = 10_000
"""How large a sample may be to be followed here."""


def _label_file(folder, data, challenge):
    path = folder / challenge.protocol.submission.file.format(video="video59")
    path.write_bytes(data)
    return path


def _asked(challenge):
    videos = dict(seeds.LENGTHS)
    if challenge.protocol.submission.per_video:
        videos = {"video59": videos["video59"]}
    return Template.of_frames(videos, challenge, source="here")


def _labels(data, challenge, folder):
    read_labels(_label_file(folder, data, challenge), challenge)


def _header(data, challenge, folder):
    path = _label_file(folder, data, challenge)
    identify(path, task=challenge.protocol.task)
    detect_challenge(path)


def _video_list(data, _, folder):
    path = folder / "list.txt"
    path.write_bytes(data)
    read_video_list(path).challenges()


def _frame_counts(data, _, folder):
    path = folder / "frames.csv"
    path.write_bytes(data)
    read_frame_counts(path)


def _submission(data, challenge, folder):
    # What is called valid can be read.
    path = _label_file(folder, data, challenge)
    for template in (None, _asked(challenge)):
        verdict = validate(path, challenge, template=template, against=path)
        as_text(verdict)
        as_json(verdict)
        if verdict.ok:
            try:
                read_labels(path, challenge)
            except AbawkitError as error:
                msg = f"valid, but not read: {error}"
                raise RuntimeError(msg) from error


def _sample(data, challenge, folder):
    # What is written as a sample asks is valid.
    path = _label_file(folder, data, challenge)
    template = Template.read(path, challenge)
    if template.rows is None or not template.n_frames:
        return
    if max([len(template.rows), *template.rows.frame.tolist()]) > MOST_ROWS:
        return
    own = submit(folder / "own", challenge, predict(challenge, template), template)
    errors = validate(own, challenge, template=template).errors
    if errors:
        msg = f"written as the sample asks, but not valid: {errors}"
        raise RuntimeError(msg)


def _fix(data, challenge, folder):
    path = _label_file(folder, data, challenge)
    before = path.read_bytes()
    try:
        fix(path, challenge, template=_asked(challenge), fill="linear")
    finally:
        if path.read_bytes() != before:
            msg = "the input was touched"
            raise RuntimeError(msg)
    fix(path, challenge, out=folder / "other.txt")


def _difference(data, challenge, folder):
    own = folder / "own"
    own.mkdir()
    path = _label_file(own, data, challenge)
    other = _label_file(folder, seeds.labels(challenge, seeds.steady())[-1], challenge)
    difference = compare_files(path, other, task=challenge.name)
    difference_text(difference)
    difference_json(difference)


def _table(data, challenge, folder):
    path = folder / "video59.csv"
    path.write_bytes(data)
    convert([path], challenge, out=folder / "out", fill="linear")


def _arrays(data, challenge, folder):
    path = folder / "video59.npz"
    path.write_bytes(data)
    convert([path], challenge, out=folder / "out", fill="nearest")


def _manifest(data, challenge, folder):
    for name, content in _run_files(challenge).items():
        path = folder / "run" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (folder / "run" / "manifest.json").write_bytes(data)
    challenge = identify(folder / "run")
    run = load_run(folder / "run")
    validate(folder / "run", challenge, template=run_template(run))


def _raw(data, challenge, folder):
    for name, content in _run_files(challenge).items():
        path = folder / "run" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if name.endswith("video1.npz") else content)
    run = load_run(folder / "run")
    run_template(run)
    assert run.tracks


def _run_files(challenge):
    if challenge.name not in seeds.FRAME_LEVEL:
        msg = "no run of this challenge"
        raise UsageError(msg)
    return seeds.run_files(challenge)


def _pack_manifest(data, _, folder):
    path = folder / "a.json"
    path.write_bytes(data)
    read_pack_manifest(path)


def _archive(data, challenge, folder):
    path = folder / "a.zip"
    path.write_bytes(data)
    read_sent(path, task=challenge.name, sent="2026-01-01")


def _ledger(data, challenge, folder):
    path = folder / "trials.sqlite"
    path.write_bytes(data)
    listing(ledger=path)
    add_trials(path, [Trial(challenge=challenge.name, sent="2026-01-01", file="", content="new")])
    if not any(trial.content == "new" for trial in read_trials(path)):
        msg = "what was added is not there"
        raise RuntimeError(msg)


PARSERS = {
    "labels": (_labels, seeds.labels),
    "header": (_header, seeds.labels),
    "video-list": (_video_list, seeds.labels),
    "frame-counts": (_frame_counts, seeds.labels),
    "submission": (_submission, seeds.labels),
    "sample": (_sample, seeds.labels),
    "fix": (_fix, seeds.labels),
    "difference": (_difference, seeds.labels),
    "table": (_table, seeds.tables),
    "arrays": (_arrays, seeds.arrays),
    "manifest": (_manifest, seeds.manifests),
    "raw": (_raw, seeds.raw_outputs),
    "pack-manifest": (_pack_manifest, seeds.pack_manifests),
    "archive": (_archive, seeds.archives),
    "ledger": (_ledger, seeds.ledgers),
}
"""What each parser is fed, by its name: the function, and what gives valid inputs."""
