#!/usr/bin/env python3
"""Send signed p2pmsg messages over one encrypted pipe and verify their receipts: pipe.py p2pmsg://KEY@HOST:PORT TEXT…

The client's end of docs/pipe.md: Noise NK, frames, parts, acknowledgements, cookie and reset. For a handful of messages it sends
again what has no answer after a second, doubling, instead of measuring the path as RFC 9002 says.
"""
import hashlib, hmac, os, struct, sys, time
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from send import ask, bencode, open_socket, sign
from verify_receipt import signed_by, verify

HELLO, ANSWER, FRAME, RESET = 0xf8, 0xf9, 0xfa, 0xfb
ACK, CLOSE, CHALLENGE, RESPONSE, MOVE, SEND, RECEIPT, REFUSED, BUSY = 2, 3, 4, 5, 6, 0x10, 0x11, 0x13, 0x14
CODES = """malformed too-large bad-signature unknown-receiver expired future too-old blocked not-allowed poison
    rate-limited busy unavailable""".split()

def hkdf(name, salt, secret, info, outputs):  # RFC 5869, in whole hashes
    key, out = hmac.digest(salt, secret, name), [b""]
    for i in range(outputs): out.append(hmac.digest(key, out[-1] + info + bytes([i + 1]), name))
    return out[1:]

def nonce(counter): return bytes(4) + struct.pack("<Q", counter)

def public(key): return key.public_key().public_bytes_raw()

class Noise:
    """The initiator of Noise_NK_25519_ChaChaPoly_BLAKE2b: → e, es; ← e, ee."""
    def __init__(self, prologue, router_key, ephemeral):
        self.hash = self.chaining = b"Noise_NK_25519_ChaChaPoly_BLAKE2b".ljust(64, b"\0")
        self.ephemeral, self.router_key = ephemeral, router_key
        for data in (prologue, router_key): self.mix(data)

    def mix(self, data): self.hash = hashlib.blake2b(self.hash + data).digest()

    def exchange(self, key):  # MixKey of a Diffie-Hellman; each key is used once, so its nonce is 0
        shared = self.ephemeral.exchange(X25519PublicKey.from_public_bytes(key))
        self.chaining, temporary = hkdf("blake2b", self.chaining, shared, b"", 2)
        self.cipher = ChaCha20Poly1305(temporary[:32])

    def write(self):
        self.mix(public(self.ephemeral))
        self.exchange(self.router_key)
        tag = self.cipher.encrypt(nonce(0), b"", self.hash)
        self.mix(tag)
        return public(self.ephemeral) + tag

    def read(self, message):  # the payload; raises InvalidTag
        self.mix(message[:32])
        self.exchange(message[:32])
        return self.cipher.decrypt(nonce(0), message[32:], self.hash)

    def split(self): return [ChaCha20Poly1305(key[:32]) for key in hkdf("blake2b", self.chaining, b"", b"", 2)]

def pipe_key_of(udp, receiver):
    """`p` of the receiver's record, which its key signed. A router pings a stranger before it shows a whole record."""
    for _ in range(5):
        found = ask(udp, b"get", {b"target": hashlib.sha1(receiver + b"p2pmsg").digest(), b"pad": bytes(400)}).get(b"r", {})
        if b"v" not in found: continue
        signed = b"4:salt6:p2pmsg3:seqi%de1:v" % found[b"seq"] + bencode(found[b"v"])
        if not signed_by(receiver, found[b"sig"], signed): sys.exit("the receiver did not sign this record")
        return found[b"v"].get(b"p") or sys.exit("the routers of this receiver have no pipe")
    sys.exit("the router has no record of this receiver")

class Pipe:
    def __init__(self, udp, router_key):
        self.udp, self.counter, self.seen, self.ours = udp, 0, set(), os.urandom(8)
        noise = Noise(b"p2pmsg-pipe-v1" + self.ours, router_key, X25519PrivateKey.generate())
        mac_key = hkdf("sha256", b"", router_key, b"p2pmsg-pipe-mac1", 1)[0]
        first, cookie = noise.write(), bytes(16)
        for wait in (1, 2, 4):
            self.hello(mac_key, cookie, first)
            for reply in self.datagrams(wait):
                if reply[0] != ANSWER or reply[2:10] != self.ours: continue
                if reply[1] == 2:  # a router under load: the same hello with its cookie
                    self.hello(mac_key, cookie := reply[10:26], first)
                    continue
                self.theirs, self.token, _idle = struct.unpack(">8s16sH", noise.read(reply[10:]))
                self.sealing, self.opening = noise.split()
                return
        sys.exit("no router answers")

    def hello(self, mac_key, cookie, first):
        data = bytes([HELLO, 1]) + self.ours + cookie + first + bytes(1110)
        self.udp.send(data + hashlib.blake2b(data, key=mac_key, digest_size=16).digest())

    def datagrams(self, wait):  # what comes within so many seconds
        end = time.monotonic() + wait
        while (left := end - time.monotonic()) > 0:
            self.udp.settimeout(left)
            try: yield self.udp.recv(2048) or b"\0"
            except TimeoutError: return
            except ConnectionRefusedError: time.sleep(min(left, 0.1))  # nobody listens there (yet)

    def send(self, *parts):  # each: type and body
        header = bytes([FRAME]) + self.theirs + struct.pack(">Q", self.counter)
        plain = b"".join(struct.pack(">BH", kind, len(body)) + body for kind, body in parts)
        self.udp.send(header + self.sealing.encrypt(nonce(self.counter), plain, header))
        self.counter += 1

    def parts(self, wait):
        """What frames bring within so many seconds, acknowledged. Raises ConnectionResetError when this router has no pipe of ours."""
        for datagram in self.datagrams(wait):
            if datagram == bytes([RESET]) + self.theirs + self.token: raise ConnectionResetError
            header, counter = datagram[:17], int.from_bytes(datagram[9:17], "big")
            if header[:9] != bytes([FRAME]) + self.ours or counter in self.seen: continue
            try: plain, parts = self.opening.decrypt(nonce(counter), datagram[17:], header), []
            except InvalidTag: continue
            self.seen.add(counter)
            while plain:
                kind, length = struct.unpack_from(">BH", plain)
                parts.append((kind, plain[3:3 + length]))
                plain = plain[3 + length:]
            if any(kind not in (ACK, CLOSE) for kind, _ in parts):
                answers = [(RESPONSE, body) for kind, body in parts if kind == CHALLENGE]
                self.send((ACK, struct.pack(">HBII", 0, 1, counter, counter)), *answers)
            yield from parts

def receipts_in(body):  # number and receipt: 230 bytes that all share, then what each has of its own
    shared, rest = body[:230], body[230:]
    while rest:
        size = 39 + 32 * rest[38]
        yield rest[:4], shared + rest[4:size]
        rest = rest[size:]

def deliver(pipe, messages, on_receipt, on_refusal):
    """Takes out of `messages`, id: bytes, what has its last answer. Raises ConnectionResetError when another pipe should go on."""
    numbered, following, pause = {}, 0, 0  # numbered: number on this pipe: id
    for wait in (1, 2, 4, 8):
        time.sleep(pause)
        for message_id in messages.keys() - set(numbered.values()):
            numbered[struct.pack(">I", following)] = message_id
            following += 1
        for number, message_id in numbered.items(): pipe.send((SEND, number + messages[message_id]))
        for kind, body in pipe.parts(wait):
            if kind in (CLOSE, MOVE): raise ConnectionResetError
            if kind not in (RECEIPT, REFUSED, BUSY): continue
            for number, receipt in receipts_in(body) if kind == RECEIPT else [(body[:4], None)]:
                if (message_id := numbered.pop(number, None)) is None: continue
                if kind == BUSY: pause = int.from_bytes(body[5:9], "big") / 1000  # then it goes again under another number
                elif kind == REFUSED: on_refusal(message_id, CODES[body[4]])
                else: on_receipt(message_id, receipt)
                if kind != BUSY: del messages[message_id]
            if not numbered: break
        if not messages: return pipe.send((CLOSE, b"\0"))
    raise ConnectionResetError

def main(address, texts):
    receiver, udp = open_socket(address)
    author, refused = Ed25519PrivateKey.generate(), []  # a new name for every run; keep the key to stay the same author
    messages = {i: bencode(message) for i, message in (sign(author, receiver, text.encode()) for text in texts)}
    def on_receipt(message_id, receipt):
        proved_id, position, durability = verify(receipt, receiver)
        if proved_id != message_id: sys.exit("the receipt is for another message")
        print(f"accepted: {message_id} stands at {position} in the log of {address}, {durability}")
    router_key = pipe_key_of(udp, receiver)
    while messages:  # a router that has forgotten us, goes away or stays silent is left for a new pipe: repeats do no harm
        try: deliver(Pipe(udp, router_key), messages, on_receipt, lambda message_id, code: refused.append(f"refused: {message_id}: {code}"))
        except ConnectionResetError: pass
    if refused: sys.exit("\n".join(refused))

if __name__ == "__main__":
    if len(sys.argv) < 3: sys.exit("usage: pipe.py p2pmsg://KEY@HOST:PORT TEXT…")
    main(sys.argv[1], sys.argv[2:])
