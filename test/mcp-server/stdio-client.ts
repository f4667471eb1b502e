import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { bin, childEnv } from '../support/cli.ts'
import { filledWithApproval, negotiation, type Era } from './served.ts'

/** A client of `codecell serve` whose person answers every question alike, and is asked only when there is an answer. */
export class StdioClient implements AsyncDisposable {
  readonly client: Client
  /** The questions to the user, in order. */
  questions: string[] = []
  answer: 'yes' | 'no' = 'yes'

  private constructor(client: Client) {
    this.client = client
    client.setRequestHandler('elicitation/create', ({ params }) => {
      this.questions.push(params.message)
      if (this.answer === 'no' || !('requestedSchema' in params)) return { action: 'decline' }
      return { action: 'accept', content: filledWithApproval(params.requestedSchema) }
    })
  }

  static async start(era: Era, args: readonly string[]): Promise<StdioClient> {
    const capabilities = { elicitation: { form: {} } }
    const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: negotiation(era), capabilities })
    const started = new StdioClient(client)
    await client.connect(new StdioClientTransport(serveCommand(args)))
    return started
  }

  async exec(code: string, more: Record<string, unknown> = {}): Promise<unknown> {
    return await this.client.callTool({ name: 'exec', arguments: { code, ...more } })
  }

  async wait(cellId: string, more: Record<string, unknown> = {}): Promise<unknown> {
    return await this.client.callTool({ name: 'wait', arguments: { cell_id: cellId, ...more } })
  }

  /** The id of the cell that starts next: cells are numbered in the order in which they start. */
  async nextCellId(): Promise<string> {
    const { cell_id: cellId = '' } = structuredOf(await this.exec('yield_control(); await new Promise(() => {})'))
    await this.wait(cellId, { terminate: true })
    return String(Number(cellId) + 1)
  }

  async call(name: string): Promise<unknown> {
    return await this.client.callTool({ name, arguments: {} })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close()
  }
}

/** How a client starts `codecell serve`. */
export function serveCommand(args: readonly string[]): {
  command: string
  args: string[]
  env: Record<string, string>
  stderr: 'ignore'
} {
  return { command: process.execPath, args: [bin, 'serve', ...args], env: childEnv(), stderr: 'ignore' }
}

type Structured = { readonly status?: string; readonly cell_id?: string }

/** The structured part of an answer of `exec` or `wait`. */
export function structuredOf(result: unknown): Structured {
  return JSON.parse(JSON.stringify(result)).structuredContent ?? {}
}

/** The texts of an answer, below the header with the state of the program. */
export function textsBelowHeader(result: unknown): string[] {
  const content: { text?: string }[] = JSON.parse(JSON.stringify(result)).content
  return content.slice(1).flatMap(({ text }) => text ?? [])
}
