/** Types, lint, format and dead code: everything that can be said of the source without running it. */
import { heading, runStep, tool } from './steps.ts'

const CHECKS: readonly (readonly [name: string, tool: string, args: readonly string[]])[] = [
  ['types', 'tsc', ['-p', '.']],
  ['lint and import rules', 'oxlint', ['--type-aware', '--deny-warnings', '.']],
  ['format', 'biome', ['check', '.']],
  ['dead code', 'knip', ['--no-progress']],
]

export type Counts = { passed: number; failed: number; skipped: number }

export async function check(): Promise<Counts> {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  for (const [name, program, args] of CHECKS) {
    heading(name)
    const ok = (await runStep(tool(program), args)) === 0
    process.stdout.write(ok ? `${name}: fine\n` : `${name}: FAILED\n`)
    counts[ok ? 'passed' : 'failed']++
  }
  return counts
}

if (import.meta.main) {
  const { failed } = await check()
  process.exitCode = failed > 0 ? 1 : 0
}
