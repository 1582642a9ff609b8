# estate: --users 1000
"""2,000 idle connections and 200 busy ones at once, and a client that asks for much and never reads.

Run under: forestbed exec --users 1000 -- target/clients/venv/bin/python tests/clients/ldap-connections.py
"""

import os
import pathlib
import resource
import select
import socket
import threading
import time

from ldap3 import NONE, SUBTREE, Connection, Server

from witness import Steps

E = os.environ
steps = Steps("ldap-connections.py")
base = E["FORESTBED_BASE_DN"]
host, port = E["FORESTBED_LDAP_URL"].removeprefix("ldap://").rstrip("/").split(":")
IDLE, BUSY, ROUNDS = 2000, 200, 3
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def memory():
    """What the server holds, in kB: this program runs under it."""
    status = pathlib.Path(f"/proc/{os.getppid()}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0])


def element(tag, content):
    return bytes([tag, 0x84]) + len(content).to_bytes(4, "big") + content


def search(number, dn, scope):
    filter = element(0x87, b"objectClass")
    body = element(4, dn.encode()) + bytes([10, 1, scope, 10, 1, 0, 2, 1, 0, 2, 1, 0, 1, 1, 0]) + filter + element(0x30, b"")
    return element(0x30, b"\x02\x04" + number.to_bytes(4, "big") + element(0x63, body))


def connect():
    return Connection(Server(E["FORESTBED_LDAP_URL"], get_info=NONE), E["FORESTBED_BIND_UPN"], E["FORESTBED_BIND_PASSWORD"], auto_bind=True)


before = memory()
idle = [socket.create_connection((host, int(port))) for _ in range(IDLE)]
root = search(1, "", 0)
for s in idle:
    s.sendall(root)
heard = sum(bool(s.recv(65536)) for s in idle)
each = (memory() - before) / IDLE
steps.check(f"{IDLE} connections are open at once", heard == IDLE, "LDAP-POLICIES", detail=heard)
print(f"     {each:.1f} kB of the server's memory for each of them")

found, gate = [], threading.Barrier(BUSY)


def busy():
    c = connect()
    gate.wait(120)
    for _ in range(ROUNDS):
        c.search(base, "(sAMAccountName=Administrator)", SUBTREE, attributes=["cn", "memberOf"])
        found.append(len(c.entries))
    c.unbind()


begin = time.monotonic()
threads = [threading.Thread(target=busy) for _ in range(BUSY)]
for t in threads:
    t.start()
for t in threads:
    t.join()
served = found == [1] * (BUSY * ROUNDS)
steps.check(f"{BUSY} more are served at once", served, "LDAP-POLICIES", detail=len(found))
print(f"     {BUSY * ROUNDS} searches on {BUSY} connections in {time.monotonic() - begin:.1f} s")
for s in idle:
    s.sendall(root)
steps.check("the idle ones are still there", sum(bool(s.recv(65536)) for s in idle) == IDLE, "LDAP-POLICIES")
for s in idle:
    s.close()

# asks for some 2,000 answers of a thousand entries each, and reads none
greedy = socket.create_connection((host, int(port)))
name, word = E["FORESTBED_BIND_DN"].encode(), E["FORESTBED_BIND_PASSWORD"].encode()
greedy.sendall(element(0x30, b"\x02\x01\x01" + element(0x60, b"\x02\x01\x03" + element(4, name) + element(0x80, word))))
greedy.recv(4096)
before = memory()
greedy.setblocking(False)
sent = 0
while sent < 2000:
    _, writable, _ = select.select([], [greedy], [], 2)
    if not writable:
        break
    try:
        greedy.send(search(2 + sent, base, 2))
    except BlockingIOError:
        break
    sent += 1
other = connect()
other.search(base, "(sAMAccountName=Administrator)", SUBTREE, attributes=["cn"])
grown = memory() - before
steps.check("a client that never reads holds up nobody", len(other.entries) == 1, "LDAP-POLICIES")
# an answer has about 2 MB; the answers asked for some gigabytes
steps.check("and holds little memory", sent > 500 and grown < 20_000, "LDAP-POLICIES", detail=(sent, grown))
print(f"     {grown} kB for {sent} requests that nobody reads")
greedy.close()
steps.finish()
