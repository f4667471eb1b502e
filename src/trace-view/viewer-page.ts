import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { CodecellError } from '../errors.ts'

/** The viewer's page without data. Throws `PACKAGE_MISSING` when it was not built. */
export function readViewerPage(): string {
  try {
    // From `src/` and from `dist/` it is the same file of the package.
    return readFileSync(new URL('../../dist/viewer/index.html', import.meta.url), 'utf8')
  } catch (cause) {
    throw new CodecellError('PACKAGE_MISSING', 'Cannot find the viewer dist/viewer/index.html: run "npm run build"', {
      cause,
    })
  }
}

/** What a page holds itself, as JSON text. */
type PageContents = { readonly data: string; readonly payloads: string }

/** Puts data into a page that comes with none, and forbids it everything but its own scripts. */
export function fillPage(page: string, { data, payloads }: PageContents): string {
  const policy = `<meta http-equiv="content-security-policy" content="${contentPolicy(page, 'file')}">`
  return [
    ['codecell-data', data],
    ['codecell-payloads', payloads],
  ].reduce((filled, [id = '', json = '']) => fillBlock(filled, id, json), insertAtHead(page, policy))
}

function fillBlock(page: string, id: string, json: string): string {
  const tag = `<script type="application/json" id="${id}">`
  const [before, after, ...more] = page.split(`${tag}null</script>`)
  if (before === undefined || after === undefined || more.length > 0) {
    throw new CodecellError('INVALID_OPTION', `Cannot use the page: it has to have one empty block "${id}"`)
  }
  return `${before}${tag}${inScript(json)}</script>${after}`
}

/** JSON text that an HTML parser cannot leave early. All three occur inside strings only. */
function inScript(json: string): string {
  return json.replaceAll('<', '\\u003c').replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
}

function insertAtHead(page: string, element: string): string {
  const head = /<head[^>]*>/i.exec(page)
  if (head === null) throw new CodecellError('INVALID_OPTION', 'Cannot use the page: it has no head')
  const end = head.index + head[0].length
  return page.slice(0, end) + element + page.slice(end)
}

/**
 * What a page may do: run the scripts that it came with, known by their hashes, show its own pictures, and (on a server)
 * ask that server. Whatever a trace smuggles into the page can neither run nor send anything away.
 */
export function contentPolicy(page: string, place: 'server' | 'file'): string {
  const hashes = [...page.matchAll(/<script\b([^>]*)>([^]*?)<\/script>/gi)]
    .filter(([, attributes = '']) => !attributes.includes('application/json'))
    .map(
      ([, , source = '']) =>
        `'sha256-${createHash('sha256').update(source.replaceAll('\r\n', '\n')).digest('base64')}'`,
    )
  return [
    "default-src 'none'",
    `script-src ${hashes.length === 0 ? "'none'" : hashes.join(' ')}`,
    "style-src 'unsafe-inline'",
    'img-src data:',
    'media-src data:',
    `connect-src ${place === 'server' ? "'self'" : "'none'"}`,
    "base-uri 'none'",
    "form-action 'none'",
    // Has no meaning in a file, and browsers warn of it there.
    ...(place === 'server' ? ["frame-ancestors 'none'"] : []),
  ].join('; ')
}
