import copy

import torch

from labelaudit.torch.box_labels import BoxLabels


def labels():
    return BoxLabels.of(torch.tensor([5, 6, 7, 8]))


def test_indexing_takes_the_rows_along():
    for which in (
        torch.tensor([True, False, True, False]),
        torch.tensor([0, 2]),
        slice(0, 4, 2),
        [0, 2],
    ):
        some = labels()[which]
        assert isinstance(some, BoxLabels)
        assert some.tolist() == [5, 7]
        assert some.rows.tolist() == [0, 2]
    assert labels()[[3, 1]][[1]].rows.tolist() == [1]


def test_copies_keep_their_rows():
    for made in (
        labels().clone(),
        labels().detach(),
        labels().contiguous(),
        labels().long(),
        labels().to(torch.int64),
    ):
        assert made.rows.tolist() == [0, 1, 2, 3]


def test_everything_else_is_a_plain_tensor():
    for made in (labels() + 1, labels()[0], labels().unsqueeze(0), torch.stack([labels()])):
        assert type(made) is torch.Tensor
    assert type(torch.tensor([9, 8, 7, 6, 5, 4, 3, 2, 1])[labels()]) is torch.Tensor
    assert type(labels()[None]) is torch.Tensor
    assert labels().shape == (4,)
    assert len(labels()) == 4
    assert labels().sum() == 26


def test_a_deep_copy_is_of_the_same_labels():
    made = copy.deepcopy({"labels": labels()})["labels"]
    assert made[[2]].tolist() == [7]
    assert made[[2]].rows.tolist() == [2]


def test_no_labels_have_no_rows():
    none = BoxLabels.of(torch.zeros(0, dtype=torch.int64))
    assert none[torch.zeros(0, dtype=torch.bool)].rows.tolist() == []
