#!/usr/bin/env python3
# estate: --profile lldap --users 200
# python: system
"""django-auth-ldap with the settings that lldap's own documentation gives for two programs which are built on it:
Tandoor (example_configs/tandoor_recipes.md), just as they stand there but for host, suffix, account and group; and NetBox
(example_configs/netbox.md: attribute map, nested groups, required group, mirrored groups, flags) with another class of
groups, as lldap finds nothing by the page's (objectClass=group) (golden lldap 08):
forestbed exec --profile lldap --users 200 -- /usr/bin/python3 THIS."""

import os

import django
import ldap
from django.conf import settings
from django_auth_ldap.config import LDAPSearch, NestedGroupOfNamesType
from witness import Steps

URL, SUFFIX = os.environ["FORESTBED_LDAPS_URL"], os.environ["FORESTBED_BASE_DN"]
ADMIN, PASSWORD = os.environ["FORESTBED_BIND_DN"], os.environ["FORESTBED_BIND_PASSWORD"]
PEOPLE, GROUPS = f"ou=people,{SUFFIX}", f"ou=groups,{SUFFIX}"
steps = Steps("ldap-lldap-django.py")

# what an administrator of lldap does beforehand: a person with a password, and the two groups of the page
admin = ldap.initialize(URL)
admin.set_option(ldap.OPT_X_TLS_CACERTFILE, os.environ["FORESTBED_CA_FILE"])
admin.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
admin.simple_bind_s(ADMIN, PASSWORD)


def rows(base, text):
    return [row for row in admin.search_s(base, ldap.SCOPE_SUBTREE, text, ["*", "memberOf"]) if row[0]]


def one(attributes, name):
    return next(value[0].decode() for key, value in attributes.items() if key.lower() == name.lower() and value)


everybody = [row for _, row in rows(PEOPLE, "(objectClass=person)")]
# the administrator keeps the password by which both clients search
eligible = [row for dn, row in rows(PEOPLE, "(objectClass=person)") if dn.lower() != ADMIN.lower() and row.get("mail")]
person = next(row for row in eligible if row.get("memberOf"))
required = person["memberOf"][0].decode()
outsider = next(row for row in eligible if person["memberOf"][0] not in row.get("memberOf", []))
others = [value for row in everybody for value in row.get("memberOf", []) if value not in person["memberOf"]]
uid, stranger = one(person, "uid"), one(outsider, "uid")
for name in (uid, stranger):
    admin.passwd_s(f"uid={name},{PEOPLE}", None, "Secret-1")

settings.configure(
    SECRET_KEY="of a test",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes"],
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    AUTH_LDAP_SERVER_URI=URL,
    AUTH_LDAP_BIND_DN=ADMIN,
    AUTH_LDAP_BIND_PASSWORD=PASSWORD,
    AUTH_LDAP_USER_SEARCH=LDAPSearch(
        PEOPLE, ldap.SCOPE_SUBTREE, f"(&(&(objectclass=person)(memberOf={required}))(uid=%(user)s))"),
    AUTH_LDAP_USER_ATTR_MAP={"first_name": "givenName", "last_name": "sn", "email": "mail"},
    AUTH_LDAP_ALWAYS_UPDATE_USER=True,
    NETBOX_SERVER_URI=URL,
    NETBOX_CONNECTION_OPTIONS={ldap.OPT_REFERRALS: 0},
    # both programs hand the authority's file to libldap
    AUTH_LDAP_GLOBAL_OPTIONS={ldap.OPT_X_TLS_CACERTFILE: os.environ["FORESTBED_CA_FILE"]},
    NETBOX_BIND_DN=ADMIN,
    NETBOX_BIND_PASSWORD=PASSWORD,
    NETBOX_USER_SEARCH=LDAPSearch(PEOPLE, ldap.SCOPE_SUBTREE, "(uid=%(user)s)"),
    NETBOX_USER_DN_TEMPLATE=f"uid=%(user)s,{PEOPLE}",
    NETBOX_USER_ATTR_MAP={"username": "uid", "email": "mail", "first_name": "givenName", "last_name": "sn"},
    NETBOX_GROUP_SEARCH=LDAPSearch(GROUPS, ldap.SCOPE_SUBTREE, "(objectClass=groupOfNames)"),
    NETBOX_GROUP_TYPE=NestedGroupOfNamesType(),
    NETBOX_REQUIRE_GROUP=required,
    NETBOX_MIRROR_GROUPS=True,
    NETBOX_USER_FLAGS_BY_GROUP={"is_superuser": required, "is_staff": others[0].decode()},
    NETBOX_FIND_GROUP_PERMS=True,
    NETBOX_CACHE_TIMEOUT=3600,
    NETBOX_ALWAYS_UPDATE_USER=True,
)
django.setup()

from django.contrib.auth.models import Group  # noqa: E402 (needs the settings)
from django.core.management import call_command  # noqa: E402
from django_auth_ldap.backend import LDAPBackend  # noqa: E402



class NetBox(LDAPBackend):
    """A backend with settings of its own, as django-auth-ldap documents for several directories."""

    settings_prefix = "NETBOX_"


def sign_in(backend, name, password):
    return backend.authenticate(None, username=name, password=password)


call_command("migrate", verbosity=0)
for title, backend in (("Tandoor", LDAPBackend()), ("NetBox", NetBox())):
    user = sign_in(backend, uid, "Secret-1")
    steps.check(f"{title}: the person signs in", user is not None and user.username == uid, "LLDAP-CLIENTS", detail=uid)
    shown = (user.email, user.first_name, user.last_name)
    steps.check("... with mail and names from the directory", shown == tuple(one(person, a) for a in ("mail", "givenName", "sn")),
                "LLDAP-CLIENTS", detail=shown)
    steps.check("... not with a wrong password", sign_in(backend, uid, "wrong") is None, "LLDAP-CLIENTS")
    steps.check("... nor who is outside the required group", sign_in(backend, stranger, "Secret-1") is None, "LLDAP-CLIENTS",
                detail=stranger)
    steps.check("... nor whom the directory does not know", sign_in(backend, "nobody", "x") is None, "LLDAP-CLIENTS")

own = {dn.decode().split(",")[0].split("=", 1)[1] for dn in person["memberOf"]}
mirrored = set(user.groups.values_list("name", flat=True))
steps.check(f"NetBox: the person is in its groups ({len(own)})", mirrored == own and Group.objects.count() == len(own),
            "LLDAP-CLIENTS", detail=(mirrored, own))
steps.check("... with the flags of its groups and no others", (user.is_superuser, user.is_staff) == (True, False),
            "LLDAP-CLIENTS", detail=(user.is_superuser, user.is_staff))
connection = NetBox().get_user(user.pk).ldap_user.connection
listed = LDAPSearch(PEOPLE, ldap.SCOPE_SUBTREE, "(uid=*)").execute(connection)
groups = settings.NETBOX_GROUP_SEARCH.execute(connection)
steps.check(f"... and its searches list people ({len(listed)}) and groups ({len(groups)})",
            len(listed) == len(everybody) >= 200
            and len(groups) == len(rows(GROUPS, "(objectClass=groupOfUniqueNames)")) > 5, "LLDAP-CLIENTS",
            detail=(len(listed), len(groups)))
steps.finish()
