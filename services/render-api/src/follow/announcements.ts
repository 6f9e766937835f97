import { type Announcement, committed, type Position, positionOf } from '@p2pmsg/protocol'
import type { Bus } from '@p2pmsg/runtime'
import { announcementBad, announcementHeard } from '../events.ts'

const PARTITION = /^committed\.v1\.(\d{1,3})$/

/**
 * What the store commits, heard once for the whole process however many readers there are.
 * @returns how to stop
 */
export function followAnnouncements(
  bus: Bus,
  onAnnouncement: (partition: number, announcement: Announcement) => void,
): () => void {
  const subscription = bus.nc.subscribe(committed.wildcard, {
    callback: (error, message) => {
      if (error) return
      const partition = Number(PARTITION.exec(message.subject)?.[1] ?? Number.NaN)
      const announcement = committed.of(partition).parse(message.data)
      if (!Number.isInteger(partition) || !announcement.ok) return announcementBad()
      announcementHeard()
      const { prev, last, rows } = announcement.value
      onAnnouncement(partition, { prev: settled(prev), last: settled(last), rows })
    },
  })
  return () => subscription.unsubscribe()
}

/** No block has sequence 0: a log that has nothing yet is applied up to 0, as the store's answers say. */
function settled(position: Position): Position {
  return position < positionOf(1, 0) ? 0n : position
}
