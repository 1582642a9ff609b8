"""PyPI's wcf, a codec of .NET binary XML that is not ours, mended in two places: its modules were moved below wcf.records, and it imports them from where they were; and it writes the number of a qualified name in three octets, which protocol version 8.0 of [MC-NBFX] (2019) replaced."""

import importlib
import io
import logging
import sys

import wcf.records as records

for name in ("base", "attributes", "elements", "text"):
    module = importlib.import_module("wcf.records." + name)
    sys.modules["wcf." + name] = module
    for key, value in vars(module).items():
        if isinstance(value, type):
            setattr(records, key, value)
records.DateTimeTextRecord = records.DatetimeTextRecord
records.ms = records.data = None

from wcf.datatypes import MultiByteInt31  # noqa: E402: it needs the mended paths
from wcf.xml2records import XMLParser  # noqa: E402

QName = records.QNameDictionaryTextRecord
QName.to_bytes = lambda self: bytes([self.type, ord(self.prefix) - ord("a")]) + MultiByteInt31(self.index).to_bytes()
QName.parse = classmethod(lambda cls, fp: cls(chr(fp.read(1)[0] + ord("a")), MultiByteInt31.parse(fp).value))

logging.getLogger("wcf").setLevel(logging.ERROR)
logging.getLogger().setLevel(logging.WARNING)


def to_binary(xml):
    """A document of text as a record stream."""
    return records.dump_records(XMLParser.parse(xml))


def to_xml(octets):
    """A record stream as a document of text."""
    text = io.StringIO()
    records.print_records(records.Record.parse(io.BytesIO(octets)), fp=text)
    return text.getvalue()
