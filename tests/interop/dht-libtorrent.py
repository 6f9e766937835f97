# A libtorrent session that a test drives: one JSON command a line on stdin, one JSON answer a line on stdout.
# Its traps: without these settings it forgets all but one node of a network, bans who asks often and drops what is not routed.
import hashlib
import json
import sys
import time

import libtorrent as lt

SETTINGS = {
    'enable_dht': True,
    'enable_lsd': False,
    'enable_upnp': False,
    'enable_natpmp': False,
    'dht_restrict_routing_ips': False,
    'dht_restrict_search_ips': False,
    'dht_block_ratelimit': 1_000_000,
    'dht_upload_rate_limit': 100_000_000,
    'dht_prefer_verified_node_ids': False,
    'dht_ignore_dark_internet': False,
    'alert_mask': lt.alert.category_t.all_categories,
}
ANSWER_SECONDS_MAX = 20
UNREAD = []


def wait_for(session, *kinds):
    until = time.monotonic() + ANSWER_SECONDS_MAX
    while time.monotonic() < until:
        while UNREAD:
            alert = UNREAD.pop(0)
            if isinstance(alert, kinds):
                return alert
        session.wait_for_alert(200)
        UNREAD.extend(session.pop_alerts())  # the last ones are all read: they end with this call
    raise TimeoutError(f'no {kinds}')


def expanded(seed):
    """The 64 bytes that libtorrent takes for a private key."""
    key = bytearray(hashlib.sha512(seed).digest())
    key[0] &= 248
    key[31] = (key[31] & 63) | 64
    return bytes(key)


def ready(session, _):
    wait_for(session, lt.dht_bootstrap_alert)
    return {'port': session.listen_port()}


def put_immutable(session, command):
    target = session.dht_put_immutable_item(command['value'])
    return {'target': str(target), 'stored': wait_for(session, lt.dht_put_alert).num_success}


def get_immutable(session, command):
    session.dht_get_immutable_item(lt.sha1_hash(bytes.fromhex(command['target'])))
    return {'value': wait_for(session, lt.dht_immutable_item_alert).item['value'].decode()}


def put_mutable(session, command):
    seed, key = bytes.fromhex(command['seed']), bytes.fromhex(command['key'])
    session.dht_put_mutable_item(expanded(seed), key, command['value'].encode(), command['salt'].encode())
    return {'stored': wait_for(session, lt.dht_put_alert).num_success}


def get_mutable(session, command):
    session.dht_get_mutable_item(bytes.fromhex(command['key']), command['salt'].encode())
    item = wait_for(session, lt.dht_mutable_item_alert).item
    while not item['authoritative']:  # what came first; the newest of all answers comes last
        item = wait_for(session, lt.dht_mutable_item_alert).item
    return {'value': item['value'].decode(), 'seq': item['seq']}


def announce(session, command):
    params = lt.parse_magnet_uri('magnet:?xt=urn:btih:' + command['hash'])
    params.save_path = command['folder']
    handle = session.add_torrent(params)
    handle.force_dht_announce()
    return {'port': session.listen_port()}


def get_peers(session, command):
    session.dht_get_peers(lt.sha1_hash(bytes.fromhex(command['hash'])))
    until = time.monotonic() + ANSWER_SECONDS_MAX
    while time.monotonic() < until:
        alert = wait_for(session, lt.dht_get_peers_reply_alert)
        if alert.num_peers() > 0:
            return {'peers': [f'{host}:{port}' for host, port in alert.peers()]}
    return {'peers': []}


COMMANDS = {
    'ready': ready,
    'put-immutable': put_immutable,
    'get-immutable': get_immutable,
    'put-mutable': put_mutable,
    'get-mutable': get_mutable,
    'announce': announce,
    'get-peers': get_peers,
}

if __name__ == '__main__':
    host, bootstrap = sys.argv[1:]
    running = lt.session({**SETTINGS, 'listen_interfaces': f'{host}:0', 'dht_bootstrap_nodes': bootstrap})
    for line in sys.stdin:
        wanted = json.loads(line)
        try:
            answer = COMMANDS[wanted['do']](running, wanted)
        except Exception as error:  # told to the test, which fails by it
            answer = {'error': repr(error)}
        print(json.dumps(answer), flush=True)
