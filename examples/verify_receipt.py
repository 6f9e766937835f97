#!/usr/bin/env python3
"""Verify a p2pmsg receipt offline, independently of the p2pmsg programs: standard library and `cryptography` only.

  verify_receipt.py RECEIPT-FILE [p2pmsg://KEY]

A receipt says that a receiver's log holds a message. It proves so by three links, each checked here:
  id --Merkle path--> root --signature--> receipt key --delegation--> the receiver's key, which is its address.
"""
import base64, hashlib, json, struct, sys
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Z_BASE_32 = "ybndrfg8ejkmcpqxot1uwisza345h769"  # 5 bits a character

def key_of(address):
    """The 32 bytes of the key in p2pmsg://<key>[@host:port][/topic]."""
    bits = 0
    text = address.removeprefix("p2pmsg://").split("@")[0].split("/")[0]
    for character in text:
        bits = bits << 5 | Z_BASE_32.index(character)
    if len(text) != 52 or bits & 15:  # 260 bits; the last 4 are padding
        raise ValueError("the address holds no key")
    return (bits >> 4).to_bytes(32, "big")

def signed_by(key, signature, data):
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, data)
        return True
    except InvalidSignature:
        return False

def root_from_path(leaf_id, index, size, path):
    """RFC 9162, section 2.1.3.2: the root that a leaf and its audit path lead to, or None if they do not fit."""
    at, last = index, size - 1
    node = hashlib.sha256(b"\0" + leaf_id).digest()
    for sibling in path:
        if last == 0:
            return None
        if at & 1 or at == last:
            node = hashlib.sha256(b"\1" + sibling + node).digest()
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            node = hashlib.sha256(b"\1" + node + sibling).digest()
        at, last = at >> 1, last >> 1
    return node if last == 0 and index < size else None

def verify(receipt, receiver):
    """Returns what the receipt states, or raises ValueError with the check that failed. Numbers are big-endian."""
    head = struct.Struct(">B 53s 64s 32s QQ 64s 32s HB")
    version, statement, signature, receipt_key, start, end, delegation, leaf_id, index, steps = head.unpack_from(receipt)
    if version != 1 or len(receipt) != head.size + 32 * steps:
        raise ValueError("not a receipt of version 1")
    sequence, partition, size, root, durability, time = struct.unpack(">Q HH 32s B Q", statement)
    path = [receipt[i : i + 32] for i in range(head.size, len(receipt), 32)]
    if root_from_path(leaf_id, index, size, path) != root:
        raise ValueError("the message is not in the block")
    if not signed_by(receipt_key, signature, b"p2pmsg-receipt-v1" + statement):
        raise ValueError("the receipt key did not sign this")
    if not signed_by(receiver, delegation, b"p2pmsg-delegate-v1" + receipt_key + struct.pack(">QQ", start, end)):
        raise ValueError("the receiver did not delegate to the receipt key")
    if not start <= time / 1000 <= end:
        raise ValueError("the delegation does not cover the receipt's time")
    return leaf_id.hex(), sequence * 256 + index, ("volatile", "synced", "replicated")[durability]

if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        content = json.load(file)
    address = sys.argv[2] if len(sys.argv) > 2 else content["receiver"]  # better: the address you wrote to
    try:
        message_id, position, durability = verify(base64.urlsafe_b64decode(content["receipt"] + "=="), key_of(address))
    except (ValueError, struct.error, IndexError) as fault:
        sys.exit(f"not proved: {fault}")
    print(f"proved: {message_id} stands at {position} in the log of {address}, {durability}")
