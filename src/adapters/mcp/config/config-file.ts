import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { printParseErrorCode } from 'jsonc-parser'
import { parse as parseToml, TomlError } from 'smol-toml'
import { CodecellError, messageOf } from '../../../errors.ts'
import { decodeText } from './config-text.ts'
import { parseJsonDocument } from './json-document.ts'

export { workspaceFolderOf } from './config-paths.ts'

/**
 * Reads a configuration file: TOML where its name ends in `.toml`, otherwise JSON with comments and trailing commas. `onWarning`
 * receives the keys that occur twice in one object of JSON.
 *
 * @throws {CodecellError} CONFIG_INVALID with the location of a syntax error.
 */
export async function readConfigFile(file: string, onWarning: (text: string) => void = () => {}): Promise<unknown> {
  const text = await readText(file)
  return extname(file).toLowerCase() === '.toml' ? tomlIn(text, file) : jsonIn(text, file, onWarning)
}

function jsonIn(text: string, file: string, onWarning: (text: string) => void): unknown {
  const { value, errors, repeated } = jsonDocumentIn(text, file)
  const [first] = errors
  for (const { key, line } of repeated) {
    onWarning(`the key ${JSON.stringify(key)} occurs twice in one object, again at line ${line}; the last one is used`)
  }
  if (first === undefined) return value
  const before = text.slice(0, first.offset).split('\n')
  const at = `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`
  throw configInvalid(file, `it is not JSON: ${printParseErrorCode(first.error)} at ${at}`)
}

/** Fails for nesting that the stack cannot hold. */
function jsonDocumentIn(text: string, file: string): ReturnType<typeof parseJsonDocument> {
  try {
    return parseJsonDocument(text)
  } catch (error) {
    throw configInvalid(file, `it is not JSON that can be read: ${messageOf(error)}`)
  }
}

function tomlIn(text: string, file: string): unknown {
  try {
    return parseToml(text)
  } catch (error) {
    const at = error instanceof TomlError ? ` at line ${error.line}, column ${error.column}` : ''
    const [reason = ''] = messageOf(error).split('\n')
    throw configInvalid(file, `it is not TOML: ${reason}${at}`)
  }
}

export function configInvalid(file: string, what: string): CodecellError {
  return new CodecellError('CONFIG_INVALID', `Cannot use configuration "${file}": ${what}`)
}

async function readText(file: string): Promise<string> {
  try {
    return decodeText(await readFile(file))
  } catch (cause) {
    throw new CodecellError('CONFIG_INVALID', `Cannot read configuration "${file}": ${messageOf(cause)}`, { cause })
  }
}
