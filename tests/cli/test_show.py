def test_page_is_written(run, gold, tmp_path):
    page = tmp_path / "page.html"
    result = run("show", gold, "--output", page)
    assert (result.code, result.out) == (0, "")
    assert "Lovelace" in page.read_text(encoding="utf8")
    assert "Q7259" in page.read_text(encoding="utf8")


def test_page_can_go_to_standard_output(run, gold):
    assert run("show", gold, "--output", "-").out.startswith("<!DOCTYPE html>")


def test_documents_are_printed_without_a_page(run, gold):
    result = run("show", gold)
    assert "Lovelace" in result.out
    assert "PER" in result.out


def test_names_of_entities_come_from_a_knowledge_base(run, gold, towns, tmp_path):
    base = tmp_path / "towns.sqlite"
    (towns.parent / "one.csv").write_text("id,name\nQ84,Londinium\n", encoding="utf8")
    run("kb", "build", towns.parent / "one.csv", "--output", base)
    assert "Londinium" in run("show", gold, "--kb", base, "--output", "-").out
    assert "Londinium" in run("show", gold, "--kb", base).out


def test_bad_document_leaves_no_page(run, gold, tmp_path):
    gold.write_text('{"text": 3}\n', encoding="utf8")
    assert run("show", gold, "--output", tmp_path / "page.html").code == 1
    assert not (tmp_path / "page.html").exists()
