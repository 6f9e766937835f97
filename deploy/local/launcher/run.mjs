// Child processes of the launcher: short ones that must finish, and the one that everything was for.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { forRunning } from './environment.mjs'
import { Trouble } from './say.mjs'

const ERRORS_CHARS_MAX = 4_000 // the end of what a failed installation said
const PARENT_POLL_MS = 500
const TERMINAL_MS = 300 // Ctrl-C reaches the child by itself; a kill of the launcher alone does not
const GRACE_MS = 60_000 // longer than the stack's own drain; then the child is stuck and is killed

/** Runs a command to its end and keeps the end of what it printed. */
export function finish(command, words, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, words, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    let errors = ''
    const keep = (chunk) => {
      errors = (errors + chunk).slice(-ERRORS_CHARS_MAX)
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    const stop = (signal) => {
      child.kill('SIGTERM')
      child.once('close', () => process.exit(128 + constants.signals[signal]))
    }
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
    for (const signal of signals) process.on(signal, stop)
    child.once('error', (error) => {
      reject(error.code === 'ENOENT' ? new Trouble(`there is no ${command} on PATH: install npm`, 69) : error)
    })
    child.once('close', (code) => {
      for (const signal of signals) process.off(signal, stop)
      resolve({ code: code ?? 1, errors: errors.trim() })
    })
  })
}

/** Runs the program on this terminal until it ends; passes signals on and does not outlive whoever called. Returns its exit code. */
export function runToTheEnd(toolchain, command, words) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, words, { stdio: 'inherit', env: forRunning(process.env, toolchain.nodeFolder) })
    const pass = (signal, afterMs) => setTimeout(() => child.kill(signal), afterMs).unref()
    const stop = (signal) => {
      pass(signal, signal === 'SIGINT' ? TERMINAL_MS : 0)
      pass('SIGKILL', GRACE_MS)
    }
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stop(signal))
    const callers = ancestors()
    const watch = setInterval(() => {
      if (process.ppid === callers[0] && callers.every(isThere)) return
      clearInterval(watch)
      stop('SIGTERM')
    }, PARENT_POLL_MS)
    watch.unref()
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal]))
  })
}

/**
 * Who called: our parent and, when that is the shell which `npm start` puts between, npm behind it.
 * A killed npm leaves its shell waiting for us, so our parent alone says nothing.
 */
function ancestors() {
  const parent = process.ppid
  if (!process.env.npm_lifecycle_event || process.platform !== 'linux') return [parent]
  try {
    const stat = readFileSync(`/proc/${parent}/stat`, 'utf8')
    const [, name, rest] = /^\d+ \((.*)\) (.*)$/s.exec(stat) ?? []
    return name?.endsWith('sh') ? [parent, Number(rest.split(' ')[1])] : [parent]
  } catch {
    return [parent]
  }
}

function isThere(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}
