/** As small as a page can be that takes data, with one script of its own. */
export const page = `<!doctype html><html><head><meta charset="utf-8"><title>A trace</title></head><body>
<script type="application/json" id="codecell-data">null</script>
<script type="application/json" id="codecell-payloads">null</script>
<script type="module">document.title = 'ran'</script></body></html>`

/** What a block of a page holds, as a browser reads it. */
export function blockOf(html: string, id: string): unknown {
  const tag = `<script type="application/json" id="${id}">`
  const start = html.indexOf(tag) + tag.length
  return JSON.parse(html.slice(start, html.indexOf('</script', start)))
}
