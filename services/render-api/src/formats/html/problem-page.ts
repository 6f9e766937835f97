import type { Problem } from '../../problem.ts'
import { html, type Markup } from '../markup.ts'
import { layout } from './layout.ts'

/** A problem told to a person. */
export function problemPage(problem: Problem): Buffer {
  return layout({
    title: problem.title,
    robots: 'noindex',
    header: html`<h1><a href="/">p2pmsg</a></h1>`,
    main: html`<h2>${problem.title}</h2>
<p>${detail(problem.detail)}</p>
<p><a href="/">To the feed</a></p>`,
  })
}

/** Names of parameters stand between backquotes, as programs are told them. */
function detail(text: string): Markup {
  return html`${text.split('`').map((part, index) => (index % 2 === 0 ? part : html`<code>${part}</code>`))}`
}
