import type { Item } from '../../feed/present.ts'
import type { Reply, Thread } from '../../feed/thread.ts'
import { html, type Markup } from '../markup.ts'
import { article } from './item.ts'
import { layout } from './layout.ts'
import { shortKey } from './visible.ts'

export type MessagePageContext = Readonly<{ base: string; name: string | undefined; receiver: string }>

export type MessageInThread = Readonly<{
  item: Item
  /** What it answers. */
  parent: Item | undefined
  thread: Thread
}>

/** One message at its own address: what it answers, what answers it, and what a reader needs to check it. */
export function messagePage(
  { item, parent, thread }: MessageInThread,
  { base, name, receiver }: MessagePageContext,
): Buffer {
  const { said } = item
  const feedName = name ?? `Feed ${shortKey(receiver)}`
  return layout({
    title: `Message ${shortKey(item.id)} · ${feedName}`,
    header: html`<h1><a href="${base}"><bdi>${feedName}</bdi></a></h1>`,
    main: html`${parent && html`<div class="parent">${article(parent, base)}</div>\n`}${article(item, base, 'whole')}
${replies(thread, item, base)}
<details class="more"><summary>About this message</summary>
<dl class="facts">
<dt>Id</dt><dd><code>${item.id}</code></dd>
<dt>Receiver</dt><dd><code>${receiver}</code></dd>
${
  said &&
  html`<dt>Author</dt><dd><code>${said.author}</code></dd>
<dt>Sent</dt><dd>${said.sent} by the author's clock</dd>
${said.expires !== undefined && html`<dt>Expires</dt><dd>${said.expires}</dd>`}`
}
<dt>Received</dt><dd>${item.received}, by ${item.dialect}</dd>
<dt>Stored</dt><dd>${item.stored}</dd>
<dt>Position</dt><dd><code>${item.position.toString()}</code></dd>
<dt>Signed bytes</dt><dd><a href="/v1/messages/${item.id}">as JSON</a></dd>
</dl>
</details>`,
  })
}

function replies({ replies: all, more }: Thread, item: Item, base: string): Markup | false {
  if (all.length === 0) return false
  return html`<section class="thread" aria-labelledby="replies">
<h2 id="replies">Replies</h2>
${list(all, base)}
${more && html`<p><a href="${base}?reply_to=${item.id}">All replies</a></p>`}
</section>`
}

function list(all: readonly Reply[], base: string): Markup | false {
  return (
    all.length > 0 &&
    html`<ol>${all.map(({ item, replies: below }) => html`<li>${article(item, base, 'below')}${list(below, base)}</li>\n`)}</ol>`
  )
}
