"""Schemas of the answers of the Reconciliation Service API 0.2, after its specification.

Sections: Service Manifest, Reconciliation Query Responses, Suggest Responses. Stricter than the
specification's own where that says more in words: positions of `{{id}}`, scores that fall, types
with names.
"""

from typing import Any

TEXT: dict[str, Any] = {"type": "string"}
NAME: dict[str, Any] = {"type": "string", "minLength": 1}
WITH_ID: dict[str, Any] = {"type": "string", "pattern": r"\{\{id\}\}"}


def record(needed: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    """An object with these keys and no others."""
    return {
        "type": "object",
        "properties": needed | (optional or {}),
        "required": list(needed),
        "additionalProperties": False,
    }


def many(one: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": one, **more}


TYPE = record({"id": NAME, "name": NAME}, {"description": TEXT, "broader": {"type": "array"}})
SUGGEST = record(
    {"service_url": {"type": "string", "format": "uri"}, "service_path": TEXT},
    {"flyout_service_url": TEXT, "flyout_service_path": TEXT},
)
MANIFEST = record(
    {
        "versions": many(TEXT, contains={"const": "0.2"}),
        "name": NAME,
        "identifierSpace": {"type": "string", "format": "uri"},
        "schemaSpace": {"type": "string", "format": "uri"},
    },
    {
        "documentation": TEXT,
        "logo": TEXT,
        "serviceVersion": TEXT,
        "defaultTypes": many(TYPE, uniqueItems=True),
        "view": record({"url": WITH_ID}),
        "feature_view": record({"url": WITH_ID}),
        "preview": record(
            {"url": WITH_ID, "width": {"type": "integer"}, "height": {"type": "integer"}}
        ),
        "suggest": record({}, {"entity": SUGGEST, "property": SUGGEST, "type": SUGGEST}),
        "extend": {"type": "object"},
        "batchSize": {"type": "integer", "minimum": 1},
        "authentication": {"type": "object"},
    },
)
FEATURE = record({"id": NAME, "value": {"type": ["boolean", "number"]}})
CANDIDATE = record(
    {"id": NAME, "name": NAME, "score": {"type": "number", "minimum": 0, "maximum": 100}},
    {
        "description": TEXT,
        "features": many(FEATURE),
        "match": {"type": "boolean"},
        "type": many(TYPE),
    },
)
RESULTS: dict[str, Any] = {
    "type": "object",
    "additionalProperties": record({"result": many(CANDIDATE)}, {"error": {"type": "object"}}),
}
ENTITIES = record(
    {
        "result": many(
            record({"id": NAME, "name": NAME}, {"description": TEXT, "notable": many(TYPE)})
        )
    }
)
TYPES = record({"result": many(TYPE)})
PROPERTIES = record({"result": many(record({"id": NAME, "name": NAME}, {"description": TEXT}))})
