#!/usr/bin/env php
<?php
/* Verify a p2pmsg receipt offline, independently of the p2pmsg programs: PHP 8 with its own sodium, nothing else.

     verify_receipt.php RECEIPT-FILE [p2pmsg://KEY]

   A receipt says that a receiver's log holds a message. It proves so by three links, each checked here:
     id --Merkle path--> root --signature--> receipt key --delegation--> the receiver's key, which is its address. */
declare(strict_types=1);

const Z_BASE_32 = 'ybndrfg8ejkmcpqxot1uwisza345h769'; // 5 bits a character
const RECEIPT_HEAD = 'Cversion/a53statement/a64signature/a32key/a16period/a64delegation/a32id/nindex/Csteps';
const RECEIPT_HEAD_BYTES = 265;

/** The 32 bytes of the key in p2pmsg://<key>[@host:port][/topic]. */
function key_of(string $address): string
{
    if (!preg_match('~^p2pmsg://([' . Z_BASE_32 . ']{51}[yo])(?=$|[@/])~', $address, $found)) // 260 bits; the last 4 are zeros
        throw new UnexpectedValueException('the address holds no key');
    $bits = implode(array_map(fn($letter) => sprintf('%05b', strpos(Z_BASE_32, $letter)), str_split($found[1])));
    return implode(array_map(fn($byte) => chr(bindec($byte)), str_split(substr($bits, 0, 256), 8)));
}

/** RFC 9162, section 2.1.3.2: the root that a leaf and its audit path lead to, or null if they do not fit. */
function root_from_path(string $id, int $index, int $size, string $path): ?string
{
    [$at, $last, $node] = [$index, $size - 1, hash('sha256', "\0$id", true)];
    for (; $path !== ''; $path = substr($path, 32)) {
        if ($last === 0) return null;
        $sibling = substr($path, 0, 32);
        if ($at & 1 || $at === $last) {
            $node = hash('sha256', "\1$sibling$node", true);
            while (!($at & 1) && $at) [$at, $last] = [$at >> 1, $last >> 1];
        } else {
            $node = hash('sha256', "\1$node$sibling", true);
        }
        [$at, $last] = [$at >> 1, $last >> 1];
    }
    return $last === 0 && $index < $size ? $node : null;
}

/** @return array{string, int, string} id in hex, position, durability; throws with the check that failed. Numbers are big-endian. */
function verify(string $receipt, string $receiver): array
{
    $head = strlen($receipt) >= RECEIPT_HEAD_BYTES ? unpack(RECEIPT_HEAD, $receipt) : ['version' => 0, 'steps' => 0];
    if ($head['version'] !== 1 || strlen($receipt) !== RECEIPT_HEAD_BYTES + 32 * $head['steps'])
        throw new UnexpectedValueException('not a receipt of version 1');
    $said = unpack('Jsequence/npartition/nsize/a32root/Cdurability/Jtime', $head['statement']);
    $period = unpack('Jfrom/Juntil', $head['period']);
    $checks = [
        'the message is not in the block' =>
            root_from_path($head['id'], $head['index'], $said['size'], substr($receipt, RECEIPT_HEAD_BYTES)) === $said['root'],
        'the receipt key did not sign this' =>
            sodium_crypto_sign_verify_detached($head['signature'], "p2pmsg-receipt-v1{$head['statement']}", $head['key']),
        'the receiver did not delegate to the receipt key' => sodium_crypto_sign_verify_detached(
            $head['delegation'], "p2pmsg-delegate-v1{$head['key']}{$head['period']}", $receiver),
        "the delegation does not cover the receipt's time" =>
            $period['from'] <= $said['time'] / 1000 && $said['time'] / 1000 <= $period['until'],
    ];
    foreach ($checks as $fault => $holds) if (!$holds) throw new UnexpectedValueException($fault);
    $durability = ['volatile', 'synced', 'replicated'][$said['durability']] ?? 'unknown';
    return [bin2hex($head['id']), $said['sequence'] * 256 + $head['index'], $durability];
}

if (realpath($argv[0]) === __FILE__) {
    $file = json_decode((string) file_get_contents($argv[1] ?? 'php://stdin'), true);
    $address = $argv[2] ?? $file['receiver']; // better: the address you wrote to
    try {
        $bytes = base64_decode(strtr($file['receipt'], '-_', '+/'));
        [$id, $position, $durability] = verify($bytes, key_of($address));
    } catch (UnexpectedValueException $fault) {
        fwrite(STDERR, "not proved: {$fault->getMessage()}\n");
        exit(1);
    }
    echo "proved: $id stands at $position in the log of $address, $durability\n";
}
