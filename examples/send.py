#!/usr/bin/env python3
"""Send one signed p2pmsg message over UDP and verify its receipt: send.py p2pmsg://KEY@HOST:PORT TEXT"""
import hashlib, os, socket, sys, time
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from verify_receipt import key_of, verify

def bencode(value):  # BEP 3: i<int>e, <length>:<bytes>, l<items>e, d<sorted keys and values>e
    if isinstance(value, int): return b"i%de" % value
    if isinstance(value, bytes): return b"%d:%s" % (len(value), value)
    if isinstance(value, list): return b"l" + b"".join(map(bencode, value)) + b"e"
    return b"d" + b"".join(bencode(key) + bencode(value[key]) for key in sorted(value)) + b"e"

def bdecode(data, at=0):  # the value at `at`, and where it ends
    if data[at:at + 1] == b"i":
        end = data.index(b"e", at)
        return int(data[at + 1:end]), end + 1
    if data[at:at + 1] in (b"l", b"d"):
        kind, items, at = data[at:at + 1], [], at + 1
        while data[at:at + 1] != b"e":
            item, at = bdecode(data, at)
            items.append(item)
        return items if kind == b"l" else dict(zip(items[::2], items[1::2])), at + 1
    colon = data.index(b":", at)
    end = colon + 1 + int(data[at:colon])
    return data[colon + 1:end], end

NODE = os.urandom(20)

def ask(udp, method, arguments):  # one KRPC query (BEP 5): the same datagram again, 0.5 s doubling, until its answer
    query = {b"t": os.urandom(4), b"y": b"q", b"q": method, b"a": {b"id": NODE, **arguments}}
    for attempt in range(7):
        udp.send(bencode(query))
        udp.settimeout(0.5 * 2**attempt)
        try:
            while (answer := bdecode(udp.recv(2048))[0]).get(b"t") != query[b"t"]:
                if answer.get(b"q") == b"ping":  # the router asks whether we really are at this address
                    udp.send(bencode({b"t": answer[b"t"], b"y": b"r", b"r": {b"id": NODE}}))
            return answer
        except ConnectionRefusedError: time.sleep(0.5 * 2**attempt)  # nobody listens there (yet)
        except TimeoutError: pass
    sys.exit("no answer: is the address right?")

def open_socket(address):  # the receiver's key, and a socket to the router that its address names
    try:
        receiver, (host, port) = key_of(address), address.partition("@")[2].split("/")[0].rsplit(":", 1)
        family, kind, _, _, router = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_DGRAM)[0]
        (udp := socket.socket(family, kind)).connect(router)
        return receiver, udp
    except (ValueError, OSError) as fault: sys.exit(f"not an address to send to: {fault}")

def sign(author, receiver, text):
    """A message is a BEP 44 item: its salt names the receiver (a topic may follow), its seq is the time in microseconds."""
    key, seq = author.public_key().public_bytes_raw(), time.time_ns() // 1000
    signed = b"4:salt32:" + receiver + b"3:seqi%de1:v" % seq + bencode(text)
    return hashlib.sha256(key + signed).hexdigest(), {b"k": key, b"salt": receiver, b"seq": seq, b"v": text, b"sig": author.sign(signed)}

def new_token(udp, receiver):  # it proves our address; it comes with the answer to `get`, asked for the receiver's record
    answer = ask(udp, b"get", {b"target": hashlib.sha1(receiver + b"p2pmsg").digest()})
    return answer.get(b"r", {}).get(b"token") or sys.exit("the router gives no token")

def send(address, text):
    receiver, udp = open_socket(address)
    author = Ed25519PrivateKey.generate()  # a new name for every run; keep the key to stay the same author
    message_id, message = sign(author, receiver, text)
    token = new_token(udp, receiver)
    while b"receipt" not in (answer := ask(udp, b"msg", {b"token": token, **message})).get(b"r", {}):
        code = answer[b"e"][1].split()[0] if b"e" in answer else b"logged"
        if code == b"token": token = new_token(udp, receiver)  # one is good for five to ten minutes
        elif code not in (b"logged", b"rate-limited", b"busy", b"unavailable"):
            sys.exit(f"refused: {answer[b'e'][1].decode()}")
        time.sleep(1)  # logged but not judged yet, or asked to come back: sending the same message again is asking again
    proved_id, position, durability = verify(answer[b"r"][b"receipt"], receiver)
    if proved_id != message_id: sys.exit("the receipt is for another message")
    print(f"accepted: {message_id} stands at {position} in the log of {address}, {durability}")

if __name__ == "__main__":
    if len(sys.argv) != 3: sys.exit("usage: send.py p2pmsg://KEY@HOST:PORT TEXT")
    send(sys.argv[1], sys.argv[2].encode())
