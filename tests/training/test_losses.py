import pytest
import torch

from mindgap.projections.base import Recipe
from mindgap.training.losses import LOSSES, Batch, info_nce_loss, n_pairs_loss


def algorithm_2(anchors, positives, labels, margin):
    """The paper's Algorithm 2, line by line."""
    loss, count = 0.0, 0
    for i in range(len(anchors)):
        if labels[i] == 1:
            positive_distance = torch.dist(anchors[i], positives[i])
            for j in range(len(anchors)):
                if i != j:
                    negative_distance = torch.dist(anchors[i], positives[j])
                    loss = loss + torch.clamp(positive_distance - negative_distance + margin, min=0)
                    count += 1
    return loss / count if count else torch.tensor(0.0)


@pytest.mark.parametrize("n", [1, 2, 3, 17])
@pytest.mark.parametrize("share_true", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("margin", [0.0, 1.0, 2.5])
def test_n_pairs_equals_algorithm_2(n, share_true, margin):
    generator = torch.Generator().manual_seed(n)
    anchors = torch.randn(n, 8, generator=generator, requires_grad=True)
    positives = torch.randn(n, 8, generator=generator, requires_grad=True)
    labels = (torch.rand(n, generator=generator) < share_true).long()
    ours, naive = n_pairs_loss(anchors, positives, labels, margin), algorithm_2(anchors, positives, labels, margin)
    assert torch.allclose(ours, naive, atol=1e-6)
    if naive.requires_grad:
        for side in (anchors, positives):
            own = torch.autograd.grad(ours, side, retain_graph=True)[0]
            assert torch.allclose(own, torch.autograd.grad(naive, side, retain_graph=True)[0], atol=1e-6)


def test_n_pairs_is_zero_where_every_negative_is_a_margin_further():
    anchors = torch.eye(3) * 10
    assert n_pairs_loss(anchors, anchors, torch.ones(3)).item() == 0.0


def test_info_nce_by_hand():
    # cosines 1 and 0 at temperature 1: each row's loss is log(1 + e^-1)
    queries = documents = torch.eye(2)
    expected = torch.log(1 + torch.exp(torch.tensor(-1.0)))
    assert torch.allclose(info_nce_loss(queries, documents, 1.0), expected)


def test_a_hard_negative_is_one_more_choice_of_its_own_query():
    # the first query sees cosines 1, 0 and 1 (a hard negative as near as its own), the second 1, 0 and 0
    eye = torch.eye(2)
    hard = torch.stack([eye[:1], eye[:1]])
    e = torch.exp(torch.tensor(1.0))
    forward = (torch.log((2 * e + 1) / e) + torch.log((e + 2) / e)) / 2
    expected = (forward + torch.log((e + 1) / e)) / 2
    assert torch.allclose(info_nce_loss(eye, eye, 1.0, hard), expected)


def test_info_nce_does_not_see_lengths():
    queries, documents = torch.randn(5, 4), torch.randn(5, 4)
    assert torch.allclose(info_nce_loss(queries * 7, documents, 0.1), info_nce_loss(queries, documents, 0.1), atol=1e-6)


@pytest.mark.parametrize("name", list(LOSSES))
def test_wrong_pairs_alone_give_no_loss_and_no_gradient(name):
    recipe = Recipe(name, 8, 1, 4, 1e-3)
    queries = torch.randn(4, 8, requires_grad=True)
    loss = LOSSES[name](Batch(torch.randn(4, 8), queries, torch.zeros(4)), recipe)
    loss.backward()
    assert loss.item() == 0.0
    assert queries.grad.abs().sum() == 0
