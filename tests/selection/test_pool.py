from nerlink.data import Document
from nerlink.selection.pool import Pool

LONG = " ".join(f"word{n}" for n in range(60))


def docs(*texts):
    return [Document(text=text, id=f"doc-{n}") for n, text in enumerate(texts)]


def test_annotated_documents_are_known_by_id_and_by_text():
    annotated = [Document(text="Ada wrote.", id="doc-9"), Document(text="Paris.", id="doc-0")]
    pool = Pool(annotated)
    left = list(pool(docs("Acme sells.", " Ada  wrote. ", "Texas.")))
    assert [doc.text for doc in left] == ["Texas."]
    assert (pool.n_read, pool.n_annotated) == (3, 2)
    assert pool.n_other_text == 1, "doc-0 is another text: that is to be said"


def test_texts_without_ids_are_not_all_the_same_document():
    pool = Pool([Document(text="Ada wrote.")])
    assert len(list(pool([Document(text="Acme sells."), Document(text="Texas.")]))) == 2


def test_repetitions_are_left_out_whether_exact_or_nearly_so():
    pool = Pool([Document(text=LONG)])
    left = list(pool(docs("Short.", "Short.", LONG + " more", "Shorter.", LONG.upper())))
    assert [doc.id for doc in left] == ["doc-0", "doc-3"]
    assert (pool.n_repeated, pool.n_annotated) == (3, 0)


def test_blank_texts_are_counted_and_left_out():
    pool = Pool()
    assert list(pool(docs("", " \n"))) == []
    assert pool.n_blank == 2
