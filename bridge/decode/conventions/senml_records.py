"""The records of a SenML pack by JSON's labels, from JSON and from CBOR. Pure."""

from __future__ import annotations

from typing import Any

import cbor2

from bridge.decode import documents
from bridge.decode.items import Reason
from bridge.decode.tolerant import Undecodable
from bridge.message import MAX_PAYLOAD

MAX_RECORDS = 10_000  # records of a pack
MAX_DEPTH = 8  # containers inside containers, of CBOR
# CBOR's labels (RFC 8428, table 4).
LABELS = {-1: "bver", -2: "bn", -3: "bt", -4: "bu", -5: "bv", -6: "bs", 0: "n", 1: "u", 2: "v",
          3: "vs", 4: "vb", 5: "s", 6: "t", 7: "ut", 8: "vd"}  # fmt: skip

# The payload of CBOR read last, with its document. One tuple, replaced whole: threads never see
# half of it.
_last: tuple[bytes, Any] = (b"", None)


def may_be_cbor(payload: bytes) -> bool:
    """Whether it begins as an array of objects."""
    head = payload[0] if payload else 0
    behind = {0x98: 2, 0x99: 3, 0x9A: 5, 0x9B: 9}.get(head, 1)
    is_array = 0x81 <= head <= 0x9B or head == 0x9F
    return is_array and len(payload) > behind and 0xA0 <= payload[behind] <= 0xBF


def read(payload: bytes) -> list[Any]:
    """The records by JSON's labels. Raises `Undecodable`."""
    if len(payload) > MAX_PAYLOAD:
        raise Undecodable(Reason.TOO_LARGE, f"{len(payload)} bytes, over {MAX_PAYLOAD}")
    document = _of_cbor(payload) if may_be_cbor(payload) else documents.read(payload)
    if not isinstance(document, list):
        raise Undecodable(Reason.WRONG_TYPE, "the payload is no array of records")
    if len(document) > MAX_RECORDS:
        raise Undecodable(Reason.TOO_MANY_VALUES, f"more than {MAX_RECORDS} records")
    return document


def _of_cbor(payload: bytes) -> Any:
    """The document, parsed once for the claim and the reading. Raises `Undecodable`."""
    global _last  # noqa: PLW0603  (as in bridge.decode.documents)
    known, document = _last
    if known is not payload:
        try:
            document = _by_name(cbor2.loads(payload, max_depth=MAX_DEPTH))
        except (cbor2.CBORDecodeError, ValueError, OverflowError) as exc:
            raise Undecodable(Reason.MALFORMED_BINARY, f"{type(exc).__name__}: {exc}") from exc
        _last = (payload, document)
    return document


def _by_name(document: Any) -> Any:
    """The records of CBOR by JSON's labels."""
    if not isinstance(document, list):
        return document
    return [
        {
            LABELS.get(label, label) if type(label) is int else label: value
            for label, value in record.items()
        }
        if isinstance(record, dict)
        else record
        for record in document
    ]
