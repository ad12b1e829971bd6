from pipelines.evaluation.baselines.nearest import nearest


def test_rare_words_count_more_than_common_ones():
    known = ["the oar and the river", "the gate and the stone", "the lyre and the cloud"]
    assert nearest(known, ["the stone", "and a lyre", "nothing known", ""]).tolist() == [1, 2, 0, 0]


def test_many_texts_are_looked_for_in_parts():
    known = [f"w{i} of all" for i in range(300)]
    assert nearest(known, known[::-1]).tolist() == list(range(300))[::-1]
