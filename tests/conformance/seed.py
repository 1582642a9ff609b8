"""The seed that every arm gets over LDAP: seed.yaml, then a container of many users and a group of all of them."""

import pathlib

import yaml
from ldap3 import LEVEL, MODIFY_REPLACE

HERE = pathlib.Path(__file__).resolve().parent
# more than MaxPageSize (1000) and MaxValRange (1500)
BULK = 1700


def plant(directory):
    from arm import values  # noqa: PLC0415 (the two modules need each other)

    connection = directory.connection("admin", "ldaps")

    def must(done):
        if not done:
            raise SystemExit(f"the seed was refused: {connection.result}")

    # an estate brings people of its own: the cases begin with a domain that has none
    connection.search(directory.root, "(objectClass=organizationalUnit)", LEVEL, attributes=["1.1"])
    for old in [one["dn"] for one in connection.response if one["type"] == "searchResEntry"]:
        if not old.startswith("OU=Domain Controllers,"):
            must(connection.delete(old, controls=[("1.2.840.113556.1.4.805", True, None)]))
    for step in yaml.safe_load((HERE / "seed.yaml").read_text(encoding="utf-8")):
        step = directory.fill(step)
        dn = step.pop("dn")
        if "modify" in step:
            must(connection.modify(dn, {name: [(MODIFY_REPLACE, values(each))] for name, each in step["modify"].items()}))
        else:
            must(connection.add(dn, attributes={name: values(each) for name, each in step.items()}))
    bulk, names = directory.names["bulk"], []
    for number in range(BULK):
        names.append(f"CN=Bulk {number:04d},{bulk}")
        must(connection.add(names[-1], ["user"], {"sAMAccountName": f"bulk{number:04d}"}))
    must(connection.add(directory.names["big"], ["group"], {"sAMAccountName": "BigGroup", "groupType": -2147483646, "member": names}))
