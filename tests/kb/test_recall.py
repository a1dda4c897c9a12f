from nerlink.kb import FromMentions, candidate_recall

GENERATOR = FromMentions([("Jordan", "country"), ("Jordan", "country"), ("Jordan", "river")])


def test_recall_grows_with_the_limit() -> None:
    pairs = [("Jordan", "country"), ("Jordan", "river"), ("Jordan", "player"), ("Nile", "Nile")]
    report = candidate_recall(GENERATOR, pairs, limits=(1, 2, None))
    assert report.recall == {1: 0.25, 2: 0.5, None: 0.5}
    assert (report.n_mentions, report.n_covered, report.n_candidates) == (4, 3, 6)


def test_no_mentions_have_no_recall() -> None:
    assert candidate_recall(GENERATOR, []).recall == {1: 0, 10: 0, 30: 0, None: 0}
