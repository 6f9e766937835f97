/**
 * Unix milliseconds that never go back: where the wall clock is set back, time goes on from where it was; where it is set
 * forward, time follows. Machines are promised no less.
 */
export function steadyClock(): () => number {
  let origin = 0
  return () => {
    const elapsed = performance.now()
    origin = Math.max(origin, Date.now() - elapsed)
    return Math.floor(origin + elapsed)
  }
}
