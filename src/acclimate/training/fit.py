"""Train a method: epochs of n steps over endless streams."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from acclimate.data.streams import Streams
from acclimate.errors import InputError
from acclimate.methods.base import Method
from acclimate.training.checkpoint import LATEST, PREVIOUS
from acclimate.training.log import History, Record
from acclimate.training.optimizers import OptimizerFactory, default_optimizer
from acclimate.training.plan import Accelerator, Plan, Precision
from acclimate.training.schedules import Schedule, inverse_decay


def fit(
    method: Method,
    streams: Streams,
    *,
    steps: int,
    steps_per_epoch: int | None = None,
    optimizer: OptimizerFactory | None = None,
    schedule: Schedule | None = None,
    precision: Precision = "32-true",
    compile: bool = False,
    accumulate: int = 1,
    clip: float | None = None,
    ema: float | None = None,
    backbone_lr_factor: float = 1.0,
    devices: int = 1,
    accelerator: Accelerator = "auto",
    seed: int = 0,
    out: Path | str | None = None,
    checkpoint_every: int = 500,
    log_every: int = 50,
    resume: bool = False,
    progress_bar: bool = True,
    on_log: Callable[[Record], None] | None = None,
    on_epoch: Callable[[Method, int], None] | None = None,
) -> History:
    """Train ``method`` in place.

    Before step k = 0, 1, ... the method's ``progress`` and the schedule stand at k / steps. The global random
    generators are seeded within, and go on behind it as if nothing had happened.

    Args:
        method: What to train. It is moved to the device, and stays there.
        streams: The streams that its ``forward`` names.
        steps: Optimizer steps in all (for several phases: of each).
        steps_per_epoch: How often ``method.before_epoch`` and ``on_epoch`` are called; default: one pass over the
            longest stream.
        optimizer: Makes an optimizer from parameters; default: SGD, rate 0.01, Nesterov momentum 0.9, weight decay
            0.001 (DANN, CDAN).
        schedule: Progress to a factor on the rate; default: ``inverse_decay()`` (DANN, CDAN).
        precision: "32-true" computes in the types that the parameters have; "bf16-mixed" and "16-mixed" by autocast,
            the latter with loss scaling.
        compile: Compile the method as a whole by ``torch.compile``.
        accumulate: Batches of the streams that make one step.
        clip: Largest norm of the gradient; ``None`` does not clip.
        ema: Decay of an exponential moving average of the weights, which then is what the method holds at the end
            and what ``on_epoch`` is given.
        backbone_lr_factor: Rate of ``method.network.backbone`` over the rate of the rest.
        devices: Processes, each on its own device, which share every batch equally: the result is that of one
            process. More than one starts new processes (gloo on the CPU, NCCL on GPUs), to which the arguments must be
            sendable and in the first of which the callbacks are called; under torchrun or SLURM the processes
            that are there are joined instead.
        accelerator: "auto", "cpu", "gpu", "cuda" or "mps".
        seed: Of what is drawn in training (dropout); the streams have their own.
        out: Folder for ``checkpoint.pt`` and ``metrics.jsonl``; ``None`` writes nothing.
        checkpoint_every: Steps between checkpoints.
        log_every: Steps between records.
        resume: Go on from the checkpoint in ``out``, or start where there is none yet. On a CPU, with the same
            versions and threads, the result is that of the uninterrupted run to the last bit.
        progress_bar: Show progress on standard error.
        on_log: Called with each record.
        on_epoch: Called with the method and the number of steps done, after each epoch and at the end.

    Returns:
        The records of the run.

    Raises:
        InputError: Before the first step, if an argument makes no sense, a stream is missing, ``out`` holds a run and
            ``resume`` is off, or the run there has another configuration.
        DivergedError: If a loss becomes infinite or not a number.
        KeyboardInterrupt: On Ctrl-C, once a checkpoint is written (where ``out`` is given).

    Example:
        >>> import torch
        >>> from acclimate.data.rows import TensorRows
        >>> from acclimate.data.streams import Stream, Streams
        >>> from acclimate.methods import build
        >>> from acclimate.nn import Classifier
        >>> x, y = torch.randn(40, 8), torch.randint(0, 3, (40,))
        >>> streams = Streams(source=Stream(TensorRows(x, y), 16), target=Stream(TensorRows(x + 1), 16))
        >>> method = build("dann", Classifier(torch.nn.Linear(8, 4), torch.nn.Linear(4, 3)), 3)
        >>> history = fit(method, streams, steps=4, accelerator="cpu", progress_bar=False)
        >>> history.records[-1]["step"]
        4
    """
    plan = Plan(
        steps=steps,
        steps_per_epoch=streams.num_batches if steps_per_epoch is None else steps_per_epoch,
        optimizer=optimizer or default_optimizer,
        schedule=schedule or inverse_decay(),
        precision=precision,
        compile=compile,
        accumulate=accumulate,
        clip=clip,
        ema=ema,
        backbone_lr_factor=backbone_lr_factor,
        devices=devices,
        accelerator=accelerator,
        seed=seed,
        out=None if out is None else Path(out),
        checkpoint_every=checkpoint_every,
        log_every=log_every,
        resume=resume,
        progress_bar=progress_bar,
        on_log=on_log,
        on_epoch=on_epoch,
    )
    _check_streams(method, streams)
    _check_folder(plan)
    from acclimate.training.launch import launch  # Fabric takes two seconds to import: not before there is a fit

    return launch(method, streams, plan)


def _check_streams(method: Method, streams: Streams) -> None:
    if set(method.stream_names) != set(streams.names):
        raise InputError(
            f"The method reads the streams {', '.join(method.stream_names)}, but was given {', '.join(streams.names)}: "
            "give each of them by its name, and no other."
        )


def _check_folder(plan: Plan) -> None:
    found = [name for name in (LATEST, PREVIOUS, "metrics.jsonl") if plan.out and (plan.out / name).exists()]
    if found and not plan.resume:
        raise InputError(f"{plan.out} holds a run already ({found[0]}): resume it, or choose another folder.")
