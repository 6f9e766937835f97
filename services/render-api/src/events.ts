import { counter } from '@p2pmsg/runtime'

/** What happens here, one function each: it owns the counter. Nothing here names a reader or quotes a message. */
const questions = counter('render_questions', 'Questions asked of the store', 'query')
const failures = counter('render_question_failures', 'Questions that the store did not answer', 'query')
const pages = counter('render_pages', 'Pages given out, by where they came from', 'source')
const unreadable = counter('render_rows_unreadable', 'Rows whose message does not parse')
const badEntries = counter('render_receiver_entries_bad', 'Receiver entries that do not parse', 'fault')
const problems = counter('render_problems', 'Requests answered with a problem', 'code')

export function asked(query: string): void {
  questions.add(1, query)
}

export function storeFailed(query: string): void {
  failures.add(1, query)
}

/** `cache` = made before and still true, `store` = asked for. */
export function pageServed(source: 'cache' | 'store'): void {
  pages.add(1, source)
}

export function rowUnreadable(): void {
  unreadable.add()
}

export function receiverEntryBad(fault: string): void {
  badEntries.add(1, fault)
}

export function problemGiven(code: string): void {
  problems.add(1, code)
}

const forgotten = counter('render_clients_forgotten', 'Clients whose use was forgotten because there are too many')

export function clientsForgotten(): void {
  forgotten.add()
}

const announcements = counter('render_announcements', 'Announcements of commits', 'result')

export function announcementHeard(): void {
  announcements.add(1, 'heard')
}

export function announcementBad(): void {
  announcements.add(1, 'bad')
}
