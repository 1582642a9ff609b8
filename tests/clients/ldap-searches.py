# estate: --users 300
"""Python ldap3 reads and writes security descriptors, which are taken apart here by MS-DTYP, and uses the
extended operations of Active Directory.

Run under: forestbed exec --users 300 -- target/clients/venv/bin/python tests/clients/ldap-searches.py
"""

import os
import ssl
import struct
import uuid

from ldap3 import BASE, MODIFY_REPLACE, SUBTREE, Connection, Server, Tls
from ldap3.protocol.microsoft import security_descriptor_control

from witness import Steps

E = os.environ
steps = Steps("ldap-searches.py")
base = E["FORESTBED_BASE_DN"]
tls = Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=E["LDAPTLS_CACERT"])
server = Server(E["FORESTBED_LDAPS_URL"], use_ssl=True, tls=tls, get_info="NO_INFO")
ROW = "LDAP-SECURITY-DESCRIPTOR"


def connect(user, password):
    return Connection(server, user, password, auto_bind=True)


def sid(octets):
    count = octets[1]
    authority = int.from_bytes(octets[2:8], "big")
    parts = struct.unpack(f"<{count}I", octets[8 : 8 + 4 * count])
    return "-".join(["S-1", str(authority), *map(str, parts)]), 8 + 4 * count


def entries(octets, offset):
    """The entries of an access control list: type, flags, mask, object, inherited object, trustee."""
    revision, _, size, count, _ = struct.unpack_from("<BBHHH", octets, offset)
    assert revision in (2, 4)
    at, end = offset + 8, offset + size
    for _ in range(count):
        kind, flags, length, mask = struct.unpack_from("<BBHI", octets, at)
        guids, inside = [None, None], at + 8
        if kind in (5, 6, 7):
            (present,) = struct.unpack_from("<I", octets, inside)
            inside += 4
            for bit in (0, 1):
                if present & (1 << bit):
                    guids[bit] = str(uuid.UUID(bytes_le=octets[inside : inside + 16]))
                    inside += 16
        trustee, used = sid(octets[inside:])
        assert inside + used == at + length, "an entry ends with its trustee"
        yield kind, flags, mask, guids[0], guids[1], trustee
        at += length
    assert at == end, "the list ends with its last entry"


def parse(octets):
    """A self-relative security descriptor: control, owner, group, SACL, DACL."""
    revision, _, control, *offsets = struct.unpack_from("<BBHIIII", octets)
    assert revision == 1 and control & 0x8000, "revision 1, self-relative"
    owner, group = (sid(octets[at:])[0] if at else None for at in offsets[:2])
    sacl, dacl = (list(entries(octets, at)) if at else None for at in offsets[2:])
    return control, owner, group, sacl, dacl


def descriptor(connection, dn, flags=None):
    controls = None if flags is None else security_descriptor_control(criticality=True, sdflags=flags)
    connection.search(dn, "(objectClass=*)", BASE, attributes=["nTSecurityDescriptor"], controls=controls)
    raw = connection.response[0]["raw_attributes"].get("nTSecurityDescriptor") or [b""]
    return raw[0]


admin = connect(E["FORESTBED_BIND_UPN"], E["FORESTBED_BIND_PASSWORD"])
ou = f"OU=Descriptors,{base}"
user = f"CN=Sid Parse,{ou}"
admin.add(ou, "organizationalUnit")
password = "Str0ng-enough!"
admin.add(user, "user", {"sAMAccountName": "sid.parse", "userAccountControl": 512, "unicodePwd": f'"{password}"'.encode("utf-16-le")})
steps.check("a user is there to look at", admin.result["result"] == 0, detail=admin.result)

control, owner, group, sacl, dacl = parse(descriptor(admin, user))
steps.check("a user's descriptor parses: owner and group are Domain Admins", owner.endswith("-512") and group.endswith("-512"), ROW, detail=(owner, group))
steps.check("DACL and SACL are present and inherited automatically", control & 0x0C14 == 0x0C14, ROW, detail=hex(control))
change = "ab721a53-1e2f-11d0-9819-00aa0040529b"
# MS-ADSC, class user: SELF and Everyone may change the password with the old one
may = {trustee for kind, _, mask, what, _, trustee in dacl if kind == 5 and mask == 0x100 and what == change}
steps.check("User-Change-Password for SELF and Everyone", {"S-1-5-10", "S-1-1-0"} <= may, ROW, detail=may)
full = [e for e in dacl if e[0] == 0 and e[5] == owner and not e[1] & 0x10]
steps.check("Domain Admins have full control: 0xf01ff", [e[2] for e in full] == [0xF01FF], ROW, detail=full)
# MS-DTYP 2.5.3.4: what comes from above stands behind what is the object's own
order = [bool(e[1] & 0x10) for e in dacl]
steps.check("inherited entries stand last", order == sorted(order) and any(order), ROW, detail=order)
for flags, present in [(1, "o"), (2, "g"), (4, "d"), (8, "s"), (5, "od"), (15, "ogsd")]:
    _, o, g, s, d = parse(descriptor(admin, user, flags))
    got = "".join(letter for letter, part in zip("ogsd", (o, g, s, d)) if part is not None)
    steps.check(f"SD flags {flags}: only the named parts", got == present, ROW, detail=got)

_, _, _, _, protected = parse(descriptor(admin, f"CN=Administrator,CN=Users,{base}"))
steps.check("an administrator inherits nothing", not any(e[1] & 0x10 for e in protected), ROW, detail=protected)
_, owner, _, _, head = parse(descriptor(admin, base))
replicates = {e[5] for e in head if e[3] == "1131f6ad-9c07-11d1-f79f-00c04fc2dcd2"}
steps.check("who may replicate all is on the head of the domain", "S-1-5-32-544" in replicates and owner == "S-1-5-32-544", ROW, detail=replicates)
admin.search(base, "(objectClass=*)", SUBTREE, attributes=["nTSecurityDescriptor"], size_limit=500)
everything = [r["raw_attributes"]["nTSecurityDescriptor"][0] for r in admin.response if r["type"] == "searchResEntry"]
steps.check("every descriptor parses", len(everything) == 500 and all(parse(octets)[1] for octets in everything), ROW, detail=len(everything))

plain = connect(f"sid.parse@{E['FORESTBED_DOMAIN']}", password)
steps.check("a plain user gets none with the SACL in it", descriptor(plain, user) == b"", ROW)
steps.check("... and the same as all without it", descriptor(plain, user, 7) == descriptor(admin, user, 7) != b"", ROW)

whole = descriptor(admin, user)
_, _, _, _, before = parse(whole)
# S-1-5-10 may write the description of the organizational unit's children: an entry of its own on the parent
entry = struct.pack("<BBHI", 0, 2, 20, 0x10) + bytes([1, 1, 0, 0, 0, 0, 0, 5]) + struct.pack("<I", 10)
acl = struct.pack("<BBHHH", 4, 0, 8 + len(entry), 1, 0) + entry
written = struct.pack("<BBHIIII", 1, 0, 0x8004, 0, 0, 0, 20) + acl
controls = security_descriptor_control(criticality=True, sdflags=4)
admin.modify(ou, {"nTSecurityDescriptor": [(MODIFY_REPLACE, [written])]}, controls=controls)
steps.check("a DACL is written", admin.result["result"] == 0, ROW, detail=admin.result)
steps.check("... and comes back as it was given", descriptor(admin, ou, 4) == written, ROW)
_, _, _, _, after = parse(descriptor(admin, user))
steps.check("what lies below inherits it", (0, 0x12, 0x10, None, None, "S-1-5-10") in after and len(after) < len(before), ROW, detail=after)
admin.modify(user, {"nTSecurityDescriptor": [(MODIFY_REPLACE, [whole[:-3]])]})
steps.check("a malformed one is refused: 21", admin.result["result"] == 21, ROW, detail=admin.result)

fast = Connection(server)
fast.open()
fast.extended("1.2.840.113556.1.4.1781")
steps.check("fast bind mode begins", fast.result["result"] == 0, "LDAP-FASTBIND", detail=fast.result)
fast.user, fast.password, fast.authentication = f"sid.parse@{E['FORESTBED_DOMAIN']}", password, "SIMPLE"
steps.check("it proves a right password", fast.bind(), "LDAP-FASTBIND", detail=fast.result)
fast.password = "wrong"
steps.check("... and not a wrong one", not fast.bind() and fast.result["result"] == 49, "LDAP-FASTBIND", detail=fast.result)
fast.search("", "(objectClass=*)", BASE)
steps.check("it serves nothing else: 53", fast.result["result"] == 53, "LDAP-FASTBIND", detail=fast.result)
value = bytes([0x30, len(user) + 5, 0x80, len(user)]) + user.encode() + bytes([0x81, 1, 60])
admin.extended("1.3.6.1.4.1.1466.101.119.1", value, no_encode=True)
steps.check("what is not dynamic cannot be refreshed: 65", admin.result["result"] == 65, "LDAP-TTL-REFRESH", detail=admin.result)
admin.extended("1.2.3.4")
steps.check("an unknown operation: protocolError", admin.result["result"] == 2, "LDAP-TTL-REFRESH", detail=admin.result)
steps.finish()
