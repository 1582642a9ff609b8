"""One directory server as the cases see it: connections by identity and port, and names looked up once."""

import os
import re
import ssl
import uuid

import ldap3

PASSWORD = "Passw0rd!1"
# who signs in: by name and password; the seed made them
PEOPLE = {
    "bob": ("bob@contoso.local", PASSWORD),
    "anonymous": (None, None),
}

# what the cases make for themselves
OWN = {
    "add": "OU=Add",
    "subject": "CN=Subject,OU=Change",
    "tree": "OU=Tree",
    "pat": "CN=Pat,OU=Secrets",
    "links": "OU=Links",
    "sync": "OU=Sync",
}


class Directory:
    def __init__(self):
        env = os.environ
        self.root = env["FORESTBED_BASE_DN"]
        tls = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=env["LDAPTLS_CACERT"])
        urls = {"ldap": env["FORESTBED_LDAP_URL"], "ldaps": env["FORESTBED_LDAPS_URL"], "gc": env.get("FORESTBED_GC_URL")}
        self.servers = {
            name: ldap3.Server(url, get_info=ldap3.NONE, tls=tls, connect_timeout=20) for name, url in urls.items() if url
        }
        self.people = {"admin": (env["FORESTBED_BIND_DN"], env["FORESTBED_BIND_PASSWORD"]), **PEOPLE}
        self.open, self.saved, self.names = {}, {}, {"root": self.root}
        for name, dn in {"staff": "OU=Staff", "sales": "OU=Sales,OU=Staff", "groups": "OU=Groups", "bulk": "OU=Bulk", "config": "CN=Configuration"}.items():
            self.names[name] = f"{dn},{self.root}"
        self.names |= {"alice": f"CN=Alice Müller,{self.names['staff']}", "bob": f"CN=Bob Stone,{self.names['sales']}"}
        self.names |= {"team": f"CN=Sales Team,{self.names['groups']}", "big": f"CN=Big Group,{self.names['groups']}"}
        self.names["schema"] = f"CN=Schema,{self.names['config']}"
        for name, dn in OWN.items():
            self.names[name] = f"{dn},{self.root}"

    def fresh(self, over, user=None, password=None):
        """A new connection, not yet bound."""
        return ldap3.Connection(
            self.servers[over],
            user,
            password,
            authentication=ldap3.SIMPLE if user else ldap3.ANONYMOUS,
            check_names=False,
            auto_range=False,
            return_empty_attributes=False,
            receive_timeout=60,
            auto_referrals=False,
        )

    def connection(self, who, over):
        """The connection of somebody over a port, bound on first use and kept."""
        key = (who, over)
        if key not in self.open or self.open[key].closed:
            connection = self.fresh(over, *self.people[who])
            if not connection.bind():
                raise SystemExit(f"{who} cannot bind over {over}: {connection.result}")
            self.open[key] = connection
        return self.open[key]

    def fill(self, part):
        """Names in braces become what they stand for: {root}, {alice}, {guid:alice}, {sid:alice}, {hex guid:alice}..."""
        if isinstance(part, str):
            return re.sub(r"\{([^{}]+)\}", lambda found: self.name(found[1]), part)
        if isinstance(part, list):
            return [self.fill(each) for each in part]
        if isinstance(part, dict):
            return {self.fill(key): self.fill(each) for key, each in part.items()}
        return part

    def name(self, written):
        if written in self.names:
            return self.names[written]
        kind, _, of = written.partition(":")
        dn = self.names.get(of, of)
        if written == "domain sid":
            return sid_text(self.read(self.root, "objectSid"))
        if kind == "tombstone":
            return self.tombstone(of)
        if kind == "usn of":
            return self.read(dn, "uSNChanged").decode()
        if kind == "octets of sid":
            return "hex:" + self.read(dn, "objectSid").hex()
        if kind in ("guid", "hex guid", "octets guid"):
            raw = self.read(dn, "objectGUID")
            return {"guid": str(uuid.UUID(bytes_le=raw)), "hex guid": raw.hex(), "octets guid": octets(raw)}[kind]
        if kind in ("sid", "hex sid", "octets sid"):
            raw = self.read(dn, "objectSid")
            return {"sid": sid_text(raw), "hex sid": raw.hex(), "octets sid": octets(raw)}[kind]
        if kind == "times":
            text, _, count = of.rpartition("*")
            return text * int(count)
        return "{" + written + "}"

    def tombstone(self, account):
        """The name of a deleted account."""
        connection = self.connection("admin", "ldap")
        connection.search(
            self.root,
            f"(&(isDeleted=TRUE)(sAMAccountName={account}))",
            attributes=["1.1"],
            controls=[("1.2.840.113556.1.4.417", True, None)],
        )
        found = [one["dn"] for one in connection.response if one["type"] == "searchResEntry"]
        if len(found) != 1:
            raise LookupError(f"{len(found)} tombstones of {account}")
        return found[0]

    def read(self, dn, attribute):
        """The first value of an attribute, as octets."""
        connection = self.connection("admin", "ldap")
        connection.search(dn, "(objectClass=*)", ldap3.BASE, attributes=[attribute])
        entries = [one for one in connection.response if one["type"] == "searchResEntry"]
        if not entries or attribute not in entries[0]["raw_attributes"]:
            raise LookupError(f"{dn} has no {attribute}: {connection.result}")
        return entries[0]["raw_attributes"][attribute][0]


def octets(raw):
    return "".join(f"\\{byte:02x}" for byte in raw)


def sid_text(raw):
    authority = int.from_bytes(raw[2:8], "big")
    parts = [int.from_bytes(raw[8 + 4 * n : 12 + 4 * n], "little") for n in range(raw[1])]
    return "S-" + "-".join(str(part) for part in [raw[0], authority, *parts])
