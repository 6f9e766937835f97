// Tells the reader of a feed's page how many messages came since it was loaded. The page itself does not move: who wants the new
// messages follows the link. Without this script the page is the same, it only says nothing.
const AGAIN_MS = 10_000 // after an answer that ends the browser's own retries

const main = document.querySelector('main[data-live]')
const status = document.querySelector('.live')
const link = document.createElement('a')
link.className = 'button'

let cursor = main?.dataset.cursor
let count = 0
let source

function show() {
  link.textContent = count === 1 ? '1 new message' : `${count} new messages`
  if (!link.isConnected) status.append(link)
}

function open() {
  if (source || document.hidden) return
  const url = new URL(main.dataset.live, location.href)
  url.searchParams.set('cursor', cursor)
  source = new EventSource(url)
  source.addEventListener('message', (event) => {
    cursor = event.lastEventId
    count += 1
    show()
  })
  source.addEventListener('error', () => {
    if (source?.readyState !== EventSource.CLOSED) return
    source = undefined
    setTimeout(open, AGAIN_MS)
  })
}

function close() {
  source?.close()
  source = undefined
}

if (main && status) {
  link.href = main.dataset.newest
  open()
  // A page that nobody looks at needs no line; it catches up when it is looked at again.
  document.addEventListener('visibilitychange', () => (document.hidden ? close() : open()))
  addEventListener('pagehide', close)
  addEventListener('pageshow', open)
}
