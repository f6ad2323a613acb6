"""Feed every parser with wrong files for some minutes; keep what breaks one.

    python -m tests.fuzz.fuzz --minutes 10

A find is made as small as it still fails and kept in ``corpus/<parser>/<challenge>/``, which
`test_corpus` reads again with every test run. Exits with 1 if there was one.
"""

import argparse
import hashlib
import sys
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from abawkit.errors import AbawkitError, AbawkitWarning
from abawkit.protocol import CHALLENGES
from tests.fuzz.limits import TooSlowError, bounded
from tests.fuzz.mutations import mutated, smaller
from tests.fuzz.parsers import PARSERS

CORPUS = Path(__file__).parent / "corpus"
ROOT = Path(__file__).parents[2]
PACKAGES = "abawkit", "submissions", "baselines", "tests"


def say(text):
    """Tell the one who runs this."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def failure(parser, data, challenge):
    """Run a parser on an input and say what is wrong with how it takes it, or None."""
    parse, _ = PARSERS[parser]
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", AbawkitWarning)
        try:
            with bounded():
                parse(data, challenge, Path(folder))
        except AbawkitError as error:
            return None if str(error).strip() else f"{type(error).__name__} without a word"
        except OSError as error:  # Of the file system, which the command line tells as it is.
            return None if error.filename else _named(error)
        except (Exception, TooSlowError) as error:  # noqa: BLE001 - the very thing looked for
            return _named(error)
    return None


def _named(error):
    frames = [
        f"{Path(frame.filename).name}:{frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
        if any(Path(frame.filename).is_relative_to(ROOT / name) for name in PACKAGES)
    ]
    return f"{type(error).__name__} at {frames[-1]}: {str(error)[:120]!r}"


def distinct():
    """Give one challenge of each kind: those of later editions often differ in nothing."""
    kinds = {
        (
            row.protocol.annotation,
            row.protocol.submission,
            tuple(t.names for t in row.targets),
        ): row
        for row in CHALLENGES.values()
    }
    return list(kinds.values())


def keep(parser, data, challenge, found):
    """Make a find small and write it to the corpus."""
    place = found.partition(": ")[0]
    data = smaller(
        data, lambda fewer: (failure(parser, fewer, challenge) or "").partition(": ")[0] == place
    )
    path = CORPUS / parser / challenge.name / hashlib.sha256(data).hexdigest()[:12]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    say(f"{parser} {challenge.name}: {found}: {data[:200]!r} ({path})")


def main(minutes, seed, parsers):
    rng = np.random.default_rng(seed)
    challenges = distinct()
    stop = time.monotonic() + 60 * minutes
    runs, finds = Counter(), {None}
    while time.monotonic() < stop:
        for parser in parsers:
            challenge = challenges[int(rng.integers(len(challenges)))]
            files = PARSERS[parser][1](challenge, rng)
            for _ in range(20):
                data = mutated(files[int(rng.integers(len(files)))], files, rng)
                runs[parser] += 1
                found = failure(parser, data, challenge)
                place = None if found is None else (parser, found.partition(": ")[0])
                if place not in finds:
                    finds.add(place)
                    keep(parser, data, challenge, found)
    for parser, count in runs.items():
        say(f"{parser}: {count} inputs")
    say(f"{len(finds) - 1} finds")
    return len(finds) > 1


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--minutes", type=float, default=10)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--parser", choices=PARSERS, action="append")
    chosen = options.parse_args()
    sys.exit(main(chosen.minutes, chosen.seed, chosen.parser or list(PARSERS)))
