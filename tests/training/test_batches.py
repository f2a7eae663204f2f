import numpy as np
import pytest

from mindgap.training.batches import shuffled_batches


@pytest.mark.parametrize("groups", [list(range(100)), [i // 2 for i in range(100)], [0] * 5, [1], []])
def test_every_row_once_and_no_document_twice_in_a_batch(groups):
    batches = shuffled_batches(groups, 8, np.random.default_rng(0))
    assert sorted(row for batch in batches for row in batch) == list(range(len(groups)))
    for batch in batches:
        assert len(batch) <= 8
        assert len({groups[row] for row in batch}) == len(batch)


def test_batches_are_full_where_they_can_be():
    assert [len(b) for b in shuffled_batches([i // 2 for i in range(100)], 10, np.random.default_rng(3))] == [10] * 10


def test_the_seed_decides():
    first, again, other = (shuffled_batches(range(50), 8, np.random.default_rng(s)) for s in (1, 1, 2))
    assert first == again != other


def test_a_batch_of_one_has_no_negatives():
    with pytest.raises(ValueError, match="at least 2"):
        shuffled_batches([1, 2], 1, np.random.default_rng(0))
