import type { Readable } from 'node:stream'
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { UsageError } from './exit-code.ts'

/** What a command has of the world. */
export type Surroundings = Readonly<{
  /** A line for whoever asked: a person, or the next program in a pipe. */
  say: (line: string) => void
  /** Resolves once whoever reads has taken enough of it: for commands that say a lot. */
  said: () => Promise<void>
  /** A line for a person alone, on stderr. */
  note: (line: string) => void
  env: Readonly<Record<string, string | undefined>>
  stdin: Readable & { isTTY?: boolean }
  /** Ctrl-C. */
  signal: AbortSignal
}>

export type Command = Readonly<{
  name: string
  /** One line for the list of commands. */
  summary: string
  /** What `p2pmsg help <name>` prints. */
  help: string
  /** @returns the exit code @throws {UsageError}, or any other error, which `main` explains */
  run: (args: readonly string[], around: Surroundings) => Promise<number>
}>

/** `parseArgs` whose complaints are usage errors. */
export function options<T extends ParseArgsOptionsConfig>(args: readonly string[], config: T) {
  try {
    return parseArgs({ args: [...args], options: config, allowPositionals: true, strict: true })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

/** @throws {UsageError} unless `text` is a whole number within the bounds */
export function wholeNumber(name: string, text: string, min: number, max: number): number {
  const value = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= min && value <= max)) throw new UsageError(`--${name} is a whole number from ${min} to ${max}`)
  return value
}

/** @throws {UsageError} unless `text` is one of the words */
export function oneOf<T extends string>(name: string, text: string, words: readonly T[]): T {
  const word = words.find((word) => word === text)
  if (word === undefined) throw new UsageError(`--${name} is one of ${words.join(', ')}`)
  return word
}
