import { expect } from 'vitest'
import { echo, hello, result, type FramedClient } from './framed-client.ts'

/** Ids that no message of a test uses. */
const openId = 900_001
const executeId = 900_002

/** A session whose cell waits for a nested call, on the connection that a test sends other messages on. */
export class HealthySession {
  readonly #client: FramedClient
  readonly #callId: number

  private constructor(client: FramedClient, callId: number) {
    this.#client = client
    this.#callId = callId
  }

  /** Performs the handshake and starts the cell. */
  static async start(client: FramedClient): Promise<HealthySession> {
    client.send({ ...hello, optionalCapabilities: ['tool-catalog-revision-v1', 'yield-observation'] })
    await client.next()
    const sessionId = 'healthy'
    client.send({ type: 'operation/request', id: openId, request: { method: 'session/open', sessionId } })
    const request = { tool_call_id: 'healthy', enabled_tools: [echo], source: 'text(await tools.echo())' }
    client.send({
      type: 'operation/request',
      id: executeId,
      request: { method: 'session/execute', sessionId, request: { ...request, yield_time_ms: 120_000 } },
    })
    const call = await client.take(({ type }) => type === 'delegate/request')
    await client.take(({ id, type }) => id === executeId && type === 'operation/response')
    await client.take(({ id }) => id === openId)
    return new HealthySession(client, Number(call['id']))
  }

  /** Responds to the call and expects the result of the cell: the host still serves this session. */
  async finish(): Promise<void> {
    const value = { type: 'tool/result', result: 'unharmed' }
    this.#client.send({ type: 'delegate/response', id: this.#callId, result: { status: 'ok', value } })
    const response = await this.#client.take(({ id, type }) => id === executeId && type !== 'operation/response')
    expect(response).toEqual(result(executeId, '1', ['unharmed']))
  }
}
