import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { messageOf } from '../../errors.ts'
import { CodecellError } from '../../index.ts'
import { usageError, type CommandLine } from './command-line.ts'
import type { Io } from './io.ts'

/** The accepted bearer tokens. `isNew`: they were generated for this run. */
export type Tokens = { readonly tokens: readonly string[]; readonly isNew: boolean }

/** Returns the accepted tokens: from the file, from the environment, or a new one; none with an authorization server. */
export async function tokensOf(line: CommandLine, jwt: object | null, env: Io['env']): Promise<Tokens> {
  const hasNoToken = line.spec.flags.some(({ flag }) => flag === 'no-token') && line.has('no-token')
  if (jwt !== null || hasNoToken) return { tokens: [], isNew: false }
  const file = line.text('token-file')
  const text = file === undefined ? env['CODECELL_TOKEN'] : await readTokenFile(file)
  if (text === undefined) return { tokens: [newToken()], isNew: true }
  const tokens = text.split(/\s+/).filter((token) => token !== '')
  if (tokens.length > 0 && tokens.every((token) => /^[\x21-\x7e]{16,1000}$/.test(token))) {
    return { tokens, isNew: false }
  }
  const origin = file === undefined ? 'CODECELL_TOKEN' : `"${file}"`
  throw usageError(line.spec, `Cannot use the token of ${origin}: expected 16 to 1000 visible ASCII characters`)
}

export function newToken(): string {
  return randomBytes(32).toString('base64url')
}

async function readTokenFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new CodecellError('INVALID_OPTION', `Cannot read the token file "${file}": ${messageOf(cause)}`, { cause })
  }
}
