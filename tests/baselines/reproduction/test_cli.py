"""``abawkit reproduce`` as users call it."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

pytest.importorskip("torch")

from abawkit.errors import UsageError
from baselines.reproduction.cli import reproduce
from baselines.reproduction.running import Settings
from baselines.reproduction.tables import NETWORKS
from tests.baselines.reproduction.tiny_data import write_annotations, write_features

app = typer.Typer()
app.command()(reproduce)


@pytest.fixture
def call(tmp_path):
    """Give the command on tiny data."""
    write_features(tmp_path / "f", ("mine",))
    write_annotations(tmp_path / "a")
    where = [
        "--features",
        tmp_path / "f",
        "--annotations",
        tmp_path / "a",
        "--out",
        tmp_path / "o",
    ]
    options = [*map(str, where), "--epochs", "1", "--threads", "1"]

    def run(*arguments):
        return CliRunner().invoke(app, [*arguments, *options], catch_exceptions=True)

    return run


def test_a_table_is_printed_and_progress_goes_to_stderr(call):
    done = call("table2", "--network", "EfficientNet-B0=mine", "--seeds", "2")
    assert done.exit_code == 0
    assert done.stdout.startswith("Table 2. Expressions")
    assert "EfficientNet-B0 (mine), embeddings, 1 hidden layer" in done.stdout
    assert done.stderr.count("1 of 1 epochs to train") == 2


def test_every_option_arrives(monkeypatch):
    seen = {}

    def fake(names, settings, **options):
        del options["note"]
        seen.update(names=names, settings=settings, **options)
        yield "shown"

    monkeypatch.setattr("baselines.reproduction.command.run", fake)
    line = (
        "table1 all --features f --annotations a --out o --seeds 3 --epochs 2 --allow-missing "
        "--json --device cuda --threads 4 --network EfficientNet-B2=mine"
    )
    assert CliRunner().invoke(app, line.split()).stdout == "shown\n"
    settings = Settings(
        features=Path("f"), annotations=Path("a"), out=Path("o"), seeds=3, epochs=2,
        networks={**NETWORKS, "EfficientNet-B2": "mine"}, allow_missing=True, device="cuda",
    )  # fmt: skip
    expected = {"names": ["table1", "all"], "settings": settings, "whole": True, "threads": 4}
    assert seen == expected


@pytest.mark.parametrize(
    ("arguments", "fragment"),
    [
        (["table9"], "no table 'table9'"),
        (["table1", "--network", "B0"], "expected NETWORK=NAME"),
    ],
)
def test_wrong_usage_is_told(call, arguments, fragment):
    done = call(*arguments)
    assert isinstance(done.exception, UsageError)
    assert fragment in str(done.exception)
