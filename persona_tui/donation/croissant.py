"""croissant.json: the bundle described in MLCommons Croissant 1.0, one record set a table."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from persona_tui.donation.consent import Consent
from persona_tui.donation.describe import COLUMN_MEANING, TABLE_MEANING
from persona_tui.donation.schema import TABLES, Field, Table

_LICENSE_URLS = {
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
}
_CONTEXT: Mapping[str, object] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_TYPES = {"bool": "sc:Boolean", "int": "sc:Integer", "number": "sc:Float", "numbers": "sc:Float"}
_PARTS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "ratings": (("attribute_id", "sc:Text"), ("rating", "sc:Integer")),
    "evidence": (("conv_idx", "sc:Integer"), ("turn_idxs", "sc:Integer"), ("quote", "sc:Text")),
}


def croissant(files: Mapping[str, bytes], consent: Consent, *, month: str) -> dict[str, object]:
    """The description of the data files among ``files`` (path → bytes)."""
    tables = [table for table in TABLES if f"data/{table}.jsonl" in files]
    return {
        "@context": dict(_CONTEXT),
        "@type": "sc:Dataset",
        "name": "persona-tui-donation",
        "description": "Judgments that one person made about what models inferred about them. "
        "Pseudonymised, with reduced risk; given with consent, which can be withdrawn.",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "license": _LICENSE_URLS[consent.license],
        "datePublished": f"{month}-01",
        "version": "1.0.0",
        "isLiveDataset": False,
        "citeAs": f"A persona-tui donation, {month}",
        "creator": {"@type": "sc:Person", "name": "One contributor, pseudonymised"},
        "distribution": [
            one for table in tables for one in _distribution(table, files)
        ],
        "recordSet": [_record_set(table) for table in tables],
    }  # fmt: skip


def _distribution(table: Table, files: Mapping[str, bytes]) -> list[dict[str, object]]:
    formats = (("jsonl", "application/jsonlines"), ("parquet", "application/x-parquet"))
    return [
        {
            "@type": "cr:FileObject",
            "@id": path,
            "name": path,
            "contentUrl": path,
            "contentSize": f"{len(files[path])} B",
            "encodingFormat": form,
            "sha256": hashlib.sha256(files[path]).hexdigest(),
        }
        for suffix, form in formats
        if (path := f"data/{table}.{suffix}") in files
    ]


def _record_set(table: Table) -> dict[str, object]:
    return {
        "@type": "cr:RecordSet",
        "@id": table,
        "name": table,
        "description": TABLE_MEANING[table],
        "field": [_field(table, field) for field in TABLES[table]],
    }


def _field(table: Table, field: Field) -> dict[str, object]:
    made: dict[str, object] = {
        "@type": "cr:Field",
        "@id": f"{table}/{field.name}",
        "name": field.name,
        "description": COLUMN_MEANING[field.name],
    }
    source: dict[str, object] = {
        "fileObject": {"@id": f"data/{table}.jsonl"},
        "extract": {"column": field.name},
    }
    if field.kind in ("numbers", "texts", "ratings", "evidence"):
        made["repeated"] = True
    if field.kind in _PARTS:
        made["subField"] = [
            {
                "@type": "cr:Field",
                "@id": f"{table}/{field.name}/{name}",
                "name": name,
                "dataType": kind,
                **({"repeated": True} if name == "turn_idxs" else {}),
                "source": {**source, "transform": {"jsonPath": f"$[*].{name}"}},
            }
            for name, kind in _PARTS[field.kind]
        ]
        return made
    made["dataType"] = _TYPES.get(field.kind, "sc:Text")
    made["source"] = source
    return made
