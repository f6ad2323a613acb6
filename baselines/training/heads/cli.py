"""The command that trains heads."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def train(  # noqa: PLR0913 - one parameter an option
    *,
    task: Annotated[str, typer.Option(help="Task, such as va; or a challenge, such as abaw3-va.")],
    edition: Annotated[int | None, typer.Option(help="Edition; 3 by default.")] = None,
    train: Annotated[Path, typer.Option(help="Annotations to learn from.")],
    valid: Annotated[Path, typer.Option(help="Annotations to choose the best epoch by.")],
    out: Annotated[
        Path, typer.Option(help="Folder of the run: head.npz, checkpoint.pt, log.jsonl.")
    ],
    features: Annotated[
        Path, typer.Option(help="What abawkit extract wrote, of one network.")
    ] = Path("features"),
    source: Annotated[
        str,
        typer.Option(
            help="What goes in: embedding, scores, probabilities or both; or by target, such as "
            "va=scores,expr=both. By default scores for VA, embedding for EXPR and AU, both for "
            "several targets."
        ),
    ] = "default",
    hidden: Annotated[
        str,
        typer.Option(
            help="Units of the hidden layer, 0 for none; or by target, such as au=128,va=0. By "
            "default 128 for EXPR and AU, 0 for VA and for several targets."
        ),
    ] = "default",
    shared: Annotated[
        bool, typer.Option("--shared", help="One hidden layer in common for all targets.")
    ] = False,
    epochs: Annotated[
        int | None, typer.Option(help="Epochs at most; 10 for EXPR, else 20 by default.")
    ] = None,
    batch_size: Annotated[
        int | None,
        typer.Option(
            help="Rows in a step; 512 for VA and AU, 256 for EXPR and several targets by default."
        ),
    ] = None,
    rate: Annotated[float, typer.Option(help="Learning rate of Adam.")] = 1e-3,
    l2: Annotated[
        str,
        typer.Option(
            help="Weight of the squared weights in the loss, also by target. By default 1 / batch "
            "size where there is no hidden layer, else 0."
        ),
    ] = "default",
    loss_weights: Annotated[
        str,
        typer.Option(
            help="Weight of each target's loss, above 0, such as va=1,au=2; 1 by default."
        ),
    ] = "default",
    class_weights: Annotated[
        str,
        typer.Option(
            help="inverse: rare classes and units weigh more; none: all the same. By default "
            "inverse, with --sampler balanced none."
        ),
    ] = "default",
    sampler: Annotated[
        str,
        typer.Option(
            help="shuffled: every row once an epoch; balanced: classes and units equally likely."
        ),
    ] = "shuffled",
    standardise: Annotated[
        bool,
        typer.Option(
            "--standardise/--no-standardise",
            help="Whether scores go in with mean 0 and standard deviation 1; the paper's do not.",
        ),
    ] = True,
    patience: Annotated[
        int, typer.Option(help="Epochs without gain after which training ends; 0 for never.")
    ] = 5,
    seed: Annotated[int, typer.Option(help="Seed of the first weights and of the order.")] = 12345,
    au_mask: Annotated[
        str | None,
        typer.Option(
            help="frame: learn from frames only of which every unit is annotated, as the paper; "
            "value: from every unit that is, by default."
        ),
    ] = None,
    allow_missing: Annotated[
        bool,
        typer.Option(
            "--allow-missing", help="Take annotated videos without features as faceless."
        ),
    ] = False,
    device: Annotated[str, typer.Option(help="Device of torch: cpu, cuda, ….")] = "cpu",
    threads: Annotated[int, typer.Option(help="Threads of torch; 0 for all cores.")] = 0,
) -> None:
    """Train a head on cached features; a run that was stopped goes on.

    The epoch with the best official score over the validation set is kept in head.npz, for
    predict --head. The defaults are those of the paper; it needs the extra 'train' of abawkit.

    Example: abawkit train --task expr --train train/ --valid valid/ --out runs/expr
    """
    from abawkit.protocol import find_challenge
    from baselines.extras import needed_for

    with needed_for("training"):
        from baselines.training.heads.command import train_head
        from baselines.training.heads.recipe import recipe_for

    challenge = find_challenge(task, edition)
    recipe = recipe_for(
        challenge, source=source, hidden=hidden, shared=shared, epochs=epochs,
        batch_size=batch_size, rate=rate, l2=l2, loss_weights=loss_weights,
        class_weights=class_weights, sampler=sampler, standardise=standardise,
        patience=patience, seed=seed,
    )  # fmt: skip
    text = train_head(
        challenge, recipe, features=features, train=train, valid=valid, out=out, au_mask=au_mask,
        allow_missing=allow_missing, device=device, threads=threads,
        note=lambda line: typer.echo(line, err=True),
    )  # fmt: skip
    typer.echo(text)
