import { crc32 } from 'node:zlib'

/** One line of an append-only file: its checksum, a blank, JSON text, a line feed. */
export function logLine(value: unknown): Buffer {
  const body = Buffer.from(JSON.stringify(value))
  return Buffer.concat([Buffer.from(`${checksum(body)} `), body, lineFeed])
}

/** A line as it was found: where it begins, and its value. */
type FoundLine = { readonly offset: number; readonly value: unknown }

/** What a file holds: its good lines, where the last of them ends, and whether good lines follow a bad one. */
export type ReadLines = { readonly lines: readonly FoundLine[]; readonly end: number; readonly isBroken: boolean }

/**
 * Reads the lines of a file up to the first bad one. A bad line with nothing good behind it is the torn end that a crash
 * leaves; good lines behind it mean that the file was damaged.
 */
export function readLines(content: Buffer): ReadLines {
  const lines: FoundLine[] = []
  let end = 0
  let isTorn = false
  for (let offset = 0; offset < content.length;) {
    const feed = content.indexOf(0x0a, offset)
    const stop = feed === -1 ? content.length : feed
    const value = feed === -1 ? undefined : valueOf(content.subarray(offset, stop))
    if (value !== undefined && isTorn) return { lines, end, isBroken: true }
    if (value === undefined) isTorn = true
    else {
      lines.push({ offset, value })
      end = stop + 1
    }
    offset = stop + 1
  }
  return { lines, end, isBroken: false }
}

const lineFeed = Buffer.from('\n')
const checksumLength = 8

function valueOf(line: Buffer): unknown {
  const body = line.subarray(checksumLength + 1)
  const isWhole =
    line[checksumLength] === 0x20 && line.toString('latin1', 0, checksumLength) === checksum(body) && body.length > 0
  if (!isWhole) return undefined
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}

function checksum(body: Buffer): string {
  return crc32(body).toString(16).padStart(checksumLength, '0')
}
