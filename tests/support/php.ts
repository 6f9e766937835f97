// A PHP with sodium for a test file, on a machine that has one.
import { ended, type Ran } from './example.ts'

export type Php = (words: readonly string[]) => Promise<Ran>

/** Runs PHP in the folder of the examples. @returns or why there is none here, for the name of what is skipped */
export async function aPhp(): Promise<Php | string> {
  const asked = await ended('php', ['-m'])
  if (asked.code !== 0) return `there is no php here (${asked.stderr.trim()})`
  if (!/^sodium$/m.test(asked.stdout)) return 'the php here has no sodium'
  return (words) => ended('php', words)
}
