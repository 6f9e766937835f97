import { DELETE_TYPE, LEGACY_WARNING, SEALED_TYPE } from '@p2pmsg/protocol'
import type { Item, Said } from '../../feed/present.ts'
import { html, type Markup } from '../markup.ts'
import { GONE } from '../words.ts'
import { label, paragraphs, shortKey, time } from './visible.ts'

/** Of a longer text, a page of many messages shows the beginning, UTF-16 code units. */
const EXCERPT_LENGTH = 1_500

/** How a message is shown where it does not stand in a feed: `whole`, however long it is; `below` what it answers. */
type Place = 'feed' | 'whole' | 'below'

/** One message. @param base the path of the feed's page, which filters are added to */
export function article(item: Item, base: string, place: Place = 'feed'): Markup {
  const { said } = item
  if (!said) {
    return html`<article class="message gone" id="m-${item.id}">
<p>${GONE[item.gone ?? 'removed']} ${permalink(item)}</p>
</article>`
  }
  return html`<article class="message" id="m-${item.id}" aria-labelledby="a-${item.id}">
<header>
<span class="author" id="a-${item.id}">${author(said, base)}</span>
${said.topic !== '' && html`<a class="topic" href="${base}?topic=${encodeURIComponent(said.topic)}"><bdi>#${label(said.topic)}</bdi></a>`}
${permalink(item)}
</header>
${place !== 'below' && said.replyTo !== undefined && said.type !== DELETE_TYPE && html`<p class="context">In reply to <a href="/m/${said.replyTo}"><code>${shortKey(said.replyTo)}</code></a></p>`}
${content(said, place === 'whole' ? undefined : `/m/${item.id}`)}
${said.legacy && html`<p class="context">${LEGACY_WARNING}</p>`}
</article>`
}

function permalink(item: Item): Markup {
  return html`<a class="when" href="/m/${item.id}">${time(item.received, 'received')}</a>`
}

function author(said: Said, base: string): Markup {
  const key = html`<code title="${said.author}">${shortKey(said.author)}</code>`
  const name = said.name === undefined ? '' : label(said.name)
  return html`<a href="${base}?author=${said.author}">${name !== '' && html`<bdi class="name">${name}</bdi> `}${key}</a>`
}

/** @param rest where the whole text stands, if only its beginning is wanted here */
function content(said: Said, rest: string | undefined): Markup {
  if (said.profile) {
    return html`<p class="context">Says of itself:</p>
<div class="text" dir="auto"><b>${label(said.profile.name)}</b> ${paragraphs(said.profile.about)}</div>`
  }
  if (said.type === DELETE_TYPE) {
    const target = said.replyTo ?? ''
    return html`<p class="context">Removed its message <a href="/m/${target}"><code>${shortKey(target)}</code></a>.</p>`
  }
  if (said.type === SEALED_TYPE) {
    return html`<p class="context">Sealed: ${said.body.length} bytes that only the receiver can open.</p>`
  }
  if (said.text !== undefined) return words(said.text, rest)
  return html`<p class="context">${said.body.length} bytes of <code>${said.type}</code>.</p>`
}

function words(text: string, rest: string | undefined): Markup {
  if (rest === undefined || text.length <= EXCERPT_LENGTH * 1.2) {
    return html`<div class="text" dir="auto">${paragraphs(text)}</div>`
  }
  const beginning = text.slice(0, EXCERPT_LENGTH).toWellFormed()
  return html`<div class="text" dir="auto">${paragraphs(beginning)}…</div>
<p class="context"><a href="${rest}">Read it all</a>, ${text.length.toLocaleString('en')} characters</p>`
}
