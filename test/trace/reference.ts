import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const repository = new URL('../../', import.meta.url)

/** The reference's corpus beside the repository, undefined where it is not. */
export const referenceFolder: string | undefined = found(new URL('../shared/reference/', repository))

/** The reference's command line, as `npm run compare:reference` installs it; undefined where nobody did. */
export const referenceCommand: string | undefined = found(
  new URL('node_modules/.cache/codecell-reference/node_modules/.bin/codex', repository),
)

function found(url: URL): string | undefined {
  return existsSync(url) ? fileURLToPath(url) : undefined
}
