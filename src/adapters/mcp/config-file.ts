import { readFile } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { parse, printParseErrorCode, type ParseError } from 'jsonc-parser'
import { CodecellError, messageOf } from '../../errors.ts'

/**
 * Reads a configuration file: JSON with comments.
 *
 * @throws {CodecellError} CONFIG_INVALID with the location of a syntax error.
 */
export async function readConfigFile(file: string): Promise<unknown> {
  const text = await readText(file)
  const errors: ParseError[] = []
  const value: unknown = parse(text, errors, { allowTrailingComma: true })
  const first = errors[0]
  if (first === undefined) return value
  const before = text.slice(0, first.offset).split('\n')
  const at = `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`
  throw configInvalid(file, `it is not JSON: ${printParseErrorCode(first.error)} at ${at}`)
}

/** Returns the workspace folder of a configuration file: its folder, or the parent of a hidden folder. */
export function workspaceFolderOf(file: string): string {
  const folder = dirname(resolve(file))
  return ['.vscode', '.cursor', '.claude'].includes(basename(folder)) ? dirname(folder) : folder
}

export function configInvalid(file: string, what: string): CodecellError {
  return new CodecellError('CONFIG_INVALID', `Cannot use configuration "${file}": ${what}`)
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new CodecellError('CONFIG_INVALID', `Cannot read configuration "${file}": ${messageOf(cause)}`, { cause })
  }
}
