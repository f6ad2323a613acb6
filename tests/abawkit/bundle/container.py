"""A bundle, unpacked as the platform does it, and its program run where abawkit is not."""

import os
import re
import subprocess
import sys
from pathlib import Path

import jinja2
import markupsafe
import numpy as np

from abawkit.labels import write_labels

LIBRARIES = (np, jinja2, markupsafe)


def write_truth(folder, challenge, tracks):
    layout = challenge.protocol.annotation
    write_labels(folder, tracks, targets=challenge.targets, layout=layout, sentinels=True)
    return folder


def write_submission(folder, challenge, tracks):
    layout = challenge.protocol.submission
    write_labels(folder, tracks, targets=challenge.targets, layout=layout)
    return folder


def unpack(made, app, submission):
    """Lay files of a bundle and a submission out as in the container; give its folder."""
    places = {"scoring_program": "program", "reference_data": "input/ref"}
    for name, content in made.items():
        top, _, rest = name.partition("/")
        if top in places:
            file = app / places[top] / rest
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
    (app / "output").mkdir()
    (app / "input").mkdir(exist_ok=True)
    (app / "input" / "res").symlink_to(submission)
    return app


def site(folder, libraries=LIBRARIES):
    """Link a few libraries, and no other, into a folder."""
    folder.mkdir()
    for library in libraries:
        source = Path(library.__file__).parent
        (folder / source.name).symlink_to(source)
        binaries = source.with_name(f"{source.name}.libs")
        if binaries.exists():
            (folder / binaries.name).symlink_to(binaries)
    return folder


def run(app, libraries):
    """Run a bundle's command, its paths moved into a folder, without any other library."""
    text = (app / "program" / "metadata.yaml").read_text("utf-8").splitlines()[0]
    python, *rest = text.removeprefix("command: ").split()
    assert python == "python3"
    command = [sys.executable, "-S", "-s", *(part.replace("/app", str(app)) for part in rest)]
    environment = {"PYTHONPATH": str(libraries), "PATH": os.defpath}
    return subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        env=environment,
        cwd=app / "program",
        timeout=120,
    )


def told(text, key):
    """Read the values of a key, on whichever level of a YAML of one-line values."""
    found = re.findall(rf"^\s*(?:- )?{key}: (.*)$", text, re.MULTILINE)
    return [value.strip('"') for value in found]
