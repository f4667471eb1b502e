import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { CodecellError } from '../errors.ts'
import { packageFile } from '../package/package-file.ts'

/** Returns the viewer's page without data. Throws `PACKAGE_MISSING` if it was not built. */
export function readViewerPage(): string {
  try {
    return readFileSync(packageFile('dist/viewer/index.html'), 'utf8')
  } catch (cause) {
    throw new CodecellError('PACKAGE_MISSING', 'Cannot find the viewer dist/viewer/index.html: run "npm run build"', {
      cause,
    })
  }
}

/** The contents of a page, in JSON. */
type PageContents = { readonly data: string; readonly payloads: string }

/** Inserts data into an empty page, and a content security policy that allows only its own scripts. */
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
    throw new CodecellError('INVALID_OPTION', `Cannot use the page: expected one empty block "${id}"`)
  }
  return `${before}${tag}${inScript(json)}</script>${after}`
}

/** Escapes JSON for a script element. All three characters occur only inside strings. */
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
 * Returns the content security policy of a page: it can run its own scripts, by their hashes, show embedded pictures, and (on a
 * server) request that server. Content of a trace can neither run nor send anything.
 */
export function contentPolicy(page: string, target: 'server' | 'file'): string {
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
    `connect-src ${target === 'server' ? "'self'" : "'none'"}`,
    "base-uri 'none'",
    "form-action 'none'",
    // Ignored in a file, with a warning.
    ...(target === 'server' ? ["frame-ancestors 'none'"] : []),
  ].join('; ')
}
