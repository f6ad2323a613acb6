"""A run that can have no labels is not begun."""

import pytest

from abawkit.errors import SubmissionError
from abawkit.protocol import find_challenge
from submissions import Processing
from submissions.following import run_template
from submissions.writing import write_run
from tests.baselines.fakes import contents
from tests.submissions.runs import draw_run, make_run

VA = find_challenge("va")


@pytest.mark.parametrize("force", [False, True])
def test_a_run_without_labels_touches_nothing(tmp_path, force):
    make_run(tmp_path / "good", VA)
    before, run = contents(tmp_path), draw_run(VA)
    for out in ("good", "new"):
        with pytest.raises(SubmissionError, match=r"^video1: 1 frames have no face"):
            write_run(
                tmp_path / out,
                run,
                Processing.parse(VA, fill="none"),
                template=run_template(run),
                force=force,
            )
    assert contents(tmp_path) == before
    assert not (tmp_path / "new").exists()
