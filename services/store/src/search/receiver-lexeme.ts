import { sql } from 'kysely'

/**
 * Names a receiver among the words: a blank, which no word holds, and 64 bits of the key. Two receivers that share them cost
 * each other time and nothing else, for the column `receiver` decides.
 */
export const RECEIVER_LEXEME = sql<string>`' ' || encode(substring(receiver FROM 1 FOR 8), 'hex')`

const LEXEME_BYTES = 8

/** @returns the same as a `tsquery` in text */
export function receiverTerm(receiver: Uint8Array): string {
  return `' ${Buffer.from(receiver.subarray(0, LEXEME_BYTES)).toString('hex')}'`
}
