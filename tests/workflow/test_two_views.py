"""Methods of two views in a run: changed images where images are trained on, noise elsewhere, and flips on request."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from acclimate import InputError, adapt, read_domain
from acclimate.data import ViewedRows
from acclimate.methods import FixMatch, SelfEnsembling
from acclimate.types import Sample
from acclimate.workflow.candidates import Candidate
from acclimate.workflow.command_line import command_line
from acclimate.workflow.configuration import Configuration
from acclimate.workflow.defaults import complete
from acclimate.workflow.members import Member, NetworkMember
from acclimate.workflow.prepare import prepare
from acclimate.workflow.train_candidate import Trainer
from tests.workflow.made_data import clouds, write_images

WANTED = Configuration(source=("a",), target="b", steps=4, batch_size=16, accelerator="cpu")


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Sample, Sample]]:
    """Source and target of every step that FixMatch takes."""
    found: list[tuple[Sample, Sample]] = []
    forward = FixMatch.forward

    def noted(self: FixMatch, source: Sample, target: Sample) -> Any:
        found.append((source, target))
        return forward(self, source, target)

    monkeypatch.setattr(FixMatch, "forward", noted)
    return found


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    return write_images(tmp_path / "a", each=16), write_images(tmp_path / "b", each=12, shift=60)


class Means(nn.Module):
    """Row means of an image."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, x: Tensor) -> Tensor:
        return (x.mean(dim=1) * self.scale).mean(dim=2)


def trained(sides: tuple[Any, Any], key: str, folder: Path, own: nn.Module | None = None, **wanted: Any) -> Member:
    """One candidate, as a run trains it."""
    source, target = map(read_domain, sides)
    settings = complete(replace(WANTED, methods=(key,), **wanted), source, target)
    prepared = prepare(source, target, settings, own, show=False)
    trainer = Trainer(prepared.material, settings, prepared.architecture, own, False, prepared.preprocessing)
    return trainer.train(Candidate(key, key, "network"), folder, {})


def test_small_images_come_in_real_views(
    folders: tuple[Path, Path], seen: list[tuple[Sample, Sample]], tmp_path: Path
) -> None:
    trained(folders, "fixmatch", tmp_path)
    assert len(seen) == 4
    for source, target in seen:
        assert isinstance(source.x, Tensor)
        weak, strong = target.x
        assert weak.shape == strong.shape == source.x.shape == (16, 3, 12, 12)
        assert not torch.allclose(weak, strong)


@pytest.mark.parametrize("flip", [None, True, False])
def test_files_for_a_backbone_that_is_trained_do_too(
    flip: bool | None,
    folders: tuple[Path, Path],
    seen: list[tuple[Sample, Sample]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    flips: list[bool] = []
    mirror = Tensor.flip
    monkeypatch.setattr(Tensor, "flip", lambda self, *axes: (flips.append(True), mirror(self, *axes))[1])
    trained(folders, "fixmatch", tmp_path, Means(), backbone="own", finetune=True, flip=flip)
    assert isinstance(seen[0][1].x, tuple)
    assert bool(flips) == (flip is not False)


def test_a_source_of_two_views_is_for_methods_that_say_so(
    folders: tuple[Path, Path], seen: list[tuple[Sample, Sample]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FixMatch, "source_views", 2)
    trained(folders, "fixmatch", tmp_path)
    assert isinstance(seen[0][0].x, tuple)


def test_sums_read_the_views_of_their_scheme(
    folders: tuple[Path, Path], seen: list[tuple[Sample, Sample]], tmp_path: Path
) -> None:
    trained(folders, "fixmatch+bnm", tmp_path)
    assert isinstance(seen[0][1].x, tuple)


def test_methods_of_one_view_are_given_plain_images(
    folders: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ViewedRows, "batch", lambda *_: pytest.fail("views were made"))
    trained(folders, "mcc", tmp_path)


def test_features_stay_in_one_view(seen: list[tuple[Sample, Sample]], tmp_path: Path) -> None:
    trained((clouds(90, 0.0, 0), clouds(90, 1.0, 1)), "fixmatch", tmp_path)
    assert isinstance(seen[0][1].x, Tensor)


def test_a_frozen_backbone_leaves_noise_and_the_run_says_so_once(
    folders: tuple[Path, Path],
    seen: list[tuple[Sample, Sample]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("ACCLIMATE_CACHE", str(tmp_path / "cache"))
    options: dict[str, Any] = {"steps": 2, "batch_size": 16, "accelerator": "cpu"}
    adapt(*folders, backbone=Means(), finetune=False, methods=["fixmatch", "self_ensembling", "mcc"], **options)
    assert isinstance(seen[0][1].x, Tensor)
    said = capfd.readouterr().err
    assert said.count("Two views of an image are compared by fixmatch, self_ensembling; a frozen backbone") == 1
    adapt(*folders, methods=["fixmatch"], **options)
    assert isinstance(seen[-1][1].x, tuple)
    assert "Two views" not in capfd.readouterr().err


def test_an_interrupted_run_ends_as_an_uninterrupted_one(
    folders: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = trained(folders, "self_ensembling", tmp_path / "whole", steps=12)
    step, count = SelfEnsembling.after_step, [0]

    def interrupted(self: SelfEnsembling) -> None:
        step(self)
        count[0] += 1
        if count[0] == 7:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(SelfEnsembling, "after_step", interrupted)
        with pytest.raises(KeyboardInterrupt):
            trained(folders, "self_ensembling", tmp_path / "cut", steps=12)
    again = trained(folders, "self_ensembling", tmp_path / "cut", steps=12)
    assert isinstance(whole, NetworkMember)
    assert isinstance(again, NetworkMember)
    ours, theirs = whole.method.state_dict(), again.method.state_dict()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def completed(size: int, **wanted: Any) -> Configuration:
    pixels = torch.zeros(40, 3, size, size, dtype=torch.uint8).numpy()
    domain = read_domain((pixels, torch.arange(40).numpy() % 2))
    return complete(replace(WANTED, **wanted), domain, domain)


def test_photographs_are_mirrored_by_default_and_small_images_are_not() -> None:
    assert completed(65, finetune=True).flip is True
    assert completed(65, finetune=True, flip=False).flip is False
    assert completed(28).flip is False
    assert completed(28, flip=True).flip is True
    assert completed(65).flip is None  # frozen: there is nothing to mirror


@pytest.mark.parametrize(("flip", "option"), [(True, "--flip"), (False, "--no-flip")])
def test_flips_where_no_image_is_trained_on_are_refused(flip: bool, option: str) -> None:
    with pytest.raises(InputError, match=f"{option} is for networks trained on images"):
        completed(65, flip=flip)
    features = read_domain(clouds(60, 0.0, 0))
    with pytest.raises(InputError, match=f"{option} is for images; leave it out for features"):
        complete(replace(WANTED, flip=flip), features, features)


def test_the_command_line_repeats_the_choice() -> None:
    lines = [command_line(replace(WANTED, flip=flip), None, demo=False) for flip in (True, False, None)]
    assert ["--flip" in lines[0].split(), "--no-flip" in lines[1].split()] == [True, True]
    assert "flip" not in lines[2]
