from labelaudit.torch.batches import collate


def test_a_batch_is_its_images_and_its_targets():
    assert collate([("a", {"labels": 1}), ("b", {"labels": 2})]) == (
        ("a", "b"),
        ({"labels": 1}, {"labels": 2}),
    )
