import { createHmac, timingSafeEqual } from 'node:crypto'
import { isRecord } from '../../protocol/json.ts'

/** The state of a cell that a snapshot is of. A snapshot resumes this state only. */
export type SnapshotPoint = {
  readonly cellId: string
  /** The short name of the engine print. */
  readonly engine: string
  /** The number of handled commands, including the start. */
  readonly commands: number
  /** The number of events so far. */
  readonly events: number
  /** The digest of the fingerprints of these events. */
  readonly fingerprint: string
}

/** The reason why a snapshot is not used. The journal of its cell is replayed instead. */
export class SealError extends Error {
  constructor(reason: string) {
    super(`Cannot open a snapshot: ${reason}`)
    this.name = 'SealError'
  }
}

/** The length of a key, in bytes. */
export const snapshotKeyBytes = 32

/** The first bytes: `CCSS`. */
const magic = 0x43435353
const version = 1
/** The magic number, the version, the length of the header. */
const prefixBytes = 9
const sealBytes = 32
const maxHeaderBytes = 4096

/**
 * Returns a snapshot with its point, sealed with the key of the session. A changed snapshot would run other code with the tools of the
 * cell, so the HMAC-SHA-256 covers every byte before it.
 */
export function sealSnapshot(key: Uint8Array, point: SnapshotPoint, snapshot: Uint8Array): Buffer {
  const header = Buffer.from(jsonOf(point))
  const prefix = Buffer.alloc(prefixBytes)
  prefix.writeUInt32BE(magic, 0)
  prefix.writeUInt8(version, 4)
  prefix.writeUInt32BE(header.length, 5)
  const content = Buffer.concat([prefix, header, snapshot])
  return Buffer.concat([content, sealOf(key, content)])
}

/**
 * Returns the snapshot in `sealed`, which can have been changed or exchanged.
 *
 * @throws {SealError} when the key did not seal these bytes, or when they are not of `point`.
 */
export function openSnapshot(key: Uint8Array, point: SnapshotPoint, sealed: Buffer): Buffer {
  if (sealed.length < prefixBytes + sealBytes) {
    throw new SealError(`expected at least ${prefixBytes + sealBytes} bytes, got ${sealed.length}`)
  }
  const content = sealed.subarray(0, -sealBytes)
  if (!timingSafeEqual(sealOf(key, content), sealed.subarray(-sealBytes))) {
    throw new SealError('its seal is not of this session and this content')
  }
  if (content.readUInt32BE(0) !== magic) throw new SealError('expected the start "CCSS"')
  if (content.readUInt8(4) !== version) throw new SealError(`expected version ${version}, got ${content.readUInt8(4)}`)
  const headerEnd = prefixBytes + content.readUInt32BE(5)
  if (headerEnd > Math.min(content.length, prefixBytes + maxHeaderBytes)) {
    throw new SealError('its header is longer than the snapshot or than 4 KiB')
  }
  checkPoint(content.toString('utf8', prefixBytes, headerEnd), point)
  return content.subarray(headerEnd)
}

/**
 * Returns the point that a snapshot claims to be of. The snapshot can have been changed: `openSnapshot` checks it.
 *
 * @throws {SealError} when it is malformed.
 */
export function readPoint(sealed: Buffer): Pick<SnapshotPoint, 'commands' | 'events'> {
  const headerEnd = sealed.length < prefixBytes ? 0 : prefixBytes + sealed.readUInt32BE(5)
  const isShort = headerEnd > 0 && headerEnd <= Math.min(sealed.length, prefixBytes + maxHeaderBytes)
  const header = isShort ? parsed(sealed.toString('utf8', prefixBytes, headerEnd)) : null
  const { commands, events } = header ?? {}
  if (isCount(commands) && isCount(events)) return { commands, events }
  throw new SealError('its header is malformed')
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function sealOf(key: Uint8Array, content: Uint8Array): Buffer {
  return createHmac('sha256', key).update(content).digest()
}

const members = ['cellId', 'engine', 'commands', 'events', 'fingerprint'] as const

const labels: Readonly<Record<(typeof members)[number], string>> = {
  cellId: 'cell',
  engine: 'engine',
  commands: 'number of commands',
  events: 'number of events',
  fingerprint: 'fingerprint',
}

/** Returns the point in one order of its members, without others. */
function jsonOf({ cellId, engine, commands, events, fingerprint }: SnapshotPoint): string {
  return JSON.stringify({ cellId, engine, commands, events, fingerprint })
}

/** Checks that a header is that of `point`. */
function checkPoint(json: string, point: SnapshotPoint): void {
  if (json === jsonOf(point)) return
  const header = parsed(json)
  for (const member of members) {
    if (header?.[member] === point[member]) continue
    throw new SealError(
      `it is of another ${labels[member]}: expected ${point[member]}, got ${String(header?.[member])}`,
    )
  }
  throw new SealError('its header has an unknown form')
}

function parsed(json: string): Record<string, unknown> | null {
  try {
    const header: unknown = JSON.parse(json)
    return isRecord(header) ? header : null
  } catch {
    return null
  }
}
