"""Running a model over images on disk: in threads, batched across videos, in order.

Each thread decodes a batch and runs the network on it, so that no core waits for another: on two
cores this is faster than one network on both of them.
"""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from abawkit.errors import ModelError
from baselines.decoding import read_image

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from concurrent.futures import Future
    from pathlib import Path

    from numpy.typing import NDArray

    from baselines.decoding import Mode
    from baselines.model import Predictor

# Larger batches are no faster on a CPU, and a video then waits longer for its file.
BATCH_SIZE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One image to predict; ``frame`` counts from 1."""

    video: str
    frame: int
    path: Path


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Result:
    """What the model said of one image: ``(n_outputs,)``, or None and why it could not be read."""

    job: Job
    outputs: NDArray[np.float32] | None
    problem: str = ""


def run_model(
    predictor: Predictor,
    jobs: Iterable[Job],
    *,
    batch_size: int = BATCH_SIZE,
    threads: int | None = None,
) -> Iterator[Result]:
    """Predict images, in the order in which they come.

    Only a few batches are in memory at a time. Every batch has `batch_size` rows, the last of
    them repeated where images are lacking, so that no result depends on where a run began.

    Parameters
    ----------
    predictor : Predictor
        The model.
    jobs : iterable of Job
        The images.
    batch_size : int
        Images in a batch.
    threads : int, optional
        Threads at work; one more than there are cores by default.

    Yields
    ------
    Result
        One a job.

    Raises
    ------
    ModelError
        If the model's inputs cannot be stacked, or it does not give a row of finite numbers for
        each of them.
    """
    # One thread more than cores: some always wait for the interpreter or the disk.
    workers = threads or _cores() + 1
    source = iter(jobs)
    pool = ThreadPoolExecutor(workers, thread_name_prefix="predict")
    waiting: deque[Future[list[Result]]] = deque()
    try:
        while True:
            while len(waiting) < 2 * workers and (chunk := list(islice(source, batch_size))):
                waiting.append(pool.submit(_predict, predictor, chunk, batch_size))
            if not waiting:
                return
            yield from waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _cores() -> int:
    # Those this process may use, where the system tells.
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _predict(predictor: Predictor, jobs: list[Job], batch_size: int) -> list[Result]:
    inputs, problems = [], []
    mode: Mode = getattr(predictor, "mode", "RGB")
    for job in jobs:
        try:
            image = read_image(job.path, mode)
        except OSError as error:  # read_image raises nothing else
            problems.append(str(error) or type(error).__name__)
        else:
            problems.append("")
            inputs.append(predictor.prepare(image))
    outputs: Iterator[NDArray[np.float32]] = iter(())
    if inputs:
        inputs += [inputs[-1]] * (batch_size - len(inputs))
        outputs = iter(_outputs(predictor, _stack(predictor, inputs)))
    return [
        Result(job=job, outputs=None if problem else next(outputs), problem=problem)
        for job, problem in zip(jobs, problems, strict=True)
    ]


def _stack(predictor: Predictor, inputs: list[NDArray[Any]]) -> NDArray[Any]:
    try:
        return np.stack(inputs)
    except Exception as error:  # somebody's own arrays raise what they like
        shapes = ", ".join(sorted({str(getattr(one, "shape", type(one))) for one in inputs}))
        msg = f"{predictor}: inputs from prepare cannot be stacked, of shapes {shapes}: {error}"
        raise ModelError(msg) from error


def _outputs(predictor: Predictor, inputs: NDArray[Any]) -> NDArray[np.float32]:
    given = predictor.predict(inputs)
    try:
        outputs = np.asarray(given)
    except Exception as error:  # lists of unequal lengths, and somebody's own arrays
        msg = f"{predictor}: the outputs are no array of numbers: {error}"
        raise ModelError(msg) from error
    if outputs.dtype.kind not in "biuf":
        msg = f"{predictor}: expected numbers as outputs, found {outputs.dtype}"
        raise ModelError(msg)
    with np.errstate(over="ignore"):
        outputs = outputs.astype(np.float32, copy=False)
    if outputs.ndim != 2 or len(outputs) != len(inputs):  # noqa: PLR2004 - inputs and outputs
        msg = f"{predictor}: expected {len(inputs)} rows of outputs, found shape {outputs.shape}"
        raise ModelError(msg)
    if not np.isfinite(outputs).all():
        msg = f"{predictor}: the model gave an output that is not finite"
        raise ModelError(msg)
    return outputs
