"""Thesauri and ontologies as tables of entities: SKOS, OWL and OBO."""
