import { ASSETS_VERSION } from '../../assets.ts'
import { html, type Markup } from '../markup.ts'

export type Layout = Readonly<{
  title: string
  /** Links to the same in other formats, for feed readers. */
  alternates?: readonly Readonly<{ type: string; href: string; title: string }>[]
  robots?: 'noindex'
  header: Markup
  main: Markup
  /** What the script follows; undefined = a page that does not change. */
  live?: LiveSource | undefined
}>

/** Where a page's script listens, from which cursor on, and where the new messages are to be seen. */
export type LiveSource = Readonly<{ url: string; cursor: string; newest: string }>

/** The frame of every page: landmarks, one stylesheet, one script that the page does without. */
export function layout({ title, alternates = [], robots, header, main, live }: Layout): Buffer {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${robots && html`<meta name="robots" content="${robots}">`}
<title>${title}</title>
<link rel="icon" href="/assets/icon.svg?${ASSETS_VERSION}" type="image/svg+xml">
<link rel="stylesheet" href="/assets/page.css?${ASSETS_VERSION}">
${alternates.map(({ type, href, title: of }) => html`<link rel="alternate" type="${type}" href="${href}" title="${of}">\n`)}${live && html`<script type="module" src="/assets/live.js?${ASSETS_VERSION}"></script>\n`}</head>
<body>
<a class="skip" href="#main">Skip to the messages</a>
<header class="top">${header}</header>
<main id="main" tabindex="-1"${live && html` data-live="${live.url}" data-cursor="${live.cursor}" data-newest="${live.newest}"`}>
${live && html`<p class="live" role="status"></p>\n`}${main}
</main>
<footer class="bottom">
<p>Every message here is signed by its author. <a href="/limits">Limits</a> · <a href="/openapi.json">API</a></p>
</footer>
</body>
</html>
`
  return Buffer.from(page.toString())
}
