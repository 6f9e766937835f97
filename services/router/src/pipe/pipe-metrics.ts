import { counted, type GaugeValue, gauge } from '@p2pmsg/runtime'
import type { PipeDoor } from './pipe-door.ts'

/** Shows what the pipes count. */
export function watchPipes(pipes: PipeDoor): void {
  gauge('p2pmsg_pipes', 'Open pipes', () => pipes.size.pipes)
  gauge('p2pmsg_pipes_half_open', 'Handshakes of pipes under way', () => pipes.size.halfOpen)
  counted('p2pmsg_pipe_faults', 'Datagrams of pipes that were dropped, by what was wrong with them', () =>
    Object.entries(pipes.counts.faults).map(([fault, value]) => ({ value, labels: { fault } })),
  )
  counted('p2pmsg_pipe_over_limit', 'Messages and taps beyond what one pipe may have open', () =>
    one(pipes.counts.overLimit),
  )
  counted('p2pmsg_tap_rows', 'Messages sent to taps', () => one(pipes.counts.rows))
  counted('p2pmsg_taps_behind', 'Times that a tap took nothing for two seconds while there was more', () =>
    one(pipes.counts.behind),
  )
}

function one(value: number): GaugeValue[] {
  return [{ value, labels: {} }]
}
