"""The main job: a labelled source and an unlabelled target in, an adapted model out."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from torch import nn

from acclimate.data import Domain
from acclimate.errors import InputError
from acclimate.nn.backbones import weights_fingerprint
from acclimate.workflow.adapted_model import AdaptedModel
from acclimate.workflow.candidate_folder import Outcome, gather_metrics, obtain
from acclimate.workflow.candidates import Candidate, candidates_for, check_names, views_of
from acclimate.workflow.command_line import command_line, how_to_resume
from acclimate.workflow.configuration import Configuration, Task, versions
from acclimate.workflow.console import Console
from acclimate.workflow.decide import Trained
from acclimate.workflow.defaults import check_settings, complete, situation_of
from acclimate.workflow.demo import SOURCE, STEPS, TARGET, demo_domains
from acclimate.workflow.finish import finish
from acclimate.workflow.label_spaces import compare_label_spaces
from acclimate.workflow.model_file import load_model
from acclimate.workflow.networks import OWN
from acclimate.workflow.prepare import Prepared, prepare
from acclimate.workflow.read_domains import fingerprint, read_both, read_labeled
from acclimate.workflow.result import MODEL, REPORT, AdaptResult
from acclimate.workflow.run_folder import check_folder, claim_folder, is_finished, write_text
from acclimate.workflow.train_candidate import Trainer


def adapt(
    source: Any = None,
    target: Any = None,
    *,
    out: Path | str | None = None,
    demo: bool = False,
    methods: Sequence[str] | str | None = None,
    select: str | None = None,
    caution: str = "balanced",
    labeled: Any = None,
    distill: bool = False,
    task: Task = "classification",
    label_column: str | None = None,
    text: str | None = None,
    max_length: int | None = None,
    backbone: str | nn.Module | None = None,
    weights: str | None = None,
    finetune: bool | None = None,
    lora: int | None = None,
    flip: bool | None = None,
    steps: int | None = None,
    batch_size: int | None = None,
    seed: int = 0,
    devices: int = 1,
    accelerator: str = "auto",
    strict: bool = False,
    resume: bool = False,
    show: bool = True,
) -> AdaptResult:
    """Adapt a model from a labelled source to an unlabelled target.

    Reads both, compares their label spaces, trains candidates (source-only always among them), chooses one without
    target labels, and leaves in ``out`` the model, ``predictions.csv``, ``scores.json``, ``report.html``,
    ``metrics.jsonl`` and ``config.json``. If the target has labels, they are used once, after the choice.

    Args:
        source: The labelled domain: anything that `acclimate.data.read_domain` reads (a folder with one sub-folder per
            class, a list, a table, a file of arrays, a pair (X, y), a data set), or a list of several.
        target: The domain to adapt to; the same, with or without labels.
        out: Folder of the run. It must not hold another one. ``None``: a temporary one, gone with the result.
        demo: Run on data that scikit-learn ships instead of ``source`` and ``target``.
        methods: Keys of candidates, a list or ``"dann,mcc"``; default: a set that fits the data, see
            `acclimate.workflow.candidates`.
        select: Rule of choice: ``"guard"``, the default, which asks what kind of shift there is and adapts only where
            that calls for it (see `acclimate.workflow.guard.guard`); a validator's key (``"im"``, ``"entropy"``,
            ``"snd"``, ``"source_accuracy"``; for regression ``"source_error"``), ``"consensus"`` (mean rank by five
            scores that rest on different evidence; ten times as many scores, for its noise), ``"ensemble"`` (mean of
            all candidates, the default for regression) or ``"oracle"`` (chosen on target labels, and marked so
            everywhere).
        caution: Of the guard: ``"safer"``, ``"balanced"`` or ``"bolder"``.
        labeled: Some labelled rows of the target, 20 to 100 by preference: anything that `read_domain` reads. A paired
            test on them may change the choice, and the result says what they bought. Nothing is trained on them.
        distill: Where several candidates are chosen, make one network that says what they say together.
        task: ``"classification"`` or ``"regression"``.
        label_column: Column of a table that holds the labels.
        text: Column of a table that is read as texts, in source and target; the others but the label are left out.
        max_length: Tokens of a text that are read; what follows is cut off, and how many texts that meets is said.
            Default: 256, or as many as the model takes.
        backbone: A timm or torchvision name, ``"small_cnn"``, or a module from rows to features (n, d); for texts the
            name of a transformers model at Hugging Face or its local folder. Default: by the kind and size of the data;
            for texts sentence-transformers/all-MiniLM-L6-v2.
        weights: ``"default"`` (pretrained), ``"none"`` (random) or a file.
        finetune: Train a pretrained backbone; default: on a GPU. Otherwise it is run once, frozen.
        lora: Of a text encoder that is trained: train low-rank adapters of this rank instead of all of it.
        flip: Mirror images in training, from left to right, at random; not where a mirrored one means something else,
            as digits and letters do. Default: for backbones of photographs that are trained; not for ``"small_cnn"``,
            which only methods of two views give changed images.
        steps: Optimisation steps of each candidate; default: 30 passes over the larger domain, 300 to 5000.
        batch_size: Rows per step and domain; default 32.
        seed: Of everything that is drawn.
        devices: Processes, one device each; the result is that of one.
        accelerator: ``"auto"``, ``"cpu"``, ``"gpu"``, ``"cuda"`` or ``"mps"``.
        strict: A file that cannot be read is an error instead of being left out.
        resume: Go on with the run that ``out`` holds.
        show: Show progress on standard error.

    Returns:
        ``.model``, ``.predictions``, ``.scores``, ``.choice`` and ``.report()``.

    Raises:
        InputError: Before any training: whatever is wrong with the arguments, the data or the folder.
        DivergedError: Source-only's loss became infinite or not a number.
        KeyboardInterrupt: On Ctrl-C, once a checkpoint is written.

    Example:
        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> y = np.repeat(["left", "right"], 40)
        >>> x = rng.normal(size=(80, 4)) + 3 * (y == "right")[:, None]
        >>> result = adapt((x, y), 2 * x + 5, methods=["im_head"], show=False)
        >>> float((result.predictions["label"] == y).mean()) > 0.95
        True
    """
    if demo:
        source, target, steps = *_demo_domains(source, target, seed), steps or STEPS
    sources = source if isinstance(source, list) else [source]
    own = backbone if isinstance(backbone, nn.Module) else None
    wanted = Configuration(
        source=tuple(_named(what) for what in sources),
        target=_named(target),
        task=task,
        methods=_keys(methods),
        select=select,
        caution=caution,
        labeled=None if labeled is None else _named(labeled),
        distill=distill,
        backbone=OWN if isinstance(backbone, nn.Module) else backbone,
        weights=weights,
        finetune=finetune,
        lora=lora,
        flip=flip,
        steps=steps,
        batch_size=batch_size,
        label_column=label_column,
        text=text,
        max_length=max_length,
        strict=strict,
        seed=seed,
        devices=devices,
        accelerator=accelerator,
    )
    check_settings(wanted)
    check_names(wanted.methods or ())
    keep = tempfile.TemporaryDirectory(prefix="acclimate-") if out is None else None
    folder = Path(keep.name if keep is not None else str(out))
    command = command_line(wanted, folder if keep is None else None, demo=demo)
    return _Run(wanted, folder, own, Console(show), command, keep).go(sources, target, labeled, resume=resume)


class _Run:
    """One run, step by step."""

    def __init__(
        self,
        wanted: Configuration,
        out: Path,
        own: nn.Module | None,
        console: Console,
        command: str,
        keep: tempfile.TemporaryDirectory[str] | None,
    ) -> None:
        self.wanted, self.out, self.own, self.console, self.command = wanted, out, own, console, command
        self.keep = keep  # of a temporary folder, which is gone with the last reference to it
        self.started, self.clock = datetime.now(UTC).isoformat(timespec="seconds"), time.monotonic()

    def go(self, sources: list[Any], target: Any, labeled: Any = None, *, resume: bool) -> AdaptResult:
        source, found = self._read(sources, target)
        some = None if labeled is None else self._read_labeled(labeled, source)
        spaces = compare_label_spaces(source.classes or (), found.classes) if source.classes else None
        sentence = spaces.sentence if spaces else "The labels are numbers; their ranges may differ."
        self.console.say(sentence)
        settings = complete(self.wanted, source, found)
        config = self._config(settings, source, found, some)
        check_folder(self.out, config, resume=resume)
        if is_finished(self.out):
            self.console.say(f"This run is finished; its report is {self.out / REPORT}.")
        else:
            self._train_and_finish(settings, source, found, some, sentence, config)
        model = load_model(AdaptedModel, self.out / MODEL, self.own)
        return AdaptResult.read(self.out, model, self.keep)

    def _read(self, sources: list[Any], target: Any) -> tuple[Domain, Domain]:
        for side, what in (("source", sources[0] if sources else None), ("target", target)):
            if what is None:
                raise InputError(f"No {side} was given; name it with --{side}, or run the demo with --demo.")
        settings = self.wanted
        source, found = read_both(
            sources,
            target,
            task=settings.task,
            label_column=settings.label_column,
            text=settings.text,
            strict=settings.strict,
        )
        for domain in (source, found):
            self.console.tell_domain(domain)
        check_settings(settings, found.labels is not None)
        return source, found

    def _read_labeled(self, what: Any, source: Domain) -> Domain:
        found = read_labeled(what, source, self.wanted)
        self.console.tell_domain(found)
        return found

    def _config(
        self, settings: Configuration, source: Domain, target: Domain, labeled: Domain | None
    ) -> dict[str, Any]:
        data = {"contents of source": fingerprint(source), "contents of target": fingerprint(target)}
        if labeled is not None:
            data["contents of labeled"] = fingerprint(labeled)
        if self.own is not None:
            data["contents of backbone"] = weights_fingerprint(self.own)
        return {
            "format": 1,
            "command": self.command,
            "configuration": settings.to_json(),
            "data": data,
            "versions": versions(),
            "started": self.started,
        }

    def _train_and_finish(
        self,
        settings: Configuration,
        source: Domain,
        target: Domain,
        labeled: Domain | None,
        spaces: str,
        config: dict[str, Any],
    ) -> None:
        prepared = prepare(source, target, settings, self.own, self.console.visible)
        for note in prepared.notes:
            self.console.say(note)
        claim_folder(self.out, config)
        write_text(self.out / "command.txt", self.command + "\n")
        trainer = self._trainer(settings, prepared)
        try:
            outcomes = self._train(settings, prepared, trainer, source.kind)
            trained = Trained(source, target, spaces, settings, prepared, trainer, outcomes, config, labeled)
            finish(trained, self.out, self.console, seconds=time.monotonic() - self.clock)
        except KeyboardInterrupt:
            if self.keep is None:
                self.console.say(f"Stopped; what was done is kept. {how_to_resume(self.command)}")
            raise

    def _trainer(self, settings: Configuration, prepared: Prepared) -> Trainer:
        return Trainer(
            prepared.material,
            settings,
            prepared.architecture,
            prepared.own,
            self.console.visible,
            prepared.images,
        )

    def _train(self, settings: Configuration, prepared: Prepared, trainer: Trainer, kind: str) -> list[Outcome]:
        candidates = candidates_for(situation_of(settings, kind), settings.methods)
        self._tell_of_noise(prepared, candidates)
        outcomes: list[Outcome] = []
        folders = [(candidate.key, self.out / "candidates" / candidate.key) for candidate in candidates]
        for number, (candidate, (_, folder)) in enumerate(zip(candidates, folders, strict=True), start=1):
            done = {o.candidate.key: o.member for o in outcomes if o.member is not None}
            outcomes.append(obtain(candidate, trainer, folder, done))
            gather_metrics(folders, self.out / "metrics.jsonl")
            self.console.tell_outcome(outcomes[-1], number, len(candidates))
        return outcomes

    def _tell_of_noise(self, prepared: Prepared, candidates: Sequence[Candidate]) -> None:
        """Say once that images which a frozen backbone has read cannot be changed any more."""
        keys = [c.key for c in candidates if c.maker == "network" and views_of(c.key) > 1]
        if keys and prepared.extractor is not None:
            self.console.say(
                f"Two views of an image are compared by {', '.join(keys)}; a frozen backbone has run once, so here "
                "they are its features and the same with noise. With --finetune they are changed images."
            )


def _demo_domains(source: Any, target: Any, seed: int) -> tuple[Any, Any]:
    from acclimate.data import read_domain

    if source is not None or target is not None:
        raise InputError("--demo brings its own data; leave out --source and --target.")
    made = demo_domains(seed)
    return read_domain(made.source, name=SOURCE), read_domain(made.target, name=TARGET)


def _keys(methods: Sequence[str] | str | None) -> tuple[str, ...] | None:
    if methods is None:
        return None
    return tuple(key.strip() for key in (methods.split(",") if isinstance(methods, str) else methods))


def _named(what: Any) -> str:
    """What a configuration calls a domain: the path as given, or the domain's name, or its type."""
    if isinstance(what, str | Path):
        return str(what)
    return what.name if isinstance(what, Domain) else type(what).__name__
