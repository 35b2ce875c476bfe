"""The command line: the functions of `acclimate.workflow` in the same words. Nothing heavy is imported at the top."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, cast

import typer
from typer.core import TyperGroup

DIVERGED, BAD_INPUT, INTERRUPTED = 1, 2, 130  # exit codes


class SentenceForBadInput(TyperGroup):
    """Bad input ends a command with its one sentence and exit code 2 instead of a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        from acclimate.errors import InputError

        try:
            return super().invoke(ctx)
        except InputError as error:
            raise _stopped(error, BAD_INPUT) from error
        except KeyboardInterrupt as error:
            raise typer.Exit(INTERRUPTED) from error
        except RuntimeError as error:
            from acclimate.training.errors import DivergedError

            if isinstance(error, DivergedError):
                raise _stopped(error, DIVERGED) from error
            raise


def _stopped(error: Exception, code: int) -> typer.Exit:
    typer.echo(f"Error: {error}", err=True)
    return typer.Exit(code)


app = typer.Typer(
    cls=SentenceForBadInput,
    help="Carry what a model learned in one domain into another.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help starts sooner
)
cache = typer.Typer(help="The features of frozen backbones that are kept on disk.", no_args_is_help=True)
app.add_typer(cache, name="cache")

Label = Annotated[
    str | None, typer.Option("--label-column", "--label", help="Column of a table that holds the labels.")
]
Task = Annotated[str, typer.Option(help="classification or regression.")]
Model = Annotated[Path, typer.Option(help="What `acclimate adapt` left in --out, or its folder model/.")]


@app.command()
def adapt(
    source: Annotated[list[str] | None, typer.Option(help="A labelled domain; repeat for several.")] = None,
    target: Annotated[str | None, typer.Option(help="The domain to adapt to; needs no labels.")] = None,
    out: Annotated[Path, typer.Option(help="Folder of the run; must not hold another one.")] = Path("run"),
    demo: Annotated[bool, typer.Option("--demo", help="Run on data that scikit-learn ships.")] = False,
    methods: Annotated[str | None, typer.Option(help="Candidates, comma-separated: see `acclimate methods`.")] = None,
    select: Annotated[
        str | None, typer.Option(help="Rule of choice: guard, im, ..., consensus, ensemble, oracle.")
    ] = None,
    caution: Annotated[str, typer.Option(help="Of the guard: safer, balanced or bolder.")] = "balanced",
    labeled: Annotated[str | None, typer.Option(help="Some labelled target rows, for a paired test.")] = None,
    distill: Annotated[bool, typer.Option("--distill", help="One network in place of several candidates.")] = False,
    task: Task = "classification",
    label_column: Label = None,
    text: Annotated[str | None, typer.Option(help="Column of a table that is read as texts.")] = None,
    max_length: Annotated[int | None, typer.Option(help="Tokens of a text that are read; default 256.")] = None,
    backbone: Annotated[
        str | None, typer.Option(help="A timm or torchvision name, small_cnn, ...; of texts a transformers model.")
    ] = None,
    weights: Annotated[str | None, typer.Option(help="default (pretrained), none (random) or a file.")] = None,
    finetune: Annotated[
        bool | None, typer.Option("--finetune/--frozen", help="Train the backbone, or run it once.")
    ] = None,
    lora: Annotated[int | None, typer.Option(help="Train adapters of this rank in a text encoder.")] = None,
    flip: Annotated[
        bool | None, typer.Option("--flip/--no-flip", help="Mirror images in training; not digits or letters.")
    ] = None,
    steps: Annotated[int | None, typer.Option(help="Optimisation steps of each candidate.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Rows per step and domain.")] = None,
    seed: Annotated[int, typer.Option(help="Of everything that is drawn.")] = 0,
    devices: Annotated[int, typer.Option(help="Processes, one device each.")] = 1,
    accelerator: Annotated[str, typer.Option(help="auto, cpu or gpu.")] = "auto",
    strict: Annotated[bool, typer.Option("--strict", help="An unreadable file is an error.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run that --out holds.")] = False,
) -> None:
    """Adapt a model to an unlabelled target; leave model, predictions and report in --out."""
    from acclimate.workflow.adapt import adapt as run

    run(
        source,
        target,
        out=out,
        demo=demo,
        methods=methods,
        select=select,
        caution=caution,
        labeled=labeled,
        distill=distill,
        task=cast("Any", task),
        label_column=label_column,
        text=text,
        max_length=max_length,
        backbone=backbone,
        weights=weights,
        finetune=finetune,
        lora=lora,
        flip=flip,
        steps=steps,
        batch_size=batch_size,
        seed=seed,
        devices=devices,
        accelerator=accelerator,
        strict=strict,
        resume=resume,
    )


@app.command()
def diagnose(
    source: Annotated[list[str], typer.Option(help="A domain, labelled or not; repeat for several.")],
    target: Annotated[str, typer.Option(help="The domain to compare it with; its labels are not read.")],
    out: Annotated[Path | None, typer.Option(help="Folder for diagnosis.json and diagnosis.html.")] = None,
    task: Task = "classification",
    label_column: Label = None,
    text: Annotated[str | None, typer.Option(help="Column of a table that is read as texts.")] = None,
    max_length: Annotated[int | None, typer.Option(help="Tokens of a text that are read; default 256.")] = None,
    backbone: Annotated[
        str | None, typer.Option(help="For images: a timm or torchvision name; for texts a transformers model.")
    ] = None,
    weights: Annotated[str | None, typer.Option(help="default (pretrained) or a file.")] = None,
    seed: Annotated[int, typer.Option(help="Of everything that is drawn.")] = 0,
    strict: Annotated[bool, typer.Option("--strict", help="An unreadable file is an error.")] = False,
) -> None:
    """Say whether there is a shift, of what kind, what it may cost and whether to adapt at all."""
    from acclimate.workflow.diagnose import diagnose as run
    from acclimate.workflow.diagnosis_text import summary_of

    found = run(
        source,
        target,
        out=out,
        task=cast("Any", task),
        label_column=label_column,
        text=text,
        max_length=max_length,
        backbone=backbone,
        weights=weights,
        seed=seed,
        strict=strict,
    )
    typer.echo(summary_of(found))


@app.command()
def robustness(
    model: Annotated[str, typer.Option(help="A timm or torchvision name, or what `acclimate adapt` left in --out.")],
    data: Annotated[str, typer.Option(help="A folder per class, or a published data set of shifted images.")],
    out: Annotated[Path, typer.Option(help="Folder of the result; one that was stopped goes on.")] = Path("robustness"),
    corruptions: Annotated[str | None, typer.Option(help="all, or names, comma-separated.")] = None,
    severities: Annotated[str | None, typer.Option(help="Of 1,2,3,4,5; all of them by default.")] = None,
    methods: Annotated[
        str | None, typer.Option(help="Comma-separated: `acclimate methods --setting tta`; bn,tent,eata by default.")
    ] = None,
    protocol: Annotated[
        str, typer.Option(help="reset, continual, gradual, mixed, correlated, episodic or single; 'single(window=8)'.")
    ] = "reset",
    weights: Annotated[str | None, typer.Option(help="Of a name: default (pretrained) or a file.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Images that a method meets at once.")] = None,
    seed: Annotated[int, typer.Option(help="Of everything that is drawn.")] = 0,
) -> None:
    """Evaluate a classifier of images under corruptions, as it is and with methods that adapt it at test time."""
    from acclimate.workflow.robustness.robustness import robustness as run
    from acclimate.workflow.robustness.written import names_in, numbers_in

    found = run(
        model,
        data,
        corruptions=names_in(corruptions),
        severities=numbers_in(severities, "--severities"),
        methods=names_in(methods),
        protocol=protocol,
        weights=weights,
        batch_size=batch_size,
        seed=seed,
        out=out,
    )
    typer.echo(found)


@app.command()
def rank(
    models: Annotated[
        str, typer.Option(help="timm or torchvision names, NAME=WEIGHTS, or files of features; comma-separated.")
    ],
    data: Annotated[
        str | None, typer.Option(help="Labelled images; may be left out where files of features hold the labels.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for ranking.json, .csv and .html.")] = None,
    scores: Annotated[str | None, typer.Option(help="Which to compute, comma-separated; default: most.")] = None,
    by: Annotated[str, typer.Option(help="The score that decides.")] = "ridge_loo",
    rows_per_class: Annotated[int | None, typer.Option(help="At most so many rows of each class.")] = None,
    draws: Annotated[int, typer.Option(help="Halves of the rows that intervals are made from.")] = 30,
    weights: Annotated[str, typer.Option(help="Of names alone: default (pretrained) or none (random).")] = "default",
    label_column: Label = None,
    text: Annotated[
        str | None, typer.Option(help="Column of texts; the models are then transformers names or folders.")
    ] = None,
    max_length: Annotated[int | None, typer.Option(help="Tokens of a text that are read; default 256.")] = None,
    seed: Annotated[int, typer.Option(help="Of everything that is drawn.")] = 0,
    strict: Annotated[bool, typer.Option("--strict", help="An unreadable file is an error.")] = False,
) -> None:
    """Say which of several pretrained models knows these labels best, and how sure that is."""
    from acclimate.workflow.rank import rank as run
    from acclimate.workflow.rank_text import summary_of

    found = run(
        data,
        models,
        out=out,
        scores=scores,
        by=by,
        rows_per_class=rows_per_class,
        draws=draws,
        weights=weights,
        label_column=label_column,
        text=text,
        max_length=max_length,
        seed=seed,
        strict=strict,
    )
    typer.echo(summary_of(found))


@app.command()
def finetune(
    data: Annotated[str, typer.Option(help="Labelled images: a folder per class, a list, ...; or a table of texts.")],
    model: Annotated[str, typer.Option(help="A timm or torchvision name; of texts a transformers name or folder.")],
    strategy: Annotated[
        list[str] | None,
        typer.Option(
            help="auto, probe, knn, lp-ft, full, layerwise, gradual, last-k, surgical, bitfit, norm-only, lora, ssf, "
            "vpt or wise-ft; repeat or separate by commas for several. Default: auto, the usual ones."
        ),
    ] = None,
    shifted: Annotated[
        list[str] | None, typer.Option(help="The same classes under other conditions, only to report; repeat.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder of the run; must not hold another one.")] = Path("finetuned"),
    steps: Annotated[int | None, typer.Option(help="Of every strategy, the same for all.")] = None,
    budget: Annotated[
        float | None, typer.Option(help="Minutes for all strategies together, in place of steps.")
    ] = None,
    batch_size: Annotated[int | None, typer.Option(help="Rows per step.")] = None,
    weights: Annotated[str | None, typer.Option(help="default (pretrained), none (random) or a file.")] = None,
    flip: Annotated[
        bool, typer.Option("--flip/--no-flip", help="Mirror images in training; not digits or letters.")
    ] = True,
    label_column: Label = None,
    text: Annotated[str | None, typer.Option(help="Column of a table that is read as texts.")] = None,
    max_length: Annotated[int | None, typer.Option(help="Tokens of a text that are read; default 256.")] = None,
    seed: Annotated[int, typer.Option(help="Of everything that is drawn.")] = 0,
    strict: Annotated[bool, typer.Option("--strict", help="An unreadable file is an error.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run that --out holds.")] = False,
) -> None:
    """Fine-tune a pretrained network by several strategies; say which is worth its price, and keep that network."""
    from acclimate.workflow.finetuning.finetune import finetune as run

    found = run(
        data,
        model,
        ",".join(strategy or ["auto"]),
        shifted=shifted or [],
        out=out,
        steps=steps,
        budget=budget,
        batch_size=batch_size,
        weights=weights,
        flip=flip,
        label_column=label_column,
        text=text,
        max_length=max_length,
        seed=seed,
        strict=strict,
        resume=resume,
    )
    typer.echo(found)


@app.command()
def predict(
    model: Model,
    input: Annotated[str, typer.Option(help="What to label: a folder, list, table or file of arrays.")],
    out: Annotated[Path | None, typer.Option(help="Write the table here instead of printing it.")] = None,
) -> None:
    """Label new data from the target's domain."""
    from acclimate.workflow.predict import predict as run
    from acclimate.workflow.predictions_table import as_csv, write_table

    table = run(model, input)
    if out is None:
        typer.echo(as_csv(table), nl=False)
    else:
        write_table(table, out)


@app.command()
def evaluate(
    model: Model,
    data: Annotated[str, typer.Option(help="Labelled data from the target's domain.")],
    label_column: Label = None,
) -> None:
    """Score a model on labelled data."""
    from acclimate.workflow.evaluate import evaluate as run

    typer.echo(run(model, data, label_column=label_column))


@app.command()
def methods(
    setting: Annotated[str | None, typer.Option(help="Only methods for this setting, such as uda.")] = None,
    kind: Annotated[str | None, typer.Option(help="Only deep, classical or online (test-time) methods.")] = None,
) -> None:
    """List the methods there are, from the code."""
    from acclimate.workflow.method_listing import show_methods
    from acclimate.workflow.method_table import method_table

    show_methods(method_table(setting, kind))


@app.command()
def eject(
    method: Annotated[str, typer.Argument(help="A deep method's key from `acclimate methods`.")],
    out: Annotated[Path | None, typer.Option(help="The script; METHOD.py if not given.")] = None,
) -> None:
    """Write a method as one stand-alone script that needs torch only (a few methods: POT too)."""
    from acclimate.workflow.eject import eject as run

    typer.echo(f"Wrote {run(method, out)}; it runs without this package, and its first line says what it needs.")


@cache.command()
def clear() -> None:
    """Delete all cached features."""
    from acclimate.data import clear_cache

    cleared = clear_cache()
    typer.echo(f"Deleted {cleared.files} files, {cleared.bytes / 2**20:.1f} MiB.")


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[bool, typer.Option("--version", help="Print the version.", is_eager=True)] = False,
) -> None:
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"acclimate {installed('acclimate')}")
        raise typer.Exit


def main() -> None:
    """Run the command line."""
    app(prog_name="acclimate")
