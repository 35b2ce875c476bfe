from __future__ import annotations

from itertools import islice

import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from acclimate.data.rows import TensorRows
from acclimate.data.streams import Stream, Streams
from acclimate.errors import InputError
from acclimate.types import Sample
from tests.training.problem import NoisyRows


def rows(n=10):
    return TensorRows(torch.arange(n, dtype=torch.float32)[:, None], torch.arange(n) % 3, torch.arange(n) % 2)


def equal(a: Sample, b: Sample) -> bool:
    return all(torch.equal(p, q) for p, q in zip(a, b, strict=True) if p is not None)


def test_a_sample_carries_the_fields_of_its_rows():
    sample = next(Stream(rows(), 4).batches())
    assert sample.x[:, 0].long().tolist() == sample.index.tolist()
    assert sample.y.tolist() == (sample.index % 3).tolist()
    assert sample.domain.tolist() == (sample.index % 2).tolist()


def test_rows_without_labels_give_none():
    sample = next(Stream(TensorRows(torch.zeros(4, 1)), 2).batches())
    assert sample.y is None
    assert sample.domain is None


def test_without_replacement_across_batches():
    batches = list(islice(Stream(rows(10), 4).batches(), 5))
    seen = torch.cat([batch.index for batch in batches])
    assert sorted(seen[:10].tolist()) == sorted(seen[10:].tolist()) == list(range(10))


@pytest.mark.parametrize("workers", [0, 2])
def test_a_stream_resumes_at_any_batch(workers):
    stream = Stream(NoisyRows(10), 4, seed=5, workers=workers)
    whole = list(islice(stream.batches(), 9))
    for mine, other in zip(islice(stream.batches(start=6), 3), whole[6:], strict=True):
        assert equal(mine, other)


def test_workers_deliver_what_one_process_does():
    alone, helped = (Stream(NoisyRows(10), 4, workers=workers).batches() for workers in (0, 2))
    for _ in range(8):
        assert equal(next(alone), next(helped))


def test_starting_workers_draws_nothing_from_the_global_generator():
    before = torch.get_rng_state()
    next(Stream(rows(), 4, workers=1).batches())
    assert torch.equal(before, torch.get_rng_state())


def test_augmentation_changes_from_pass_to_pass_only():
    (first, second, third), again = (list(islice(Stream(NoisyRows(4), 4).batches(), 3)) for _ in range(2))
    by_row = [batch.x[batch.index.argsort()] for batch in (first, second, third)]
    assert not torch.equal(by_row[0], by_row[1])
    assert not torch.equal(by_row[1], by_row[2])
    assert torch.equal(first.x, again[0].x)


def test_in_order_is_every_row_once_without_augmentation_and_repeats():
    ordered = Stream(NoisyRows(5), 2).in_order()
    for _ in range(2):
        batches = list(ordered)
        assert [len(batch.index) for batch in batches] == [2, 2, 1]
        assert torch.equal(torch.cat([batch.x for batch in batches]), NoisyRows(5).clean)


@pytest.mark.parametrize("world_size", [1, 2, 3])
def test_ranks_share_each_batch_equally(world_size):
    stream = Stream(rows(10), 6)
    shares = zip(*(stream.batches(rank=rank, world_size=world_size) for rank in range(world_size)), strict=True)
    for whole, parts in zip(islice(stream.batches(), 7), shares, strict=False):
        assert {len(part.index) for part in parts} == {6 // world_size}
        assert torch.cat([part.index for part in parts]).tolist() == whole.index.tolist()


def test_unequal_shares_are_refused():
    with pytest.raises(InputError, match="batches of 4 rows, which 3 processes cannot share"):
        Stream(rows(), 4).batches(world_size=3)


def test_fewer_rows_than_a_batch_are_refused_by_name():
    with pytest.raises(InputError, match=r"target has 3 rows, fewer than one batch of 8: .* at most 3"):
        Streams(source=Stream(rows(8), 8), target=Stream(rows(3), 8))
    with pytest.raises(InputError, match="The stream has 3 rows"):
        Stream(rows(3), 8).batches()


@pytest.mark.parametrize("size", [0, -1])
def test_an_empty_batch_is_refused(size):
    with pytest.raises(InputError, match="batch_size"):
        Stream(rows(), size)


def test_streams_of_one_seed_have_orders_of_their_own():
    batch = next(Streams(source=Stream(rows(50), 20), target=Stream(rows(50), 20)).batches())
    assert batch["source"].index.tolist() != batch["target"].index.tolist()


def test_streams_count_the_longest():
    assert Streams(source=Stream(rows(50), 8), target=Stream(rows(50), 20)).num_batches == 7


@pytest.mark.parametrize(
    "change",
    [
        lambda: Stream(rows(12), 4),
        lambda: Stream(rows(10), 5),
        lambda: Stream(rows(10), 4, seed=1),
        lambda: Stream(TensorRows(rows().x + 1, rows().y, rows().domain), 4),
        lambda: Stream(TensorRows(rows().x, rows().y + 1, rows().domain), 4),
    ],
)
def test_fingerprints_tell_streams_apart(change):
    fingerprint = Streams(source=Stream(rows(), 4)).fingerprint()
    assert fingerprint == Streams(source=Stream(rows(), 4, workers=2)).fingerprint()
    assert fingerprint != Streams(source=change()).fingerprint()


def test_lengths_that_differ_are_refused():
    with pytest.raises(InputError, match="'y' has 2 rows but 'x' has 3"):
        TensorRows(torch.zeros(3, 1), torch.zeros(2))


def test_no_stream_is_refused():
    with pytest.raises(InputError, match="No stream"):
        Streams()


class TestLoaders:
    def loader(self, n=6, **options):
        return DataLoader(TensorDataset(torch.arange(float(n)), torch.arange(n)), **{"batch_size": 2, **options})

    def test_a_loader_is_cycled(self):
        batches = islice(Streams(source=self.loader()).batches(), 5)
        assert [batch["source"].y.tolist() for batch in batches] == [[0, 1], [2, 3], [4, 5], [0, 1], [2, 3]]

    def test_a_shuffled_loader_resumes_where_it_was(self):
        streams = Streams(source=self.loader(shuffle=True))
        whole = [batch["source"].y.tolist() for batch in islice(streams.batches(), 8)]
        torch.randn(3)
        assert [batch["source"].y.tolist() for batch in islice(streams.batches(start=4), 4)] == whole[4:]
        assert whole[:3] != whole[3:6]

    def test_a_loader_without_length_resumes_too(self):
        class Endless:
            def __iter__(self):
                return iter([(torch.tensor([float(k)]),) for k in range(3)])

        batches = islice(Streams(source=Endless()).batches(start=4), 3)
        assert [batch["source"].x.item() for batch in batches] == [1, 2, 0]

    def test_ranks_share_a_loader(self):
        streams = Streams(source=self.loader())
        assert [next(streams.batches(rank=rank, world_size=2))["source"].y.tolist() for rank in (0, 1)] == [[0], [1]]

    def test_two_views_are_shared_alike(self):
        views = [Sample((torch.arange(4), torch.arange(4) + 10), torch.arange(4))]
        sample = next(Streams(target=views).batches(rank=1, world_size=2))["target"]
        assert [view.tolist() for view in sample.x] == [[2, 3], [12, 13]]
        assert sample.y.tolist() == [2, 3]

    def test_a_batch_that_cannot_be_shared_is_refused(self):
        with pytest.raises(InputError, match="'source' delivers 3 rows, which 2 processes"):
            next(Streams(source=self.loader(batch_size=3)).batches(world_size=2))

    @pytest.mark.parametrize("bad", [5, torch.zeros(3), iter([1])])
    def test_what_cannot_be_iterated_again_is_refused(self, bad):
        with pytest.raises(InputError, match="The stream 'target' is a"):
            Streams(target=bad)

    def test_an_empty_loader_is_refused(self):
        with pytest.raises(InputError, match="'target' is empty"):
            next(Streams(target=[]).batches())

    def test_items_of_another_kind_are_refused(self):
        with pytest.raises(InputError, match="'target' delivers a dict"):
            next(Streams(target=[{"x": 1}]).batches())

    def test_in_order_can_be_repeated(self):
        loader = Streams(source=self.loader()).in_order()["source"]
        assert [[batch.y.tolist() for batch in loader] for _ in range(2)] == [[[0, 1], [2, 3], [4, 5]]] * 2
