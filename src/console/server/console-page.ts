import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { packageFile } from '../../package/package-file.ts'

/** A page with its content security policy. */
export type ConsolePage = { readonly html: string; readonly policy: string }

/** Returns the page of this package, or one that says how to build it. */
export function readConsolePage(): ConsolePage {
  try {
    return pageOf(readFileSync(packageFile('dist/console/index.html'), 'utf8'))
  } catch {
    return pageOf(missingPage)
  }
}

const missingPage = `<!doctype html><meta charset="utf-8"><title>codecell console</title>
<p>The page of the console is missing: run "npm run build" in codecell. The data is at /api/.`

/** Returns a page with a policy that allows its own scripts and styles, by their hashes, and requests to its own server. */
function pageOf(html: string): ConsolePage {
  const policy = [
    "default-src 'none'",
    `script-src ${sourcesOf(html, 'script')}`,
    `style-src ${sourcesOf(html, 'style')}`,
    // TypeScript of the playground.
    "worker-src 'self'",
    'img-src data:',
    'media-src data:',
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
  return { html, policy }
}

function sourcesOf(html: string, element: 'script' | 'style'): string {
  const found = [...html.matchAll(new RegExp(`<${element}\\b([^>]*)>([^]*?)</${element}>`, 'gi'))]
  const hashes = found
    .filter(([, attributes = '']) => !attributes.includes('application/json'))
    .map(([, , content = '']) => `'sha256-${hashOf(content.replaceAll('\r\n', '\n'))}'`)
  return hashes.length === 0 ? "'none'" : hashes.join(' ')
}

function hashOf(content: string): string {
  return createHash('sha256').update(content).digest('base64')
}
