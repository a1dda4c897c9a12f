import torch

from nerlink.data import Entity
from nerlink.models.annotate import example_of
from nerlink.models.linker.texts import encode_entities
from nerlink.models.passages import locate
from tests.models.counting import count_rows
from tests.world import marked


def test_every_entity_gets_a_vector_of_its_text(linker):
    table = linker.prototypes.text
    assert (table.shape, table.dtype) == ((7, 32), torch.float16)
    lengths = table.float().norm(dim=1)
    torch.testing.assert_close(lengths, torch.full((7,), 0.25 * 32**0.5), atol=1e-2, rtol=0)
    assert not torch.equal(table[0], table[1])


def test_training_mode_is_left_as_it_was_and_drops_nothing(linker):
    encoder, texts = linker.embeddings, [(0, "Paris; capital of France; LOC")]
    ((_, quiet),) = encode_entities(encoder, texts)
    encoder.train()
    ((_, learning),) = encode_entities(encoder, texts)
    assert torch.equal(quiet, learning)
    assert encoder.training


def test_only_some_rows_can_be_written(linker):
    before = linker.prototypes.text.clone()
    torch.nn.init.normal_(linker.embeddings.model.get_input_embeddings().weight)
    linker.texts.write([2, 4])
    changed = (linker.prototypes.text != before).any(1).nonzero().flatten()
    assert changed.tolist() == [2, 4]


def test_new_and_renamed_entities_are_encoded_and_no_others(linker):
    kb, prototypes = linker.lookup.kb, linker.prototypes
    before = prototypes.full_text(7)
    kb.add(Entity(id="new", name="New", description="just made"))
    kb.rename("texas", "Tejas")
    with count_rows(linker.embeddings) as rows:
        linker.texts.refresh()
        linker.texts.refresh()
    after = prototypes.full_text(8)
    assert (sum(rows), prototypes.version) == (2, kb.version)
    assert (after[:7] != before).any(1).nonzero().flatten().tolist() == [kb.row("texas")]
    assert after[kb.row("new")].any()


def test_late_text_is_what_a_whole_table_would_hold(linker):
    linker.lookup.kb.add(Entity(id="new", name="New", description="just made"))
    linker.texts.refresh()
    late = linker.prototypes.full_text(8)
    linker.texts.write()
    torch.testing.assert_close(linker.prototypes.text, late, atol=1e-3, rtol=0)


def test_texts_are_written_when_candidates_meet_them(linker):
    example, _ = example_of(marked("[Paris|LOC|paris] won."), {"nel"})
    mentions = locate([example.passage], [example.spans], linker.embeddings.device)
    before = linker.prototypes.text.clone()
    torch.nn.init.normal_(linker.embeddings.model.get_input_embeddings().weight)
    vectors = linker.embeddings.encode([example.passage.tokens])
    with (
        torch.inference_mode(),
        linker.texts.written_when_met(),
        count_rows(linker.embeddings) as rows,
    ):
        (found,) = linker.look(vectors, None, mentions).sets
        linker.look(vectors, None, mentions)
    changed = (linker.prototypes.text != before).any(1).nonzero().flatten().tolist()
    assert changed == sorted(found.rows.tolist()) != []
    assert sum(rows) == len(changed)
    assert not linker.prototypes.text.is_inference()
    torch.nn.init.normal_(linker.embeddings.model.get_input_embeddings().weight)
    after = linker.prototypes.text.clone()
    linker.look(vectors, None, mentions)
    assert torch.equal(linker.prototypes.text, after)


def test_texts_left_unread_are_read_when_met_and_all_of_them_when_asked(linker):
    table = linker.prototypes.full_text(7)
    linker.prototypes.set_text(table[:0], version=0)
    linker.texts.leave_unread()
    with count_rows(linker.embeddings) as rows:
        linker.texts.refresh()
        linker.texts.meet(torch.tensor([2, 4, 2]))
        linker.texts.meet(torch.tensor([4]))
    assert sum(rows) == 2
    met = linker.prototypes.full_text(7)
    torch.testing.assert_close(met[[2, 4]], table[[2, 4]], atol=1e-3, rtol=0)
    assert not met[[0, 1, 3, 5, 6]].any()
    linker.texts.complete()
    torch.testing.assert_close(linker.prototypes.full_text(7), table, atol=1e-3, rtol=0)
    with count_rows(linker.embeddings) as rows:
        linker.texts.meet(torch.tensor([0]))
        linker.texts.complete()
    assert sum(rows) == 0


def test_a_text_that_changed_after_it_was_met_is_read_again(linker):
    kb, prototypes = linker.lookup.kb, linker.prototypes
    linker.texts.leave_unread()
    row = kb.row("texas")
    linker.texts.meet(torch.tensor([row]))
    before = prototypes.text_of(torch.tensor([row]))
    kb.rename("texas", "Tejas")
    linker.texts.meet(torch.tensor([kb.row("paris")]))
    linker.texts.refresh()
    assert not torch.equal(prototypes.text_of(torch.tensor([row])), before)
