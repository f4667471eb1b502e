/** The smallest page that accepts data, with one script. */
export const page = `<!doctype html><html><head><meta charset="utf-8"><title>A trace</title></head><body>
<script type="application/json" id="codecell-data">null</script>
<script type="application/json" id="codecell-payloads">null</script>
<script type="module">document.title = 'ran'</script></body></html>`

/** Parses a block of a page as a browser does. */
export function blockOf(html: string, id: string): unknown {
  const tag = `<script type="application/json" id="${id}">`
  const start = html.indexOf(tag) + tag.length
  return JSON.parse(html.slice(start, html.indexOf('</script', start)))
}
