import { installReference } from '../../scripts/reference/install-reference.ts'
import { ReferenceConnection, type WireMessage } from '../../scripts/reference/reference-connection.ts'
import { isRecord } from '../../src/protocol/json.ts'
import { childrenMb } from '../resident-memory.ts'
import { codeModeDialect } from './ours.ts'
import { bigResult, type Contender, type Rival } from './rival.ts'

const folder = 'node_modules/.cache/codecell-reference'

/** The reference's stand-alone host, over framed JSON on its standard input and output. */
export const reference: Rival = {
  id: 'reference',
  name: 'reference 0.169.0',
  // More than about 150 calls at once end its connection.
  isParallel: false,
  prepare: async () => void (await installReference(folder)),
  start: async () => await start(await installReference(folder)),
}

const tools = ['echo', 'big', 'hang'].map((name) => ({
  name,
  tool_name: { name, namespace: null },
  description: '',
  kind: 'function',
  input_schema: null,
  output_schema: null,
}))

async function start(executable: string): Promise<Contender> {
  const client = new ReferenceClient()
  const connection = await ReferenceConnection.open(executable, (message) => client.receive(message))
  client.send = (message) => connection.send(message)
  await client.ask({ method: 'session/open', sessionId: 's' })
  const execute = (source: string, yieldMs: number): Promise<unknown> => {
    const request = { tool_call_id: 'c', enabled_tools: tools, source, yield_time_ms: yieldMs, max_output_tokens: null }
    return client.ask({ method: 'session/execute', sessionId: 's', request })
  }
  return {
    dialect: codeModeDialect,
    async run(program) {
      const answer = await execute(program, 120_000)
      const value = isRecord(answer) ? answer['value'] : null
      const result = isRecord(value) ? value['Result'] : null
      if (!isRecord(result) || result['error_text'] !== null) throw new Error(JSON.stringify(answer).slice(0, 200))
    },
    async stopLoop() {
      const answer = JSON.stringify(await execute('for (;;);', 30))
      const cellId = /"cell_id":"(\d+)"/.exec(answer)?.[1]
      const startedAt = performance.now()
      await client.ask({ method: 'session/terminate', sessionId: 's', cellId })
      return performance.now() - startedAt
    },
    async park() {
      const called = client.nextHang()
      await execute('await tools.hang({})', 0)
      await called
    },
    residentMb: () => childrenMb('codex-code-mode-host'),
    [Symbol.asyncDispose]: () => {
      connection.kill()
      return Promise.resolve()
    },
  }
}

class ReferenceClient {
  send: (message: WireMessage) => void = () => undefined
  readonly #waiting = new Map<unknown, (answer: unknown) => void>()
  #hang: () => void = () => undefined
  #lastId = 0

  ask(request: WireMessage): Promise<unknown> {
    const id = ++this.#lastId
    const { promise, resolve } = Promise.withResolvers<unknown>()
    this.#waiting.set(id, resolve)
    this.send({ type: 'operation/request', id, request })
    return promise
  }

  nextHang(): Promise<void> {
    return new Promise((resolve) => {
      this.#hang = resolve
    })
  }

  receive(message: WireMessage): void {
    const { type, id } = message
    if (type === 'execute/initialResponse') this.#answer(id, message['result'])
    else if (type === 'operation/response') {
      // An execute is answered twice: that it has begun, and how it went.
      const value = isRecord(message['result']) ? message['result']['value'] : null
      if (!isRecord(value) || value['type'] !== 'execution/started') this.#answer(id, message['result'])
    } else if (type === 'delegate/request') this.#serve(id, message['request'])
  }

  #answer(id: unknown, result: unknown): void {
    this.#waiting.get(id)?.(result)
    this.#waiting.delete(id)
  }

  #serve(id: unknown, request: unknown): void {
    const json = JSON.stringify(request)
    if (json.includes('"name":"hang"')) return this.#hang()
    const input = /"input":(.*)\}\}$/.exec(json)?.[1] ?? 'null'
    const result: unknown = json.includes('"name":"big"') ? bigResult() : JSON.parse(input)
    this.send({ type: 'delegate/response', id, result: { status: 'ok', value: { type: 'tool/result', result } } })
  }
}
