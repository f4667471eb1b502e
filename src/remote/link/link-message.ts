import { parseEnginePrint, type EnginePrint } from '../../protocol/engine-print.ts'
import { isRecord } from '../../protocol/json.ts'
import { MessageReader, violation } from '../../protocol/message-reader.ts'
import type { HostProfile } from '../../protocol/message.ts'
import { parseStatus, type SupervisorStatus } from './status-message.ts'

/** The first message of a node: the host that it needs. */
export type Hello = {
  readonly type: 'hello'
  /** Version of the host protocol and of the link messages. */
  readonly protocol: number
  /** The oldest version that the node supports. Missing in version 1. */
  readonly oldest: number
  /** Empty for the tenant of the certificate. */
  readonly tenant: string
  /** The engine that the host must have; null for any. Missing in version 1. */
  readonly print: EnginePrint | null
  readonly profile: HostProfile
  /** Memory limit of a cell, in MiB. */
  readonly memoryMb: number
  readonly timeZone: string
  readonly locale: string
}

/** The first message of a client that asks for the status of a supervisor. The reply is the last message of the link. */
type StatusRequest = { readonly type: 'status' }

/** A link message from a node to a supervisor. */
export type FromNode = Hello | StatusRequest | { readonly type: 'alive' }

/** Slots of a supervisor: one for each host process. */
export type SlotUse = { readonly used: number; readonly slots: number }

/** A link message from a supervisor to a node. */
export type FromSupervisor =
  /** The host process runs. Messages of the session may follow. */
  | ({ readonly type: 'accepted' } & SlotUse)
  /** The supervisor can take no host at the moment. The link ends. */
  | ({ readonly type: 'busy'; readonly reason: string } & SlotUse)
  /** The supervisor will never take this host. The link ends. */
  | { readonly type: 'refused'; readonly reason: string }
  /** The supervisor has no host with the engine. The link ends. Not in version 1. */
  | { readonly type: 'engine_missing'; readonly reason: string }
  /** Sent each second. */
  | ({ readonly type: 'alive' } & SlotUse)
  /** Memory of the host process. */
  | { readonly type: 'resident'; readonly bytes: number }
  /** The host process has ended. `reason` is there when the supervisor ended it. The link ends. */
  | {
      readonly type: 'exited'
      readonly code?: number
      readonly signal?: string
      readonly reason?: string
      readonly stderr: string
    }
  /** The reply to a request for the status. The link ends. */
  | ({ readonly type: 'status' } & SupervisorStatus)
  /** The supervisor ends in this many milliseconds. */
  | { readonly type: 'leaving'; readonly in: number }

/** Returns the protocol versions of a `hello`, whose other fields depend on them; null for another message. */
export function helloVersionsOf(value: unknown): Pick<Hello, 'protocol' | 'oldest'> | null {
  const read = new MessageReader(value)
  if (read.string('type') !== 'hello') return null
  const protocol = read.count('protocol')
  return { protocol, oldest: read.countOr('oldest', protocol) }
}

/** Whether the first message of a client asks for the status, whatever its version is. */
export function isStatusRequest(value: unknown): boolean {
  return isRecord(value) && value['type'] === 'status'
}

/** Parses an untrusted link message of a node. Throws `PROTOCOL_VIOLATION`. Unknown fields are dropped. */
export function parseFromNode(value: unknown): FromNode {
  const read = new MessageReader(value)
  const type = read.string('type')
  if (type === 'alive' || type === 'status') return { type }
  if (type !== 'hello') throw violation(`unknown type "${shortened(type)}"`)
  return {
    type,
    protocol: read.count('protocol'),
    oldest: read.countOr('oldest', read.count('protocol')),
    tenant: read.string('tenant'),
    print: parseEnginePrint(isRecord(value) ? value['print'] : null),
    profile: profileOf(read.string('profile')),
    memoryMb: read.count('memoryMb'),
    timeZone: read.string('timeZone'),
    locale: read.string('locale'),
  }
}

function profileOf(name: string): HostProfile {
  if (name === 'default' || name === 'strict') return name
  throw violation('"profile" is not the name of a profile')
}

/** Parses an untrusted link message of a supervisor. Throws `PROTOCOL_VIOLATION`. Unknown fields are dropped. */
export function parseFromSupervisor(value: unknown): FromSupervisor {
  const read = new MessageReader(value)
  const type = read.string('type')
  switch (type) {
    case 'accepted':
    case 'alive':
      return { type, ...slotUseOf(read) }
    case 'busy':
      return { type, reason: read.string('reason'), ...slotUseOf(read) }
    case 'refused':
    case 'engine_missing':
      return { type, reason: read.string('reason') }
    case 'resident':
      return { type, bytes: read.count('bytes') }
    case 'status':
      return { type, ...parseStatus(value) }
    case 'leaving':
      return { type, in: read.count('in') }
    case 'exited': {
      const [signal, reason] = [read.stringOr('signal', ''), read.stringOr('reason', '')]
      const how = signal === '' ? { code: read.countOr('code', 0) } : { signal }
      return { type, ...how, ...(reason === '' ? {} : { reason }), stderr: read.string('stderr') }
    }
    default:
      throw violation(`unknown type "${shortened(type)}"`)
  }
}

function slotUseOf(read: MessageReader): SlotUse {
  return { used: read.count('used'), slots: read.count('slots') }
}

function shortened(type: string): string {
  return type.length > 40 ? `${type.slice(0, 40)}…` : type
}
