// `npm start` fills the environment with some eighty npm_* variables. Most are npm's own state and confuse the next package
// manager; a few are the user's settings for reaching a registry, without which nothing can be downloaded at all.
import { delimiter, join } from 'node:path'
import { STATE } from './places.mjs'

const REACHING_A_REGISTRY = new Set([
  'npm_config_ca',
  'npm_config_cafile',
  'npm_config_cache',
  'npm_config_fetch_retries',
  'npm_config_fetch_timeout',
  'npm_config_globalconfig',
  'npm_config_https_proxy',
  'npm_config_noproxy',
  'npm_config_offline',
  'npm_config_proxy',
  'npm_config_registry',
  'npm_config_strict_ssl',
  'npm_config_userconfig',
])

function without(environment, drop) {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !drop(name.toLowerCase())))
}

/** For npm and pnpm. Node itself ignores npm's certificate setting, so that one is handed on under Node's name. */
export function forInstalling(environment) {
  const kept = without(environment, (name) => name.startsWith('npm_') && !REACHING_A_REGISTRY.has(name))
  return trusting(kept, environment.npm_config_cafile)
}

/**
 * For what we start: Node 24 first on PATH, nothing of npm's, and the compiled code of earlier starts, with which a command is there
 * in less than half the time.
 */
export function forRunning(environment, nodeFolder) {
  const kept = without(environment, (name) => name.startsWith('npm_') || name === 'init_cwd')
  const trusted = trusting(kept, environment.npm_config_cafile)
  const cache = environment.NODE_COMPILE_CACHE ?? join(STATE, 'compile-cache')
  return {
    ...trusted,
    NODE_COMPILE_CACHE: cache,
    PATH: [nodeFolder, trusted.PATH ?? ''].filter(Boolean).join(delimiter),
  }
}

function trusting(environment, cafile) {
  return cafile && !environment.NODE_EXTRA_CA_CERTS ? { ...environment, NODE_EXTRA_CA_CERTS: cafile } : environment
}
