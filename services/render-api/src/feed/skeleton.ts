import type { FeedAnswer, FeedQuestion } from '@p2pmsg/protocol'
import type { Reader } from '../store-reader.ts'

/** Which messages stand on a page, and in which order: the store's answer beside the question it answers. */
export type Skeleton = Readonly<{ question: FeedQuestion }> & FeedAnswer

/** @throws {BusUnavailable} the store does not answer */
export async function skeletonOf(reader: Pick<Reader, 'feed'>, question: FeedQuestion): Promise<Skeleton> {
  return { question, ...(await reader.feed(question)) }
}
