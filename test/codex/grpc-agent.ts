import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { ProtoWriter, type ProtoReader } from '../../src/codex-host/grpc/protobuf.ts'
import type { ClientCall, GrpcClient } from './grpc-client.ts'

export const message = (): ProtoWriter => new ProtoWriter()

export type ExecuteOptions = {
  readonly yieldTimeMs?: number
  readonly executionId?: string
  /** The names of the tools. */
  readonly tools?: readonly string[]
  /** Further fields. */
  readonly more?: ProtoWriter
}

/** An open session over gRPC. */
export class GrpcAgent {
  readonly id: string
  readonly events: ClientCall
  readonly calls: ClientCall
  readonly #client: GrpcClient

  private constructor(client: GrpcClient, id: string, events: ClientCall) {
    this.#client = client
    this.id = id
    this.events = events
    this.calls = client.call('SubscribeToToolCalls', message().text(1, id))
  }

  static async open(client: GrpcClient): Promise<GrpcAgent> {
    const events = client.call('OpenSession', message().number(2, 2))
    const opened = (await events.next())?.message(1)
    expect(opened?.number(3)).toBe(1)
    return new GrpcAgent(client, opened?.text(1) ?? '', events)
  }

  /** Returns a request about this session. */
  about(): ProtoWriter {
    return message().text(1, this.id)
  }

  execute(source: string, options: ExecuteOptions = {}): ClientCall {
    const { yieldTimeMs = 60_000, executionId = randomUUID(), tools = ['echo'], more = message() } = options
    const request = this.about().text(2, executionId).text(3, 'call').text(4, source)
    for (const name of tools) request.message(5, toolMessage(name))
    return this.#client.call('Execute', request.number(6, yieldTimeMs).append(more))
  }

  /** Completes a nested call with a string. */
  complete(call: ProtoReader | null, result: string): ClientCall {
    const succeeded = message().text(1, JSON.stringify(result))
    const request = this.about().text(2, call?.text(4) ?? '')
    return this.#client.call('CompleteToolCall', request.message(3, succeeded))
  }
}

export function toolMessage(name: string): ProtoWriter {
  return message().text(1, name).message(2, message().text(1, name)).text(3, `Tool ${name}.`).number(4, 1)
}

/** Returns the texts of the outcome of an execute, or its status. */
export async function outcomeTexts(call: ClientCall): Promise<unknown> {
  const started = await call.next()
  if (started === null) return await call.status
  const outcome = (await call.next())?.message(2)
  return (outcome?.messages(2) ?? []).map((item) => item.message(1)?.text(1))
}
