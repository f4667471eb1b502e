import { readFile } from 'node:fs/promises'
import { parse as parseYaml } from 'yaml'
import { CodecellError, hasCode, messageOf } from '../../errors.ts'
import type { Tool } from '../../tools/tool.ts'
import { bundleFiles } from './document/bundle-files.ts'
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
    const text = await readText(file)
    const document = parseDocument(text, file)
    return referencesFiles(text) ? await bundleFiles(document, file, readOther) : document
  } catch (cause) {
    throw new CodecellError('CONFIG_INVALID', `Cannot read OpenAPI document "${file}": ${messageOf(cause)}`, { cause })
  }
}

async function readText(file: string): Promise<string> {
  const bytes = await readFile(file)
  if (bytes.length > maxBytes) throw new TypeError(`it exceeds ${maxBytes} bytes`)
  return bytes.toString().replace(/^\uFEFF/, '')
}

/**
 * The options for YAML documents. Keys are strings as they are written, such as `1.0` and `null`, and `<<` merges mappings. As in
 * JSON, the last of two equal keys counts.
 */
const yamlOptions = { merge: true, maxAliasCount: 100, stringKeys: true, uniqueKeys: false, logLevel: 'error' } as const

/** Parses JSON or YAML. JSON is also YAML, but its own parser is a hundred times faster. */
function parseDocument(text: string, file: string): unknown {
  if (!/^\s*\{/.test(text)) return parseYaml(text, yamlOptions)
  try {
    return JSON.parse(text)
  } catch (error) {
    // A mapping of YAML can start like an object.
    if (/\.json$/i.test(file)) throw error
    return parseYaml(text, yamlOptions)
  }
}

/** Reads a file that a document references. */
async function readOther(file: string): Promise<unknown> {
  try {
    return parseDocument(await readText(file), file)
  } catch (cause) {
    throw new TypeError(`its file "${file}" cannot be read: ${messageOf(cause)}`, { cause })
  }
}

/** Returns whether a document may have references other than those to itself. */
function referencesFiles(text: string): boolean {
  return /\$ref["']?\s*:\s*["']?[^"'#\s]/.test(text)
}
