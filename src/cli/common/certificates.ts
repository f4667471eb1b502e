import { readFile } from 'node:fs/promises'
import { messageOf } from '../../errors.ts'
import { CodecellError } from '../../index.ts'
import type { LinkTls } from '../../supervisor.ts'
import type { CommandSpec } from '../specs/command-spec.ts'
import { usageError, type CommandLine } from './command-line.ts'

/** The files of the certificates of a command. */
export type CertificateFiles = { readonly cert: string; readonly key: string; readonly ca: string }

/** Returns the files that the flags name; null with `--plain-tcp`. Throws a `CommandError` for other combinations. */
export function certificateFilesOf(spec: CommandSpec, line: CommandLine): CertificateFiles | null {
  const [cert, key, ca] = [line.text('tls-cert'), line.text('tls-key'), line.text('tls-ca')]
  if (line.has('plain-tcp')) {
    if (cert === undefined && key === undefined && ca === undefined) return null
    throw usageError(spec, 'Cannot use --plain-tcp with certificates: expected one of them')
  }
  if (cert !== undefined && key !== undefined && ca !== undefined) return { cert, key, ca }
  throw usageError(spec, 'Cannot use links without certificates: expected --tls-cert, --tls-key and --tls-ca')
}

/**
 * Reads certificates.
 *
 * @throws {CodecellError} `INVALID_OPTION` when a file cannot be read
 */
export async function readCertificates({ cert, key, ca }: CertificateFiles): Promise<LinkTls> {
  return { cert: await read('tls-cert', cert), key: await read('tls-key', key), ca: await read('tls-ca', ca) }
}

async function read(flag: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (cause) {
    throw new CodecellError('INVALID_OPTION', `Cannot read the file of --${flag}: ${messageOf(cause)}`, {
      cause,
      details: { option: flag, value: file, expected: 'a file in PEM' },
    })
  }
}
