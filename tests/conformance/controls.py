"""Controls by name: what a case asks for becomes a request control, and response controls become values."""

from pyasn1.codec.ber import decoder, encoder
from pyasn1.type import univ

OIDS = {
    "paged": "1.2.840.113556.1.4.319",
    "dirsync": "1.2.840.113556.1.4.841",
    "show deleted": "1.2.840.113556.1.4.417",
    "show recycled": "1.2.840.113556.1.4.2064",
    "domain scope": "1.2.840.113556.1.4.1339",
    "search options": "1.2.840.113556.1.4.1340",
    "extended dn": "1.2.840.113556.1.4.529",
    "sd flags": "1.2.840.113556.1.4.801",
    "permissive modify": "1.2.840.113556.1.4.1413",
    "sort": "1.2.840.113556.1.4.473",
    "sorted": "1.2.840.113556.1.4.474",
    "tree delete": "1.2.840.113556.1.4.805",
    "vlv": "2.16.840.1.113730.3.4.9",
    "vlv response": "2.16.840.1.113730.3.4.10",
    "asq": "1.2.840.113556.1.4.1504",
    "range": "1.2.840.113556.1.4.802",
    "noerr": "1.2.840.113556.1.4.1948",
    "verify name": "1.2.840.113556.1.4.1338",
}
NAMES = {oid: name for name, oid in OIDS.items()}


def sequence(*parts):
    return wrapped(0x30, b"".join(encoder.encode(part) for part in parts))


def wrapped(tag, body):
    """A value of any length under its tag."""
    size = len(body)
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag]) + (bytes([size]) if size < 128 else bytes([0x80 | len(octets)]) + octets) + body


def sort_value(text):
    """`-sn` sorts by sn, last first."""
    name = text.lstrip("-").encode()
    reverse = b"\x81\x01\xff" if text.startswith("-") else b""
    return wrapped(0x30, wrapped(0x30, wrapped(0x04, name) + reverse))


def vlv_value(before, after, target):
    """By position (a number) or by value (a text)."""
    head = encoder.encode(univ.Integer(before)) + encoder.encode(univ.Integer(after))
    if isinstance(target, int):
        return wrapped(0x30, head + wrapped(0xA0, encoder.encode(univ.Integer(target)) + encoder.encode(univ.Integer(0))))
    return wrapped(0x30, head + wrapped(0x81, target.encode()))


def request(wanted, saved):
    """The request controls of a case: a list of names, or of one-key mappings `name: value`; a leading `!` makes critical."""
    made = []
    for one in wanted:
        name, value = next(iter(one.items())) if isinstance(one, dict) else (one, None)
        critical, name = name.startswith("!"), name.lstrip("!")
        made.append((OIDS.get(name, name), critical, encoded(name, value, saved)))
    return made


def encoded(name, value, saved):
    if isinstance(value, str) and value.startswith("hex:"):
        return bytes.fromhex(value[4:])
    if name == "sort":
        return sort_value(value)
    if name == "vlv":
        return vlv_value(value["before"], value["after"], value["at"])
    if name == "asq":
        return sequence(univ.OctetString(value.encode()))
    if name == "paged":
        return sequence(univ.Integer(value["size"]), univ.OctetString(cookie(value, saved)))
    if name == "dirsync":
        flags, most = univ.Integer(int(value.get("flags", 0))), univ.Integer(value.get("bytes", 2147483647))
        return sequence(flags, most, univ.OctetString(cookie(value, saved)))
    if name in ("search options", "extended dn", "sd flags"):
        return None if value is None else sequence(univ.Integer(int(value)))
    return None


def cookie(value, saved):
    """A cookie kept by an earlier case (`save:`), or one spelled out in hexadecimal."""
    written = value.get("cookie", "")
    return bytes.fromhex(written[4:]) if written.startswith("hex:") else saved[written] if written else b""


def response(controls):
    """Response controls by name, each as plain values."""
    found = {}
    for oid, control in (controls or {}).items():
        name, value = NAMES.get(oid, oid), control["value"]
        if name == "paged":
            found[name] = {"cookie": bool(value["cookie"])}
        elif name == "dirsync":
            found[name] = {"more": bool(value["more_results"]), "cookie": bool(value["cookie"])}
        elif name in ("sorted", "asq", "vlv response"):
            decoded = decoder.decode(value)[0]
            numbers = [int(decoded[n]) for n in range(len(decoded)) if not isinstance(decoded[n], univ.OctetString)]
            found[name] = {"sorted": numbers[:1], "asq": numbers[:1], "vlv response": numbers}[name]
        else:
            found[name] = value.hex() if isinstance(value, bytes) else str(value)
    return found


def cookies(controls):
    """The cookie that a page or a DirSync round gave back."""
    for oid, control in (controls or {}).items():
        if NAMES.get(oid) in ("paged", "dirsync"):
            return control["value"]["cookie"] or b""
    return b""
