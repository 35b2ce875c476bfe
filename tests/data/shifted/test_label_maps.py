"""Label maps against facts of the data sets that do not come from the tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from acclimate.data.shifted import LABEL_MAPS, label_map
from acclimate.data.shifted.imagenet_classes import class_names, outputs_by_name, wordnet_ids
from acclimate.errors import InputError


def test_imagenet_has_a_thousand_classes_in_the_order_of_their_ids() -> None:
    assert len(wordnet_ids()) == len(set(wordnet_ids())) == 1000
    assert list(wordnet_ids()) == sorted(wordnet_ids())
    assert class_names()[0] == ("tench", "Tinca tinca")
    assert outputs_by_name()["great white shark"] == (2,)
    assert outputs_by_name()["crane"] == (134, 517)  # a bird and a machine
    labels = label_map("imagenet")
    assert labels.folders["n01440764"] == labels.folders["0"] == 0
    assert labels.predicted(np.arange(1000)).tolist() == list(range(1000))


@pytest.mark.parametrize("name", ["imagenet-r", "imagenet-a"])
def test_subsets_are_two_hundred_single_outputs(name: str) -> None:
    labels = label_map(name)
    subset = labels.subset
    assert subset is not None
    assert len(set(subset.tolist())) == 200
    assert [wordnet_ids()[k] for k in subset] == list(labels.classes)
    assert (labels.class_of_output >= 0).sum() == 200


def test_imagenet_d_has_164_classes_of_464_outputs_and_109_of_one() -> None:
    labels = label_map("imagenet-d")
    assert len(labels.classes) == 164
    assert list(labels.classes) == sorted(labels.classes)
    assert (labels.class_of_output >= 0).sum() == sum(map(len, labels.outputs)) == 464
    assert labels.subset is None
    single = label_map("imagenet-d109")
    assert len(single.classes) == 109
    assert single.subset is not None


def test_imagenet_d_classes_mean_what_the_outputs_are_called() -> None:
    labels = label_map("imagenet-d")
    words = {"zebra": "zebra", "volcano": None, "whale": "killer whale", "dog": "Chihuahua", "bird": "robin"}
    for name, member in words.items():
        if member is None:
            assert name not in labels.classes
        else:
            (output,) = outputs_by_name()[member.lower()]
            assert labels.classes[labels.class_of_output[output]] == name


def test_merged_folders_belong_to_another_class() -> None:
    labels = label_map("imagenet-d")
    for folder, name in {"cell_phone": "telephone", "mug": "cup", "laptop": "computer", "swan": "bird"}.items():
        assert labels.classes[labels.folders[folder]] == name
        assert folder not in labels.classes
    assert len(labels.folders) == 164 + 18
    assert "mug" not in label_map("imagenet-d109").folders  # a cup is two outputs


def test_predictions_outside_are_never_right() -> None:
    labels = label_map("imagenet-d")
    assert labels.predicted(np.array([[340, 404], [1, 895]])).tolist() == [[163, 1], [-1, 1]]


def test_names_are_those_of_the_list_beside_the_photographs(data_folder: Path) -> None:
    lines = (data_folder / "imagenet_val1000" / "synset_words.txt").read_text().splitlines()
    assert [line.split()[0] for line in lines] == list(wordnet_ids())


def test_an_unknown_map_is_refused() -> None:
    assert all(label_map(name).name for name in LABEL_MAPS)
    with pytest.raises(InputError, match="did you mean 'imagenet-r'"):
        label_map("imagenetr")
