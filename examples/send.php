#!/usr/bin/env php
<?php // Send one signed p2pmsg message over UDP and verify its receipt: send.php p2pmsg://KEY@HOST:PORT TEXT
declare(strict_types=1);
require __DIR__ . '/verify_receipt.php'; // key_of, verify; sodium comes with PHP

function fail(string $why): never { fwrite(STDERR, "$why\n"); exit(1); }
set_exception_handler(fn(Throwable $fault) => fail($fault->getMessage()));

function bencode(int|string|array $value): string { // BEP 3: i<int>e, <length>:<bytes>, d<sorted keys and values>e
    if (is_int($value)) return "i{$value}e";
    if (is_string($value)) return strlen($value) . ":$value";
    ksort($value, SORT_STRING);
    return 'd' . implode(array_map(fn($key) => bencode((string) $key) . bencode($value[$key]), array_keys($value))) . 'e';
}

function bdecode(string $data, int &$at): mixed { // the value at $at, which moves behind it; false = none
    if (preg_match('/\Gi(-?\d{1,18})e/', $data, $found, 0, $at)) { $at += strlen($found[0]); return (int) $found[1]; }
    if (preg_match('/\G(\d{1,5}):/', $data, $found, 0, $at)) {
        [$from, $at] = [$at + strlen($found[0]), $at + strlen($found[0]) + (int) $found[1]];
        return $at <= strlen($data) ? substr($data, $from, (int) $found[1]) : false;
    }
    if (($kind = substr($data, $at++, 1)) !== 'd' && $kind !== 'l') return false;
    for ($items = []; substr($data, $at, 1) !== 'e'; $items[] = $item) if (($item = bdecode($data, $at)) === false) return false;
    $at++;
    return $kind === 'l' ? $items : array_column(array_filter(array_chunk($items, 2), fn($pair) => isset($pair[1]) && is_string($pair[0])), 1, 0);
}

function ask(string $method, array $arguments): array { // one KRPC query (BEP 5): the same datagram again, 0.5 s doubling, until its answer
    global $udp, $node;
    $query = ['t' => random_bytes(4), 'y' => 'q', 'q' => $method, 'a' => ['id' => $node] + $arguments];
    for ($wait = 0.5; $wait < 60; $wait *= 2) {
        @fwrite($udp, bencode($query));
        for ($until = microtime(true) + $wait; ($left = $until - microtime(true)) > 0; ) {
            stream_set_timeout($udp, (int) $left, (int) (fmod($left, 1) * 1e6));
            $start = 0;
            if (!is_string($datagram = @fread($udp, 2048)) || $datagram === '') { usleep(50_000); continue; } // nobody listens (yet)
            if (!is_array($answer = bdecode($datagram, $start))) continue;
            if (($answer['t'] ?? '') === $query['t']) return $answer;
            if (($answer['q'] ?? '') === 'ping') // the router asks whether we really are at this address
                fwrite($udp, bencode(['t' => $answer['t'] ?? '', 'y' => 'r', 'r' => ['id' => $node]]));
        }
    }
    fail('no answer: is the address right?');
}

[, $address, $text] = count($argv) === 3 ? $argv : fail('usage: send.php p2pmsg://KEY@HOST:PORT TEXT');
$receiver = key_of($address);
$node = random_bytes(20);
$host = explode('/', explode('@', $address)[1] ?? fail('the address names no host'))[0];
$udp = @stream_socket_client("udp://$host") ?: fail("there is no way to $host");
$keys = sodium_crypto_sign_keypair(); // a new name for every run; keep the key to stay the same author
// The message is a BEP 44 item: its salt names the receiver (a topic may follow), its seq is the time in microseconds.
$message = ['k' => sodium_crypto_sign_publickey($keys), 'salt' => $receiver, 'seq' => (int) (microtime(true) * 1e6), 'v' => $text];
$signed = "4:salt32:{$receiver}3:seqi{$message['seq']}e1:v" . bencode($text);
$message['sig'] = sodium_crypto_sign_detached($signed, sodium_crypto_sign_secretkey($keys));
for ($token = null; ; sleep(1)) { // logged but not judged yet, or asked to come back: sending the same message again is asking again
    // The token proves our address; it comes with the answer to `get`, asked for the receiver's record.
    $token ??= ask('get', ['target' => sha1("{$receiver}p2pmsg", true)])['r']['token'] ?? fail('the router gives no token');
    $answer = ask('msg', ['token' => $token] + $message);
    if (isset($answer['r']['receipt'])) break;
    $code = explode(' ', (string) ($answer['e'][1] ?? 'logged'))[0];
    if ($code === 'token') $token = null; // it is good for five to ten minutes
    elseif (!in_array($code, ['logged', 'rate-limited', 'busy', 'unavailable'])) fail("refused: {$answer['e'][1]}");
}
[$id, $position, $durability] = verify($answer['r']['receipt'], $receiver);
if ($id !== hash('sha256', $message['k'] . $signed)) fail('the receipt is for another message');
echo "accepted: $id stands at $position in the log of $address, $durability\n";
