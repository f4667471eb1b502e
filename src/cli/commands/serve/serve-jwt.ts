import { readFile } from 'node:fs/promises'
import { messageOf } from '../../../errors.ts'
import { CodecellError } from '../../../index.ts'
import type { JwtOptions } from '../../../mcp-server.ts'
import { usageError, type CommandLine } from '../../common/command-line.ts'

const otherFlags = ['jwt-audience', 'jwt-keys', 'jwt-tenant-claim']

/**
 * Returns how tokens of an authorization server are checked; null without one. Throws a `CommandError` for wrong flags. `needs` is a
 * flag that they need.
 *
 * @throws {CodecellError} `INVALID_OPTION` when the file of keys cannot be read
 */
export async function jwtOf(line: CommandLine, needs: string | null): Promise<JwtOptions | null> {
  const [issuer, audience] = [line.text('jwt-issuer'), line.text('jwt-audience')]
  if (issuer === undefined) {
    const flag = otherFlags.find((name) => line.has(name))
    if (flag !== undefined) throw usageError(line.spec, `Cannot use --${flag} without --jwt-issuer`)
    return null
  }
  if (audience === undefined) throw usageError(line.spec, 'Cannot use --jwt-issuer without --jwt-audience')
  if (needs !== null && !line.has(needs)) throw usageError(line.spec, `Cannot use --jwt-issuer without --${needs}`)
  const other = ['token-file', 'no-token'].find((name) => hasFlag(line, name))
  if (other !== undefined) throw usageError(line.spec, `Cannot use --${other} with --jwt-issuer`)
  const tenantClaim = line.text('jwt-tenant-claim')
  const keys = line.text('jwt-keys')
  return {
    issuer,
    audience,
    ...(keys === undefined ? {} : { keys: /^https?:/.test(keys) ? keys : await readKeySet(keys) }),
    ...(tenantClaim === undefined ? {} : { tenantClaim }),
  }
}

/** Returns whether a flag is given. Not every command has each flag. */
function hasFlag(line: CommandLine, name: string): boolean {
  return line.spec.flags.some(({ flag }) => flag === name) && line.has(name)
}

async function readKeySet(file: string): Promise<Exclude<JwtOptions['keys'], string | undefined>> {
  try {
    return JSON.parse(await readFile(file, 'utf8'))
  } catch (cause) {
    throw new CodecellError('INVALID_OPTION', `Cannot read the keys "${file}": ${messageOf(cause)}`, { cause })
  }
}
