import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { messageOf } from '../../errors.ts'
import type { ResolvedAddress } from '../link/addresses.ts'
import { certificateErrorText, isCertificateError, type LinkTls } from '../link/certificates.ts'
import type { FromNode, FromSupervisor, Hello, SlotUse } from '../link/link-message.ts'
import type { SupervisorStatus } from '../link/status-message.ts'
import { Link, type LinkEnd } from './link.ts'

/** Time for the connection with its TLS handshake, and again for the reply to `hello`, in milliseconds. */
const connectMs = 2000
const maxReasonLength = 600

/** The certificates of a node, in PEM. */
export type NodeTls = LinkTls & {
  /**
   * The name that the certificates of supervisors must have.
   *
   * @default the host name of the address
   */
  readonly serverName?: string
}

export type DialFailure =
  /** Another attempt can succeed. */
  | { readonly type: 'unreachable'; readonly reason: string }
  | { readonly type: 'busy'; readonly reason: string; readonly use: SlotUse }
  /** The supervisor has no host with the engine. */
  | { readonly type: 'engine_missing'; readonly reason: string }
  /** Only an operator can help. */
  | { readonly type: 'misconfigured'; readonly reason: string }

export type Dialed =
  | { readonly type: 'accepted'; readonly link: Link; readonly use: SlotUse }
  | { readonly type: 'failed'; readonly failure: DialFailure }

/** Connects to a supervisor and asks for a host. Never rejects. */
export async function dial(
  address: ResolvedAddress,
  { hello, tls, signal }: { readonly hello: Hello; readonly tls: NodeTls | null; readonly signal: AbortSignal },
): Promise<Dialed> {
  const asked = await ask(address, { request: hello, tls, signal })
  if (asked.type === 'failed') return asked
  const { reply, link } = asked
  if (reply.type === 'accepted') return { type: 'accepted', link, use: reply }
  link.close()
  return { type: 'failed', failure: { type: 'misconfigured', reason: `expected "accepted", got "${reply.type}"` } }
}

/** Connects to a supervisor and asks for its status. Never rejects. */
export async function askForStatus(
  address: ResolvedAddress,
  { tls, signal }: { readonly tls: NodeTls | null; readonly signal: AbortSignal },
): Promise<({ readonly type: 'status' } & SupervisorStatus) | DialFailure> {
  const asked = await ask(address, { request: { type: 'status' }, tls, signal })
  if (asked.type === 'failed') return asked.failure
  const { reply, link } = asked
  link.close()
  return reply.type === 'status' ? reply : { type: 'misconfigured', reason: `expected "status", got "${reply.type}"` }
}

type Asked =
  | { readonly type: 'replied'; readonly reply: Reply; readonly link: Link }
  | { readonly type: 'failed'; readonly failure: DialFailure }

/** A reply that grants the request. */
type Reply = Extract<FromSupervisor, { readonly type: 'accepted' | 'status' }>

/** Connects to a supervisor, sends the first message, and waits for the reply. Never rejects. */
async function ask(
  address: ResolvedAddress,
  { request, tls, signal }: { readonly request: FromNode; readonly tls: NodeTls | null; readonly signal: AbortSignal },
): Promise<Asked> {
  const { promise, resolve } = Promise.withResolvers<Asked>()
  const fail = (failure: DialFailure): void => {
    link?.close()
    resolve({ type: 'failed', failure })
  }
  let link: Link | null = null
  let isConnected = false
  let timer = setTimeout(() => fail(timeout('connection')), connectMs)
  const onAbort = (): void => fail({ type: 'unreachable', reason: 'the host is not needed' })
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    const socket = open(address, tls)
    link = new Link(socket, {
      onMessage: (message) => {
        if ((message.type === 'accepted' || message.type === 'status') && link !== null) {
          // More messages, and the end of the link, can arrive before the caller handles them.
          link.keep()
          resolve({ type: 'replied', reply: message, link })
        } else if (message.type === 'busy') fail({ type: 'busy', reason: shortened(message.reason), use: message })
        else if (message.type === 'engine_missing') fail({ type: 'engine_missing', reason: shortened(message.reason) })
        else if (message.type === 'refused')
          fail({ type: 'misconfigured', reason: `it refuses this node: ${shortened(message.reason)}` })
      },
      onEnd: (end) => fail(failureOf(end, isConnected)),
    })
    socket.once(tls === null ? 'connect' : 'secureConnect', () => {
      isConnected = true
      socket.setNoDelay(true)
      clearTimeout(timer)
      timer = setTimeout(() => fail(timeout(`reply to "${request.type}"`)), connectMs)
      link?.send(request)
    })
  } catch (error) {
    fail({ type: 'misconfigured', reason: messageOf(error) })
  }
  const asked = await promise
  clearTimeout(timer)
  signal.removeEventListener('abort', onAbort)
  return asked
}

function shortened(reason: string): string {
  return reason.length > maxReasonLength ? `${reason.slice(0, maxReasonLength)}…` : reason
}

function timeout(what: string): DialFailure {
  return { type: 'unreachable', reason: `expected a ${what} within ${connectMs} ms` }
}

function open({ ip, port, name }: ResolvedAddress, tls: NodeTls | null): Socket {
  if (tls === null) return connectTcp(port, ip)
  const { cert, key, ca, serverName = name } = tls
  const byName = isIP(serverName) === 0 ? { servername: serverName } : {}
  return connectTls({ host: ip, port, cert, key, ca, minVersion: 'TLSv1.3', ...byName })
}

/** Returns the reason why no host was granted. */
function failureOf(end: LinkEnd, isConnected: boolean): DialFailure {
  if (end.type === 'malformed') {
    return { type: 'misconfigured', reason: `expected a supervisor of codecell at this address: ${end.reason}` }
  }
  if (end.type === 'silent') return { type: 'unreachable', reason: 'it fell silent' }
  const code = end.error?.code ?? ''
  if (isCertificateError(code)) {
    return { type: 'misconfigured', reason: `its certificate is not valid: ${certificateErrorText(code)}` }
  }
  if (/^ERR_SSL_|^EPROTO$/.test(code)) {
    return { type: 'misconfigured', reason: `the TLS handshake failed: ${tlsErrorText(code)}` }
  }
  const text = end.error === null ? 'it ended the connection without a reply' : messageOf(end.error)
  return { type: 'unreachable', reason: isConnected ? text : `cannot connect: ${text}` }
}

function tlsErrorText(code: string): string {
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|EPROTO/.test(code)) return `the other end does not use TLS (${code})`
  if (/ALERT_PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/.test(code))
    return `the other end does not support TLS 1.3 (${code})`
  return code
}
