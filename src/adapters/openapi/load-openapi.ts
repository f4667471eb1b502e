import { readFile } from 'node:fs/promises'
import { parse as parseYaml } from 'yaml'
import { CodecellError, hasCode, messageOf } from '../../errors.ts'
import type { Tool } from '../../tools/tool.ts'
import { openApiTools, type OpenApiOptions } from './openapi-tools.ts'

/** Largest document that is read, in bytes. */
const maxBytes = 67_108_864

/**
 * The tools of an OpenAPI document in a file, JSON or YAML. Throws `CONFIG_INVALID` when it cannot be read or used, and what
 * `openApiTools` throws.
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
    if (bytes.length > maxBytes) throw new TypeError(`it has more than ${maxBytes} bytes`)
    const text = bytes.toString()
    // JSON is YAML too, but is read a hundred times faster as what it is.
    return /^\uFEFF?\s*\{/.test(text)
      ? JSON.parse(text.replace(/^\uFEFF/, ''))
      : parseYaml(text, { maxAliasCount: 100 })
  } catch (cause) {
    throw new CodecellError('CONFIG_INVALID', `Cannot read OpenAPI document "${file}": ${messageOf(cause)}`, { cause })
  }
}
