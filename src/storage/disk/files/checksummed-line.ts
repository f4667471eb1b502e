import { crc32 } from 'node:zlib'

/**
 * A line of an append-only file: its checksum, the owner of the file and the number of the line, JSON, a line feed. So
 * a line of another file, or one that moved, is detected.
 */
export function logLine(owner: string, number: number, value: unknown): Buffer {
  const body = Buffer.from(`${owner}:${number} ${JSON.stringify(value)}`)
  return Buffer.concat([Buffer.from(`${checksum(body)} `), body, lineFeed])
}

/** A line, its offset and its value. */
type FoundLine = { readonly offset: number; readonly value: unknown }

/** The valid lines of a file, the end of the last of them, and whether lines are corrupt, missing or out of order. */
export type ReadLines = { readonly lines: readonly FoundLine[]; readonly end: number; readonly isBroken: boolean }

/**
 * Reads the lines of a file up to the first invalid one. An invalid line with nothing valid after it is the torn end of
 * a crash. Valid lines after it, or a valid line that belongs elsewhere, mean that the file is corrupt.
 */
export function readLines(owner: string, content: Buffer): ReadLines {
  const lines: FoundLine[] = []
  let end = 0
  let isTorn = false
  for (let offset = 0; offset < content.length;) {
    const feed = content.indexOf(0x0a, offset)
    const stop = feed === -1 ? content.length : feed
    const line = feed === -1 ? null : lineOf(content.subarray(offset, stop))
    if (line !== null && (isTorn || line.position !== `${owner}:${lines.length}`)) return { lines, end, isBroken: true }
    if (line === null) isTorn = true
    else {
      lines.push({ offset, value: line.value })
      end = stop + 1
    }
    offset = stop + 1
  }
  return { lines, end, isBroken: false }
}

const lineFeed = Buffer.from('\n')
const checksumLength = 8

function lineOf(line: Buffer): { readonly position: string; readonly value: unknown } | null {
  const body = line.subarray(checksumLength + 1)
  const isWhole = line[checksumLength] === 0x20 && line.toString('latin1', 0, checksumLength) === checksum(body)
  const blank = body.indexOf(0x20)
  if (!isWhole || blank === -1) return null
  try {
    return { position: body.toString('latin1', 0, blank), value: JSON.parse(body.toString('utf8', blank + 1)) }
  } catch {
    return null
  }
}

function checksum(body: Buffer): string {
  return crc32(body).toString(16).padStart(checksumLength, '0')
}
