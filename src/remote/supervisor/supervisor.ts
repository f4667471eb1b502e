import { constants, type X509Certificate } from 'node:crypto'
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions, type TLSSocket } from 'node:tls'
import { CodecellError, messageOf } from '../../errors.ts'
import { packageVersion } from '../../installation/package-version.ts'
import { hostPortText, isLoopback } from '../link/addresses.ts'
import { certificateErrorText, checkCertificates, type LinkTls } from '../link/certificates.ts'
import type { SupervisorStatus } from '../link/status-message.ts'
import { tenantsOf } from '../link/tenant.ts'
import { Readiness } from '../../probes/readiness.ts'
import { HostCheck } from './host-check.ts'
import type { HostBuilds } from './host-builds.ts'
import { refuseLink } from './link-writer.ts'
import { boundTo, listenOn, type ListenAddress } from './listen.ts'
import { ProbeServer } from './probe-server.ts'
import { NodeConnection, type ConnectionLimits } from './node-connection.ts'
import { Slots } from './slots.ts'

/** Maximum number of connections whose `hello` is not accepted yet. Above it, the oldest is closed. */
const maxGreeting = 64

/** Maximum number of tenants in a status, so that it fits into a link message. */
const maxStatusTenants = 200

export type SupervisorInit = ListenAddress & {
  /**
   * The address for probes over HTTP.
   *
   * @default none
   */
  readonly probes?: ListenAddress
  /** Null for plain TCP on a loopback address. */
  readonly tls: LinkTls | null
  readonly slots: number
  readonly tenantSlots: number
  readonly limits: ConnectionLimits
  readonly builds: HostBuilds
  readonly onProblem: (message: string) => void
}

/** Runs a host process for each connection of a node. */
export class Supervisor implements AsyncDisposable {
  readonly #server: Server
  readonly #setTls: (tls: LinkTls) => void
  readonly #slots: Slots
  readonly #init: SupervisorInit
  /** Connections without an accepted `hello`, oldest first, also during the TLS handshake. */
  readonly #greeting = new Map<string, Socket>()
  readonly #connections = new Set<NodeConnection>()
  #isDraining = false
  #probes: ProbeServer | null = null
  /** Resolves when the last connection has ended; null while no caller waits for that. */
  #empty: PromiseWithResolvers<void> | null = null
  /** Resolves when the last host has ended; null while no caller waits for that. */
  #idle: PromiseWithResolvers<void> | null = null

  private constructor(init: SupervisorInit) {
    this.#init = init
    this.#slots = new Slots(init.slots, init.tenantSlots)
    const { tls } = init
    if (tls === null) {
      this.#server = createServer((socket) => this.#serve(socket, []))
      this.#setTls = () => undefined
    } else {
      const server = createTlsServer(tlsOptionsOf(tls, init.limits.helloMs), (socket) => this.#serveTls(socket))
      server.on('tlsClientError', (error) => this.#onProblem(`the TLS handshake failed: ${messageOf(error)}`))
      this.#server = server
      this.#setTls = (changed) => server.setSecureContext(tlsOptionsOf(changed, init.limits.helloMs))
    }
    this.#server.on('connection', (socket: Socket) => this.#onConnection(socket))
  }

  /**
   * Starts to listen.
   *
   * @throws {CodecellError} `INVALID_OPTION` when the address cannot be used
   */
  static async listen(init: SupervisorInit): Promise<Supervisor> {
    const supervisor = new Supervisor(init)
    const { host, port, probes } = init
    const server = supervisor.#server
    await listenOn(server, init, 'listen')
    if (init.tls === null && !isLoopback(boundTo(server).address)) {
      server.close()
      throw new CodecellError(
        'INVALID_OPTION',
        `Cannot listen on ${hostPortText(host ?? '', port)} without TLS: expected a loopback address`,
        {
          details: { option: 'listen', value: host, expected: 'a loopback address, or TLS' },
        },
      )
    }
    server.on('error', (error) => init.onProblem(messageOf(error)))
    if (probes !== undefined) await supervisor.#listenForProbes(probes)
    return supervisor
  }

  async #listenForProbes(address: ListenAddress): Promise<void> {
    const check = new HostCheck({
      profile: this.#init.limits.strictOnly ? 'strict' : 'default',
      engine: this.#init.builds.engine,
    })
    const readiness = new Readiness([{ reason: 'no host', run: () => check.run() }])
    const isDraining = (): boolean => this.#isDraining
    try {
      this.#probes = await ProbeServer.listen(address, {
        get isDraining() {
          return isDraining()
        },
        readiness: () => readiness.reason(),
      })
    } catch (error) {
      await this[Symbol.asyncDispose]()
      throw error
    }
  }

  get address(): string {
    const { address, port } = boundTo(this.#server)
    return hostPortText(address, port)
  }

  get port(): number {
    return boundTo(this.#server).port
  }

  /** The address for probes, null without one. */
  get healthAddress(): string | null {
    return this.#probes?.address ?? null
  }

  /** Number of host processes. */
  get used(): number {
    return this.#slots.use.used
  }

  /**
   * Uses other certificates for later connections.
   *
   * @throws {CodecellError} `INVALID_OPTION` for certificates that cannot be used
   */
  setTls(tls: LinkTls): void {
    checkCertificates(tls)
    this.#setTls(tls)
  }

  #onConnection(socket: Socket): void {
    const key = keyOf(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => this.#greeting.delete(key))
    this.#greeting.set(key, socket)
    const [oldest] = this.#greeting.values()
    if (this.#greeting.size > maxGreeting) oldest?.destroy()
  }

  #serveTls(socket: TLSSocket): void {
    const certificate = socket.getPeerX509Certificate()
    const problem = certificateProblem(socket, certificate)
    const tenants = certificate === undefined || problem !== null ? null : tenantsOf(certificate)
    if (tenants !== null) return this.#serve(socket, tenants)
    const reason = problem ?? 'cannot read the alternative names of its certificate'
    this.#onProblem(`connection from ${keyOf(socket)}: ${reason}`)
    refuseLink(socket, reason)
  }

  #serve(socket: Socket, tenants: readonly string[]): void {
    const { limits } = this.#init
    const key = keyOf(socket)
    const connection = new NodeConnection(socket, {
      limits,
      slots: this.#slots,
      builds: this.#init.builds,
      tenants,
      isDraining: () => this.#isDraining,
      status: () => this.#statusFor(tenants),
      onAccepted: () => this.#greeting.delete(key),
      onProblem: (reason) => this.#onProblem(`connection from ${key}: ${reason}`),
      onEnded: () => {
        this.#connections.delete(connection)
        if (this.#connections.size === 0) this.#empty?.resolve()
        if (this.used === 0) this.#idle?.resolve()
      },
    })
    this.#connections.add(connection)
  }

  /** The status for a node whose certificate names these tenants: it sees no others. */
  #statusFor(named: readonly string[]): SupervisorStatus {
    const { tenantSlots, limits } = this.#init
    const tenants = this.#slots.tenants(named)
    return {
      version: packageVersion,
      isDraining: this.#isDraining,
      ...this.#slots.use,
      tenantSlots,
      tenants: tenants.slice(0, maxStatusTenants),
      moreTenants: Math.max(0, tenants.length - maxStatusTenants),
      engines: this.#init.builds.versions,
      strictOnly: limits.strictOnly,
      memoryMb: limits.memoryMb,
    }
  }

  #onProblem(message: string): void {
    this.#init.onProblem(message)
  }

  /**
   * Takes no new hosts, and resolves when all have ended. Those that remain after `timeoutMs` are ended. Until then it responds to
   * requests for its status.
   */
  async drain(timeoutMs: number): Promise<void> {
    this.#isDraining = true
    for (const connection of this.#connections) connection.leave(timeoutMs)
    const { promise: isLate, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, timeoutMs)
    await Promise.race([isLate, this.#hostsEnded()])
    clearTimeout(timer)
    await this[Symbol.asyncDispose]()
  }

  /** Resolves when all hosts have ended. */
  async #hostsEnded(): Promise<void> {
    if (this.used === 0) return
    this.#idle ??= Promise.withResolvers()
    await this.#idle.promise
  }

  /** Resolves when all connections and their processes have ended. */
  async #ended(): Promise<void> {
    if (this.#connections.size === 0) return
    this.#empty ??= Promise.withResolvers()
    await this.#empty.promise
  }

  /** Ends all hosts at once, and stops listening. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDraining = true
    this.#server.close()
    for (const socket of this.#greeting.values()) socket.destroy()
    for (const connection of this.#connections) connection.destroy()
    await this.#ended()
    await this.#probes?.[Symbol.asyncDispose]()
  }
}

function keyOf({ remoteAddress = '', remotePort = 0 }: Socket): string {
  return hostPortText(remoteAddress, remotePort)
}

/**
 * Returns the options of a server that demands certificates of its clients. `certificateProblem` checks them, so that a node receives
 * the reason. A resumed TLS session could have no certificate, so there are no tickets.
 */
function tlsOptionsOf({ cert, key, ca }: LinkTls, handshakeTimeout: number): TlsOptions {
  const secureOptions = constants.SSL_OP_NO_TICKET
  return {
    cert,
    key,
    ca,
    minVersion: 'TLSv1.3',
    requestCert: true,
    rejectUnauthorized: false,
    secureOptions,
    handshakeTimeout,
  }
}

/** Returns the reason why a node is not trusted; null when its certificate is valid. */
function certificateProblem(socket: TLSSocket, certificate: X509Certificate | undefined): string | null {
  if (certificate === undefined) return 'expected a certificate of the node, got none'
  if (socket.authorized && !socket.isSessionReused()) return null
  const { authorizationError }: { readonly authorizationError?: unknown } = socket
  return `expected a valid certificate of the node: ${certificateErrorText(String(authorizationError))}`
}
