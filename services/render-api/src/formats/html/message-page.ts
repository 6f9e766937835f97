import type { Item } from '../../feed/present.ts'
import { html } from '../markup.ts'
import { article } from './item.ts'
import { layout } from './layout.ts'
import { shortKey } from './visible.ts'

export type MessagePageContext = Readonly<{ base: string; name: string | undefined; receiver: string }>

/** One message at its own address, with what a reader needs to check it. */
export function messagePage(item: Item, { base, name, receiver }: MessagePageContext): Buffer {
  const { said } = item
  const feedName = name ?? `Feed ${shortKey(receiver)}`
  return layout({
    title: `Message ${shortKey(item.id)} · ${feedName}`,
    header: html`<h1><a href="${base}"><bdi>${feedName}</bdi></a></h1>`,
    main: html`${article(item, base)}
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
<p><a href="${base}?reply_to=${item.id}">Replies</a></p>`,
  })
}
