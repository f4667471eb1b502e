import { closeSync, openSync, readFileSync, readSync, realpathSync, statSync } from 'node:fs'
import { isAbsolute, join, sep } from 'node:path'
import { CodecellError, messageOf } from '../../errors.ts'
import { jsonDepth, jsonValues } from '../../protocol/json.ts'

/** The maximum size of a manifest, line and payload, in bytes. */
export const limits: { readonly manifest: number; readonly line: number; readonly payload: number } = {
  manifest: 2 ** 20,
  line: 2 ** 26,
  payload: 2 ** 28,
}

/** Returns the real path of a file of the bundle. Only regular files: reading a pipe or device could block forever. */
export function fileInside(root: string, path: string): string {
  const isPlain = path !== '' && !isAbsolute(path) && !/[\\\0]/.test(path) && !path.split('/').includes('..')
  if (!isPlain) throw unreadable(path, 'the path is not inside the bundle')
  const file = realPath(join(root, path), path)
  if (!isInside(root, file)) throw unreadable(path, 'the link leads out of the bundle')
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) throw unreadable(path, 'it is not a regular file')
  return file
}

/** Returns whether a real path is below the real path of a folder. */
export function isInside(root: string, file: string): boolean {
  return file.startsWith(root.endsWith(sep) ? root : root + sep)
}

export function realPath(path: string, shown: string): string {
  try {
    return realpathSync.native(path)
  } catch (cause) {
    throw unreadable(shown, messageOf(cause), cause)
  }
}

export function fileSize(file: string): number {
  return statSync(file).size
}

export function readText(file: string, limit: number): string {
  try {
    const { size } = statSync(file)
    if (size > limit) throw unreadable(file, `it has ${size} bytes, more than ${limit}`)
    return readFileSync(file, 'utf8')
  } catch (cause) {
    if (cause instanceof CodecellError) throw cause
    throw unreadable(file, messageOf(cause), cause)
  }
}

/** Deeper than any request. Functions that handle values recurse once per level. */
const maxDepth = 500

export function jsonOf(text: string, what: string): unknown {
  if (jsonDepth(text, maxDepth) > maxDepth) {
    throw new CodecellError('TRACE_INVALID', `${what} is nested deeper than ${maxDepth}`)
  }
  checkSize(text, what)
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new CodecellError('TRACE_INVALID', `${what} is not JSON`, { cause })
  }
}

/** Checks the number of values in JSON: text that fits in memory can have values that do not, since `{},` takes 56 bytes. */
export function checkSize(text: string, what: string): void {
  if (jsonValues(text, maxValues) > maxValues) {
    throw new CodecellError('TRACE_INVALID', `${what} has more than ${maxValues} values`)
  }
}

const maxValues = 2 ** 22

export type Line = { readonly text: string; readonly isWhole: boolean }

const newLine = 0x0a

/** Reads a file line by line, with one line in memory. Throws `TRACE_UNREADABLE` for a line that is too long. */
export function* readLines(file: string): Generator<Line> {
  const descriptor = opened(file)
  try {
    const buffer = Buffer.alloc(2 ** 18)
    let parts: Buffer[] = []
    let length = 0
    for (let count = read(descriptor, buffer, file); count > 0; count = read(descriptor, buffer, file)) {
      let start = 0
      for (let end = buffer.indexOf(newLine); end >= 0 && end < count; end = buffer.indexOf(newLine, start)) {
        yield { text: Buffer.concat([...parts, buffer.subarray(start, end)]).toString('utf8'), isWhole: true }
        parts = []
        length = 0
        start = end + 1
      }
      parts.push(Buffer.from(buffer.subarray(start, count)))
      length += count - start
      if (length > limits.line) throw unreadable(file, `a line is longer than ${limits.line} bytes`)
    }
    if (length > 0) yield { text: Buffer.concat(parts).toString('utf8'), isWhole: false }
  } finally {
    closeSync(descriptor)
  }
}

function opened(file: string): number {
  try {
    return openSync(file, 'r')
  } catch (cause) {
    throw unreadable(file, messageOf(cause), cause)
  }
}

function read(descriptor: number, buffer: Buffer, file: string): number {
  try {
    return readSync(descriptor, buffer)
  } catch (cause) {
    throw unreadable(file, messageOf(cause), cause)
  }
}

export function unreadable(path: string, reason: string, cause?: unknown): CodecellError {
  const options = cause === undefined ? undefined : { cause }
  const message = `Cannot read ${JSON.stringify(path.slice(0, 200))}: ${reason.slice(0, 500)}`
  return new CodecellError('TRACE_UNREADABLE', message, options)
}
