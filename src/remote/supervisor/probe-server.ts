import { createServer, type Server } from 'node:http'
import { answerProbe, type ProbeState } from '../../probes/answer-probe.ts'
import { hostPortText } from '../link/addresses.ts'
import { boundTo, listenOn, type ListenAddress } from './listen.ts'

/** Limits of requests: probes have no body and few headers. Times are in milliseconds. */
const limits = {
  maxHeaderSize: 8192,
  headersTimeout: 5000,
  requestTimeout: 5000,
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 1000,
}
const maxConnections = 64

/** Responds to probes about a supervisor over HTTP, without TLS. */
export class ProbeServer implements AsyncDisposable {
  readonly #http: Server

  private constructor(http: Server) {
    this.#http = http
  }

  /** @throws {CodecellError} `INVALID_OPTION` when the address cannot be used */
  static async listen(address: ListenAddress, state: ProbeState): Promise<ProbeServer> {
    const http = createServer(limits, (request, response) => {
      if (!answerProbe(request, response, state)) response.writeHead(404, { connection: 'close' }).end()
    })
    http.maxConnections = maxConnections
    await listenOn(http, address, 'healthListen')
    return new ProbeServer(http)
  }

  get address(): string {
    const { address, port } = boundTo(this.#http)
    return hostPortText(address, port)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#http.close(resolve))
    this.#http.closeAllConnections()
    await ended
  }
}
