"""Several objectives on one network: one pass, the sum of the parts."""

from __future__ import annotations

import copy
from itertools import combinations

import pytest
import torch
from torch import Tensor

from acclimate.errors import InputError
from acclimate.methods import METHODS, Alignment, Combined, Method, find
from acclimate.types import Sample
from tests.cases import CASES, NUM_CLASSES, Case, backbone_rows, batch, network, seeded, steps, without_dropout

PAIRS = [
    "+".join(pair) for pair in combinations([key for key, cls in METHODS.items() if issubclass(cls, Alignment)], 2)
]


DRAWING = {"vat", "mic", "drcn"}  # noise or masks: of two, the second draws behind the first, not as it does alone


@pytest.mark.parametrize("key", PAIRS)
@pytest.mark.parametrize(("batch_norm", "calls"), [("joint", 1), ("separate", 2)])
def test_a_pair_shares_one_pass(key: str, batch_norm: str, calls: int) -> None:
    """Its terms are those of its parts, the supervised loss counts once, and so does the pass that they share."""
    torch.manual_seed(3)
    shared = network()
    parts = [find(part).from_network(shared, NUM_CLASSES, batch_norm=batch_norm) for part in key.split("+")]
    for part in parts:
        without_dropout(part)
    pair = Combined(*parts, batch_norm=batch_norm)
    streams = batch(pair)
    expected: dict[str, Tensor] = {}
    for part in parts:
        expected |= seeded(part)(**streams).losses
    losses = seeded(pair)(**streams).losses
    assert losses.keys() == expected.keys()
    same = seeded(parts[0])(**streams).losses if set(key.split("+")) <= DRAWING else expected
    assert all(torch.allclose(losses[name], expected[name], atol=1e-6) for name in same)
    own = sum(backbone_rows(part, streams)[0] - calls for part in parts)  # VAT's, of changed rows, and the like
    assert backbone_rows(pair, streams)[0] == calls + own


@pytest.mark.parametrize(("batch_norm", "calls"), [("joint", 1), ("separate", 2)])
def test_a_part_that_needs_nothing_more_runs_the_backbone_once(batch_norm: str, calls: int) -> None:
    ones = [key for key, cls in METHODS.items() if issubclass(cls, Alignment) and cls.passes == Method.passes]
    for key in ones:
        method = find(key).from_network(network(), NUM_CLASSES, batch_norm=batch_norm)
        assert backbone_rows(method, batch(method))[0] == calls, key


def test_a_combination_holds_the_network_once() -> None:
    names = list(Case("dann+mcc").build().state_dict())
    assert sum(name.endswith("backbone.0.weight") for name in names) == 1


def test_a_copy_of_a_combination_has_a_network_of_its_own() -> None:
    """Also as its parts see it: a term that calls the network again calls the one being trained."""
    method = Case("dann+mcc").build()
    copied = copy.deepcopy(method)
    assert all(part.network is copied.network for part in copied.parts)
    assert copied.network is not method.network


def test_a_combination_of_three() -> None:
    method = Case("dann+mcc+deep_coral").build()
    assert set(method(**batch(method)).losses) == {"classification", "domain", "mcc", "coral"}
    assert method.key == "dann+mcc+deep_coral"


@pytest.mark.parametrize("key", [key for key, cls in METHODS.items() if not cls.takes_terms])
def test_what_cannot_be_combined_is_named(key: str) -> None:
    with pytest.raises(InputError, match=find(key).title):
        Case(f"dann+{key}").build()


SCHEMES = [k for k, c in METHODS.items() if c.takes_terms and not issubclass(c, Alignment)]
PICTURES = {case.key for case in CASES if case.images}


@pytest.mark.parametrize("key", [key for key in SCHEMES if key not in PICTURES])
def test_a_scheme_of_its_own_takes_the_terms_of_others(key: str) -> None:
    """Whatever the order of the names, its scheme is followed, and the terms come in one phase."""
    torch.manual_seed(3)
    method = without_dropout(Case(f"dann+{key}+mcc").build())
    assert type(method.first).key == key
    assert method.sequence == Case(key).build().sequence
    losses = [set(step.losses) for step in steps(method, batch(method)).values()]
    hosts = [found for found in losses if "mcc" in found]
    assert len(hosts) == 1
    assert "domain" in hosts[0]


@pytest.mark.parametrize("key", [k for k, c in METHODS.items() if c.takes_terms and not issubclass(c, Alignment)])
def test_a_scheme_names_no_term_as_others_do(key: str) -> None:
    """Else theirs would take the place of its own."""
    own = {name for step in steps(*with_batch(key)).values() for name in step.losses} - {"classification"}
    for other, cls in METHODS.items():
        if issubclass(cls, Alignment):
            assert not own & set(steps(*with_batch(other))["train"].losses), other


def with_batch(key: str) -> tuple[Method, dict[str, Sample]]:
    method = next(case for case in CASES if case.key == key).build()
    return method, batch(method)


def test_only_one_scheme_can_be_followed() -> None:
    shared = network()
    mcd = find("mcd")
    with pytest.raises(InputError, match="Give it first"):
        Combined(find("mcc")(shared), mcd.from_network(shared, NUM_CLASSES))


def test_a_combination_does_what_all_its_parts_do() -> None:
    assert Case("dann+dan").build().tasks == ("classification", "regression")
    assert Case("dann+mcc").build().tasks == ("classification",)


def test_a_method_stands_once_in_a_combination() -> None:
    with pytest.raises(InputError, match="once"):
        Case("mcc+mcc").build()


def test_a_combination_needs_one_network() -> None:
    with pytest.raises(InputError, match="network"):
        Combined(find("mcc")(network()), find("deep_coral")(network()))
