// What the launcher tells the person. All on stderr: stdout belongs to the program that is started (`p2pmsg send --json`).

/** Something a person can put right: a message and an exit code (sysexits.h), no stack. */
export class Trouble extends Error {
  constructor(message, exitCode = 1) {
    super(message)
    this.exitCode = exitCode
  }
}

export function warn(text) {
  process.stderr.write(`p2pmsg: ${text}\n`)
}

const TICK_MS = 1_000 // on a terminal, one line that is rewritten
const TICK_MS_IN_LOGS = 10_000 // in a log file, few lines

/** Shows that something long is still going on. Returns the function that ends it. */
export function progress(what) {
  const begun = Date.now()
  const terminal = process.stderr.isTTY
  const seconds = () => Math.round((Date.now() - begun) / 1000)
  warn(`${what} …`)
  const timer = setInterval(
    () => process.stderr.write(terminal ? `\r  ${seconds()} s` : `  ${seconds()} s\n`),
    terminal ? TICK_MS : TICK_MS_IN_LOGS,
  )
  timer.unref() // a failure that nobody ends must not keep the launcher alive
  return (outcome) => {
    clearInterval(timer)
    if (terminal) process.stderr.write('\r\x1b[K')
    if (outcome) warn(`${outcome} (${seconds()} s)`)
  }
}
