import { type ChildProcess, spawn } from 'node:child_process'
import type { Writable } from 'node:stream'

/**
 * Reads `+ pid` and `- pid`; when the pipe ends, so has its writer, however it came to that, and what is still listed is killed.
 * A child that leads a process group is killed with its group.
 */
const WATCH = `
children=' '
while read -r sign pid; do
  case $sign in
    +) children="$children$pid " ;;
    -) children="\${children%% $pid *} \${children#* $pid }" ;;
  esac
done
for pid in $children; do kill -9 "-$pid" 2>/dev/null || kill -9 "$pid" 2>/dev/null; done
`

/** One watcher for all children of this process, started with the first. */
let watcher: Writable | undefined

/**
 * Has a child killed when this process is gone: after a defect, and after a SIGKILL too, of which no handler is told. An orderly end
 * leaves it nothing to do. Without a shell, or if the watcher itself is killed, a stack's lock file still names what is left.
 */
export function endWithUs(child: ChildProcess): void {
  if (child.pid === undefined) return
  watcher ??= startWatcher()
  watcher.write(`+ ${child.pid}\n`)
  child.once('exit', () => watcher?.write(`- ${child.pid}\n`))
}

function startWatcher(): Writable {
  // Of a session of its own: what a terminal sends to all of us must not end it.
  const process = spawn('/bin/sh', ['-c', WATCH], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  process.on('error', () => undefined)
  process.stdin.on('error', () => undefined)
  process.unref()
  if ('unref' in process.stdin && typeof process.stdin.unref === 'function') process.stdin.unref()
  return process.stdin
}
