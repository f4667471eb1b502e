import { readFile } from 'node:fs/promises'
import { parse as parseYaml } from 'yaml'
import { CodecellError, hasCode, messageOf } from '../../errors.ts'
import type { Tool } from '../../tools/tool.ts'
import { openApiTools, type OpenApiOptions } from './openapi-tools.ts'

/** Maximum size of a document in bytes. */
const maxBytes = 67_108_864

/**
 * Loads the tools of an OpenAPI document from a JSON or YAML file.
 *
 * @throws {CodecellError} CONFIG_INVALID when the document cannot be read or used, and the errors of `openApiTools`.
 */
export async function loadOpenApi(file: string, options: OpenApiOptions = {}): Promise<readonly Tool[]> {
  const document = await readDocument(file)
  try {
    return openApiTools(document, options)
  } catch (error) {
    if (!hasCode(error, 'CONFIG_INVALID')) throw error
    throw new CodecellError('CONFIG_INVALID', `${messageOf(error)} (file "${file}")`, { cause: error })
  }
}

async function readDocument(file: string): Promise<unknown> {
  try {
    const bytes = await readFile(file)
    if (bytes.length > maxBytes) throw new TypeError(`it exceeds ${maxBytes} bytes`)
    const text = bytes.toString()
    // JSON is also YAML, but the JSON parser is a hundred times faster.
    return /^\uFEFF?\s*\{/.test(text)
      ? JSON.parse(text.replace(/^\uFEFF/, ''))
      : parseYaml(text, { maxAliasCount: 100 })
  } catch (cause) {
    throw new CodecellError('CONFIG_INVALID', `Cannot read OpenAPI document "${file}": ${messageOf(cause)}`, { cause })
  }
}
