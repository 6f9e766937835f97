import type { Problem } from '../../problem.ts'
import { html } from '../markup.ts'
import { layout } from './layout.ts'

/** A problem told to a person. */
export function problemPage(problem: Problem): Buffer {
  return layout({
    title: problem.title,
    robots: 'noindex',
    header: html`<h1><a href="/">p2pmsg</a></h1>`,
    main: html`<h2>${problem.title}</h2>
<p>${problem.detail}</p>
<p><a href="/">To the feed</a></p>`,
  })
}
