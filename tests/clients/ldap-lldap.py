#!/usr/bin/env python3
# estate: --profile lldap --users 200
"""Clients that are set up for lldap: python ldap3 with the searches of Authelia, Nextcloud, Gitea and Grafana, and
flask-ldap3-login with lldap's tree in its settings: forestbed exec --profile lldap --users 200 -- python THIS."""

import os
import ssl

import ldap3
from flask import Flask
from flask_ldap3_login import AuthenticationResponseStatus, LDAP3LoginManager
from ldap3 import BASE, LEVEL, MODIFY_REPLACE, SUBTREE, Connection, Server, Tls
from witness import Steps

URL, SECURE, SUFFIX = (os.environ[f"FORESTBED_{name}"] for name in ("LDAP_URL", "LDAPS_URL", "BASE_DN"))
ADMIN, PASSWORD = os.environ["FORESTBED_BIND_DN"], os.environ["FORESTBED_BIND_PASSWORD"]
PEOPLE, GROUPS = f"ou=people,{SUFFIX}", f"ou=groups,{SUFFIX}"
steps = Steps("ldap-lldap.py")
server = Server(URL, get_info=ldap3.NONE)
# ldap3 checks names against a schema that it has read, and lldap's does not list what lldap answers
reading = Server(URL, get_info=ldap3.ALL)


def connect(dn=ADMIN, password=PASSWORD):
    return Connection(server, dn, password, check_names=False)


admin = connect()
steps.check("the administrator binds in lldap's form", admin.bind() and ADMIN.startswith("uid=admin,ou=people,dc="),
            "LLDAP-BIND", detail=admin.result)


def search(base, text, attributes=("1.1",), scope=SUBTREE, connection=admin, **more):
    connection.search(base, text, scope, attributes=list(attributes), **more)
    return [entry for entry in connection.response or [] if entry["type"] == "searchResEntry"]


def names(entries):
    return [entry["dn"].split(",")[0].split("=", 1)[1] for entry in entries]


# --- tree, root DSE, schema: facts 1 to 20
users, groups = search(PEOPLE, "(objectClass=person)"), search(GROUPS, "(objectClass=groupOfUniqueNames)")
steps.check(f"people are listed ({len(users)})", len(users) >= 200, "LLDAP-TREE", detail=len(users))
steps.check("... by id, ascending", names(users) == sorted(names(users)), "LLDAP-TREE")
lower = [name.lower() for name in names(groups)]
steps.check(f"groups are listed ({len(groups)}), by name whatever its case", lower == sorted(lower) and len(lower) > 5,
            "LLDAP-TREE")
own = [name for name in names(groups) if name.startswith("lldap_")]
steps.check("lldap's three groups are there", own == ["lldap_admin", "lldap_password_manager", "lldap_strict_readonly"],
            "LLDAP-TREE", detail=own)
steps.check("the suffix answers users, then groups", len(search(SUFFIX, "(objectClass=*)", scope=BASE))
            == len(users) + len(groups), "LLDAP-TREE")
search(f"uid=nobody,{PEOPLE}", "(objectClass=*)", scope=BASE)
steps.check("no object: 32 with scope base", admin.result["result"] == 32, "LLDAP-TREE", detail=admin.result)
search(f"uid=nobody,{PEOPLE}", "(objectClass=*)")
steps.check("... 0 with another", admin.result["result"] == 0, "LLDAP-TREE", detail=admin.result)
search("nonsense", "(uid=a)")
steps.check("a malformed base: 34 with lldap's text",
            (admin.result["result"], admin.result["message"]) == (34, "Missing DN value"), "LLDAP-TREE", detail=admin.result)
Connection(reading, ADMIN, PASSWORD, auto_bind=True).unbind()
steps.check("python ldap3 reads root DSE and schema", reading.info.vendor_name == ["LLDAP"]
            and "memberOf" in reading.schema.attribute_types and reading.info.naming_contexts == [SUFFIX], "LLDAP-ROOTDSE",
            detail=(reading.info.vendor_name, reading.info.naming_contexts))
paged = search(PEOPLE, "(objectClass=person)", paged_size=10)
steps.check("paging splits nothing", len(paged) == len(users), "LLDAP-ROOTDSE", detail=len(paged))
cookie = admin.result["controls"]["1.2.840.113556.1.4.319"]["value"]
steps.check("... and gives no cookie", cookie["cookie"] == b"" and cookie["size"] == len(users), "LLDAP-ROOTDSE", detail=cookie)

# --- one person
mailed = search(PEOPLE, "(&(mail=*)(givenName=*))", ["uid", "mail", "cn", "givenName", "sn", "memberOf", "entryUUID"])
person = next(e for e in mailed if e["attributes"].get("mail") and e["attributes"]["memberOf"])
uid, mail = person["attributes"]["uid"][0], person["attributes"]["mail"][0]
every = search(person["dn"], "(objectClass=*)", ["*"], BASE)[0]["attributes"]
steps.check("* gives lldap's attributes", [name for name in every if name not in ("avatar", "jpegPhoto")]
            == ["cn", "createtimestamp", "entryuuid", "first_name", "givenname", "last_name", "mail", "objectclass", "sn", "uid"],
            "LLDAP-ATTRIBUTES", detail=list(every))
asked = search(person["dn"], "(objectClass=*)", ["user_id", "Mail", "isMemberOf", "sAMAccountName"], BASE)[0]["attributes"]
steps.check("names are echoed as asked, unknown ones left out", [name for name, values in asked.items() if values] == ["isMemberOf", "Mail", "user_id"],
            "LLDAP-ATTRIBUTES", detail=list(asked))
team = person["attributes"]["memberOf"][0]
members = search(team, "(objectClass=*)", ["member", "uniqueMember", "cn", "uid"], BASE)[0]["attributes"]
steps.check("the group lists the person, under both names", person["dn"] in members["member"]
            and members["member"] == members["uniqueMember"] and members["cn"] == members["uid"], "LLDAP-ATTRIBUTES")

# --- filters
for text, expected in [(f"(uid={uid.upper()})", [uid]), (f"(mail={mail.upper()})", [uid]), (f"(user_id={uid})", [uid]),
                       ("(objectClass=user)", []), ("(sAMAccountName=*)", []), (f"(&(memberOf={team.upper()})(uid={uid}))", [uid])]:
    found = names(search(PEOPLE, text))
    steps.check(f"{text} finds {len(expected)}", found == expected, "LLDAP-FILTER", detail=found)
for text, message in [("(uid>=a)", 'Unsupported user filter: GreaterOrEqual("uid", "a")'),
                      ("(sn=a*)", 'Unsupported user attribute for substring filter: AttributeName(CaseInsensitiveString("sn"))')]:
    search(PEOPLE, text)
    steps.check(f"{text} is refused", (admin.result["result"], admin.result["message"]) == (53, message), "LLDAP-FILTER",
                detail=admin.result)

# --- passwords and roles: a person signs in once the administrator has set a password
before = connect(person["dn"], "Secret-1")
steps.check("nobody has a password at first: 49 without a text", not before.bind() and before.result["result"] == 49
            and before.result["message"] == "", "LLDAP-BIND", detail=before.result)
steps.check("the administrator sets one by password modify", admin.extend.standard.modify_password(person["dn"], None, "Secret-1"),
            "LLDAP-PASSWORDS", detail=admin.result)
plain = connect(person["dn"].replace("uid=", "CN="), "Secret-1")
steps.check("the person binds, by cn= too", plain.bind(), "LLDAP-BIND", detail=plain.result)
seen = names(search(SUFFIX, "(objectClass=person)", connection=plain))
steps.check("a plain user sees itself only", seen == [uid], "LLDAP-ROLES", detail=seen)
own = search(GROUPS, "(objectClass=*)", ["member"], connection=plain)
steps.check("... and its groups with nobody else in them", own and all(g["attributes"]["member"] == [person["dn"]] for g in own),
            "LLDAP-ROLES", detail=own[:2])
plain.modify(person["dn"], {"userPassword": [(MODIFY_REPLACE, ["Secret-2"])]})
steps.check("it changes its own password", plain.result["result"] == 0 and connect(person["dn"], "Secret-2").bind(),
            "LLDAP-PASSWORDS", detail=plain.result)
other = next(e["dn"] for e in users if e["dn"] not in (person["dn"], ADMIN))
plain.modify(other, {"userPassword": [(MODIFY_REPLACE, ["x"])]})
steps.check("... and nobody else's", plain.result["result"] == 50 and "cannot modify user" in plain.result["message"],
            "LLDAP-ROLES", detail=plain.result)
admin.modify(person["dn"], {"mail": [(MODIFY_REPLACE, ["x@example.com"])]})
steps.check("nothing else is modified", (admin.result["result"], admin.result["message"])
            == (53, "Unsupported operation: `Replace` for `mail`"), "LLDAP-PASSWORDS", detail=admin.result)
for name, code in [(mail, 64), (f"uid={uid},dc=example,dc=org", 64), ("", 48)]:
    refused = Connection(server, name or None, "x" if name else None,
                         authentication=ldap3.SIMPLE if name else ldap3.ANONYMOUS)
    steps.check(f"bind as {name or 'nobody'}: {code}", not refused.bind() and refused.result["result"] == code, "LLDAP-BIND",
                detail=refused.result)

# --- additions and deletions
new = f"uid=newcomer,{PEOPLE}"
admin.add(new, ["inetOrgPerson"], {"mail": "newcomer@example.com", "cn": "New Comer", "sn": "Comer"})
steps.check("a user is added", admin.result["result"] == 0 and names(search(PEOPLE, "(cn=New Comer)")) == ["newcomer"],
            "LLDAP-WRITES", detail=admin.result)
admin.add(new, ["inetOrgPerson"], {"mail": "newcomer2@example.com"})
steps.check("... once", admin.result["result"] == 1 and "users.user_id" in admin.result["message"], "LLDAP-WRITES", detail=admin.result)
admin.add(f"cn=newgroup,{GROUPS}", ["groupOfUniqueNames"], {"uniqueMember": new})
steps.check("a group is added, without members", search(GROUPS, "(cn=newgroup)", ["member"])[0]["attributes"]["member"] in (None, []),
            "LLDAP-WRITES", detail=admin.result)
steps.check("compare", admin.compare(new, "mail", "newcomer@example.com") and not admin.compare(new, "mail", "x"), "LLDAP-WRITES")
plain.delete(new)
steps.check("a plain user deletes nothing", (plain.result["result"], plain.result["message"]) == (50, "Unauthorized write"),
            "LLDAP-WRITES", detail=plain.result)
steps.check("both are deleted", admin.delete(new) and admin.delete(f"cn=newgroup,{GROUPS}"), "LLDAP-WRITES", detail=admin.result)
admin.delete(new)
steps.check("... once", (admin.result["result"], admin.result["message"]) == (32, "Could not find user"), "LLDAP-WRITES",
            detail=admin.result)

# --- the searches of clients, section 8 of the reference
UPPER = SUFFIX.replace("dc=", "DC=")
authelia = search(f"OU=people,{UPPER}", f"(&(|(uid={mail})(mail={mail}))(objectClass=person))", ["uid", "mail", "cn"])
steps.check("Authelia finds the person by mail", names(authelia) == [uid], "LLDAP-CLIENTS", detail=authelia)
of_person = search(f"OU=groups,{UPPER}", f"(&(member={person['dn']})(objectClass=groupOfUniqueNames))", ["cn"])
steps.check("... and its groups", sorted(e["dn"] for e in of_person) == sorted(person["attributes"]["memberOf"]), "LLDAP-CLIENTS")
nextcloud = search(SUFFIX, f"(&(objectclass=person)(memberOf={team})(uid={uid}))", ["displayname", "mail", "user_id", "entryUUID"],
                   paged_size=500)
steps.check("Nextcloud finds it in its group", names(nextcloud) == [uid] and len(nextcloud[0]["attributes"]) == 4, "LLDAP-CLIENTS",
            detail=nextcloud)
gitea = search(PEOPLE, f"(&(objectClass=person)(|(uid={uid})(mail={uid})))", ["uid", "givenName", "sn", "mail", "jpegPhoto"])
steps.check("Gitea finds it by name", names(gitea) == [uid], "LLDAP-CLIENTS")
steps.check("... and asks who is an administrator", search(person["dn"], f"(memberof=cn=lldap_admin,{GROUPS})", scope=BASE) == []
            and len(search(ADMIN, f"(memberof=cn=lldap_admin,{GROUPS})", scope=BASE)) == 1, "LLDAP-CLIENTS")
grafana = search(SUFFIX, f"(uid={uid})", ["memberOf", "displayName"])
steps.check("Grafana finds it at the suffix", names(grafana) == [uid], "LLDAP-CLIENTS")
steps.check("... with its groups by the bare id", len(search(GROUPS, f"(uniqueMember={uid})", ["cn"])) == len(of_person), "LLDAP-CLIENTS")

# --- a program over a library: flask-ldap3-login with lldap's tree in its settings
host, port = URL.removeprefix("ldap://").rsplit(":", 1)
app = Flask("witness")
app.config.update(LDAP_HOST=host, LDAP_PORT=int(port), LDAP_BASE_DN=SUFFIX, LDAP_USER_DN="ou=people", LDAP_GROUP_DN="ou=groups",
                  LDAP_USER_RDN_ATTR="uid", LDAP_USER_LOGIN_ATTR="mail", LDAP_BIND_USER_DN=ADMIN,
                  LDAP_BIND_USER_PASSWORD=PASSWORD, LDAP_USER_OBJECT_FILTER="(objectclass=person)",
                  LDAP_GROUP_OBJECT_FILTER="(objectclass=groupOfUniqueNames)", LDAP_GROUP_MEMBERS_ATTR="uniqueMember",
                  LDAP_SEARCH_FOR_GROUPS=True, LDAP_READONLY=True)
manager = LDAP3LoginManager(app)
with app.app_context():
    answer = manager.authenticate(mail, "Secret-2")
    steps.check("flask-ldap3-login signs the person in by mail", answer.status == AuthenticationResponseStatus.success
                and answer.user_dn == person["dn"], "LLDAP-CLIENTS", detail=answer.status)
    steps.check("... with its groups", sorted(g["dn"] for g in answer.user_groups) == sorted(e["dn"] for e in of_person), "LLDAP-CLIENTS",
                detail=answer.user_groups)
    steps.check("... and not with another password", manager.authenticate(mail, "wrong").status == AuthenticationResponseStatus.fail,
                "LLDAP-CLIENTS")

# --- TLS: LDAPS only
secure = Server(SECURE, tls=Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=os.environ["LDAPTLS_CACERT"]), get_info=ldap3.NONE)
over_tls = Connection(secure, ADMIN, PASSWORD)
steps.check("LDAPS", over_tls.bind() and names(search(PEOPLE, f"(uid={uid})", connection=over_tls)) == [uid], "LLDAP-BIND")
steps.check("who am I stands in the message", admin.extend.standard.who_am_i() is None
            and admin.result["message"] == f"dn:{ADMIN}", "LLDAP-BIND", detail=admin.result)
admin.search(PEOPLE, "(uid=a)", LEVEL)
admin.extended("1.3.6.1.4.1.1466.20037")
steps.check("StartTLS is refused", admin.result["result"] == 53, "LLDAP-WRITES", detail=admin.result)
steps.finish()
