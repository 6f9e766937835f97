import { BadAddress, BadDraft, ClientFailure, HttpFailure, Refused, Unreachable } from '../failures.ts'
import { EXIT, type ExitCode, Interrupted, UsageError } from './exit-code.ts'

/** What an error means to whoever called: the words, and the exit code. Undefined for our own mistakes. */
export function explain(error: unknown, command: string): { words: string; code: string; exit: ExitCode } | undefined {
  if (error instanceof Interrupted) return { words: 'interrupted', code: 'interrupted', exit: EXIT.interrupted }
  if (error instanceof UsageError)
    return {
      words: `${error.message}\n  p2pmsg help${command && ` ${command}`} says how it is used`,
      code: 'usage',
      exit: EXIT.usage,
    }
  if (error instanceof Refused)
    return { words: `refused (${error.code}): ${error.message}${clock(error)}`, code: error.code, exit: EXIT.failed }
  if (!(error instanceof ClientFailure)) return system(error)
  const { message: words, code } = error
  return { words, code, exit: exitOf(error) }
}

function exitOf(error: ClientFailure): ExitCode {
  if (error instanceof Unreachable) return EXIT.unreachable
  if (error instanceof HttpFailure) return error.code === 'unreachable' ? EXIT.unreachable : EXIT.failed
  if (error instanceof BadAddress || error instanceof BadDraft) return EXIT.usage
  return EXIT.failed
}

/** What files and sockets complain about is not our mistake, and their message names the file. */
function system(error: unknown): ReturnType<typeof explain> {
  if (!(error instanceof Error) || !('syscall' in error)) return undefined
  const { message, code } = error as NodeJS.ErrnoException
  return { words: message, code: code ?? 'system', exit: EXIT.failed }
}

function clock({ nowMs }: Refused): string {
  if (nowMs === undefined || nowMs > 8.64e15) return ''
  const apart = Math.round((Date.now() - nowMs) / 1000)
  const words = apart === 0 ? 'the same' : `${Math.abs(apart)} s ${apart > 0 ? 'ahead' : 'behind'}`
  return ` The router's clock says ${new Date(nowMs).toISOString()}; yours is ${words}.`
}
