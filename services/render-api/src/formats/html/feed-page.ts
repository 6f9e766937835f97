import { type FeedQuestion, formatAddress, formatCursor } from '@p2pmsg/protocol'
import type { Page } from '../../feed/present.ts'
import { SEARCH_CHARACTERS_MAX, toQuery } from '../../feed/question.ts'
import { html, type Markup } from '../markup.ts'
import { article } from './item.ts'
import { type LiveSource, layout } from './layout.ts'
import { label, shortKey } from './visible.ts'

export type FeedPageContext = Readonly<{
  /** The path of this feed's page. */
  base: string
  /** The path of its JSON, live feed and other formats. */
  path: string
  /** What the receiver calls itself, if it does. */
  name: string | undefined
  alternates: readonly Readonly<{ type: string; href: string; title: string }>[]
}>

/** A feed as a page to read, newest first whichever way it was asked for. */
export function feedPage(page: Page, { base, path, name, alternates }: FeedPageContext): Buffer {
  const title = name ?? `Feed ${shortKey(page.receiver)}`
  const items = page.order === 'newest-first' ? page.items : page.items.toReversed()
  const address = formatAddress({ receiver: page.question.receiver, endpoint: undefined, topic: '' })
  return layout({
    title: label(title),
    alternates,
    ...(isFiltered(page.question) ? { robots: 'noindex' } : {}),
    live: liveSource(page, base, path),
    header: html`<h1><a href="${base}"><bdi>${label(title)}</bdi></a></h1>
<p class="address"><code>${address}</code></p>
${searchForm(page.question, base)}`,
    main: html`${filters(page.question, base)}
${items.length === 0 ? html`<p class="empty">${emptyText(page)}</p>` : html`<div class="feed">${items.map((item) => article(item, base))}</div>`}
${pager(page, base)}`,
  })
}

/** What narrows the page already goes on doing so. */
function searchForm(question: FeedQuestion, base: string): Markup {
  const kept = toQuery({ ...question, search: undefined, before: undefined, after: undefined })
  return html`<form class="search" role="search" method="get" action="${base}">
${[...kept].map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">\n`)}<input type="search" name="q" value="${question.search}" maxlength="${SEARCH_CHARACTERS_MAX}" aria-label="Words in messages" placeholder="Search messages" required>
<button type="submit">Search</button>
</form>`
}

/** Only the newest page can be told that something came, and only the store can search. */
function liveSource({ question, items }: Page, base: string, path: string): LiveSource | undefined {
  const { before, after, search } = question
  if (before !== undefined || after !== undefined || search !== undefined) return undefined
  const query = toQuery(question).toString()
  const suffix = query === '' ? '' : `?${query}`
  // Not how far the store has come but the newest message: the page's bytes then change only with what stands on it.
  return { url: `${path}/live${suffix}`, cursor: items[0]?.cursor ?? formatCursor(0n), newest: `${base}${suffix}` }
}

function isFiltered({ author, topic, replyTo, search, before, after }: FeedQuestion): boolean {
  return [author, topic, replyTo, search, before, after].some((filter) => filter !== undefined)
}

function emptyText({ question, next }: Page): string {
  if (next !== undefined) return 'No match among the messages looked at so far. Older ones may have some.'
  return isFiltered(question) ? 'No message matches.' : 'No message yet. The first one will stand here.'
}

/** What narrows this page, each with a way to widen it again. */
function filters(question: FeedQuestion, base: string): Markup | false {
  const { author, topic, replyTo, search } = question
  const without = (change: Partial<FeedQuestion>) =>
    `${base}?${toQuery({ ...question, ...change, before: undefined, after: undefined }).toString()}`
  const shown = [
    author &&
      html`<li>by <code>${shortKey(toQuery(question).get('author') ?? '')}</code> ${clear(without({ author: undefined }), 'authors')}</li>`,
    topic !== undefined &&
      html`<li>about <bdi>#${label(topic)}</bdi> ${clear(without({ topic: undefined }), 'topics')}</li>`,
    replyTo && html`<li>replies ${clear(without({ replyTo: undefined }), 'messages')}</li>`,
    search !== undefined &&
      html`<li>with “<bdi>${label(search)}</bdi>” ${clear(without({ search: undefined }), 'words')}</li>`,
  ].filter((item) => item !== false && item !== undefined)
  return shown.length > 0 && html`<ul class="filters" aria-label="Only messages">${shown}</ul>`
}

function clear(href: string, what: string): Markup {
  return html`<a href="${href}" aria-label="show all ${what}">show all</a>`
}

function pager(page: Page, base: string): Markup | false {
  const forwards = page.order === 'oldest-first'
  const [older, newer] = forwards ? [page.prev, page.next] : [page.next, page.prev]
  if (older === undefined && newer === undefined) return false
  const at = (name: 'before' | 'after', value: string) => {
    const query = toQuery({ ...page.question, before: undefined, after: undefined })
    query.set(name, value)
    return `${base}?${query.toString()}`
  }
  const newest = `${base}?${toQuery({ ...page.question, before: undefined, after: undefined }).toString()}`
  return html`<nav class="pager" aria-label="Pages">
${newer !== undefined && html`<a rel="prev" href="${at('after', newer)}">Newer messages</a>`}
${page.question.before !== undefined && html`<a href="${newest}">Newest messages</a>`}
${older !== undefined && html`<a rel="next" href="${at('before', older)}">Older messages</a>`}
</nav>`
}
