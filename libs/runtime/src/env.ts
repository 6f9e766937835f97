import { readFileSync } from 'node:fs'
import { fromHex } from '@p2pmsg/protocol'
import { readBounded } from './bounded-file.ts'
import { ConfigError, reasonOf } from './failures.ts'

/**
 * Typed readers of environment variables. Every bad value is collected, so that one start shows all of them; an empty
 * variable counts as unset. Where `NAME` is unset, `NAME_FILE` names a file that holds its value: secrets mounted as files
 * never stand in an environment, which a crash report or a child process might show.
 */
export class Env {
  readonly #values: NodeJS.ProcessEnv
  readonly #problems: string[] = []

  constructor(values: NodeJS.ProcessEnv) {
    this.#values = values
  }

  /** Reports a value that can be read but does not fit. */
  problem(name: string, why: string): void {
    this.#problems.push(`${name} ${why}`)
  }

  optional(name: string): string | undefined {
    const value = this.#values[name]?.trim()
    if (value) return value
    const path = this.#values[`${name}_FILE`]?.trim()
    return path ? this.#content(`${name}_FILE`, path) || undefined : undefined
  }

  /** Required when there is no fallback. */
  text(name: string, fallback?: string): string {
    const value = this.optional(name) ?? fallback
    if (value === undefined) this.problem(name, 'is required')
    return value ?? ''
  }

  int(name: string, { fallback, min, max }: { fallback?: number; min: number; max: number }): number {
    const text = this.optional(name)
    if (text === undefined && fallback !== undefined) return fallback
    const value = /^-?\d+$/.test(text ?? '') ? Number(text) : Number.NaN
    if (text === undefined) this.problem(name, 'is required')
    else if (!(value >= min && value <= max)) this.problem(name, `must be a whole number from ${min} to ${max}`)
    return value
  }

  /** 0 = any free port. */
  port(name: string, fallback: number): number {
    return this.int(name, { fallback, min: 0, max: 65_535 })
  }

  /** Comma separated; blanks around the commas do not count. */
  list(name: string, fallback?: string[]): string[] {
    const text = this.optional(name)
    if (text === undefined && fallback) return fallback
    return this.text(name)
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '')
  }

  /** Comma separated. Required when there is no fallback. */
  hexList(name: string, { bytesMin, fallback }: { bytesMin: number; fallback?: string[] }): Uint8Array[] {
    const items = this.list(name, fallback)
    return items.map((item) => {
      const bytes = fromHex(item, Math.floor(item.length / 2))
      if (!bytes || bytes.length < bytesMin) this.problem(name, `must hold ${bytesMin} bytes or more in hex`)
      return bytes ?? new Uint8Array(bytesMin)
    })
  }

  /** What the file named by the variable holds, without the white space around it. Secrets come this way. */
  file(name: string): string {
    const path = this.optional(name)
    if (path === undefined) {
      this.problem(name, 'is required')
      return ''
    }
    return this.#content(name, path)
  }

  /**
   * A text that may be longer than a variable can be (128 KiB on Linux): in `NAME`, or in the file that `NAME_FILE` names, not in
   * both. An empty file is an empty text, not an unset one: a list that was lost must not pass for one that nobody gave.
   */
  document(name: string, bytesMax: number): string | undefined {
    const inline = this.#values[name]?.trim()
    const path = this.#values[`${name}_FILE`]?.trim()
    if (inline && path) this.problem(name, `and ${name}_FILE are both given: give one of them`)
    if (inline || !path) return inline || undefined
    try {
      const text = readBounded(path, bytesMax)
      if (text === undefined) this.problem(`${name}_FILE`, `names a file that holds more than ${bytesMax} bytes`)
      return text
    } catch (thrown) {
      this.problem(`${name}_FILE`, `names a file that cannot be read: ${reasonOf(thrown)}`)
      return undefined
    }
  }

  #content(name: string, path: string): string {
    try {
      return readFileSync(path, 'utf8').trim()
    } catch (thrown) {
      this.problem(name, `names a file that cannot be read: ${reasonOf(thrown)}`)
      return ''
    }
  }

  /** @throws {ConfigError} with every problem found on the way */
  done<T>(config: T): T {
    if (this.#problems.length > 0) throw new ConfigError(this.#problems.join('; '))
    return config
  }
}
