from typing import get_args

import pytest

from nerlink.config import ThesauriConfig
from nerlink.errors import DataError
from nerlink.kb import ThesaurusOptions
from nerlink.kb.thesauri.options import SynonymScope, TypeFrom


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"type_from": "parrent"}, "type_from is 'parrent'.* Did you mean 'parent'"),
        ({"synonyms": ["exakt"]}, "synonyms is 'exakt'.* Did you mean 'exact'"),
        ({"language": " "}, "language is empty"),
    ],
)
def test_a_value_that_is_not_known_is_named(options, match):
    with pytest.raises(DataError, match=match):
        ThesaurusOptions(**options)


@pytest.mark.parametrize(("word", "same"), [("broader", "parent"), ("namespace", "scheme")])
def test_the_words_of_skos_and_obo_mean_the_same(word, same):
    assert ThesaurusOptions(type_from=word).source_of_type == same


def test_the_configuration_has_the_same_options_with_the_same_defaults():
    fields = ThesauriConfig.model_fields
    assert ThesaurusOptions(**ThesauriConfig().model_dump()) == ThesaurusOptions()
    assert get_args(fields["type_from"].annotation) == get_args(TypeFrom)
    assert get_args(get_args(fields["synonyms"].annotation)[0]) == get_args(SynonymScope)
