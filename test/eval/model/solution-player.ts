import { setImmediate as settled } from 'node:timers/promises'
import type { Solution } from '../solutions/index.js'
import type { ScriptedCall, ScriptedReply, ScriptedRequest } from './scripted-reply.ts'

/** The part of a solution that both modes have in common: reading all pages of a list. */
const allPages = `async (tool, input, name) => {
  const items = []
  let next = {}
  while (next !== null) {
    const page = await call(tool, { ...input, ...next })
    items.push(...page[name])
    next = page.cursor ? { cursor: page.cursor } : page.next_page ? { page: page.next_page } : null
  }
  return items
}`

/** Returns a program of code mode that runs a solution. */
function programOf(solution: Solution): string {
  return `const call = async (tool, input) => {
  const { content, isError } = await tools['mcp__' + tool.replace('/', '__')](input)
  if (isError) throw new Error(content[0].text)
  return JSON.parse(content[0].text)
}
const all = ${allPages}
text('RESULT:' + await (${solution.toString()})(call, all))`
}

type PendingCall = ScriptedCall & {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

/** Plays the model for one conversation: it runs a solution, as a program or call by call. */
export class SolutionPlayer {
  readonly #solution: Solution
  readonly #prefix: string
  #count = 0
  #pending: PendingCall[] = []
  #end: { readonly text: string } | null = null

  constructor(solution: Solution, prefix: string) {
    this.#solution = solution
    this.#prefix = prefix
  }

  async reply(request: ScriptedRequest): Promise<ScriptedReply> {
    const exec = request.tools.find(({ name }) => name === 'exec')
    return exec === undefined ? await this.#nextCalls(request) : this.#programReply(request, exec.form)
  }

  #programReply({ results: [result] }: ScriptedRequest, form: 'function' | 'custom'): ScriptedReply {
    if (result === undefined) {
      const code = programOf(this.#solution)
      return { calls: [{ id: this.#newId(), name: 'exec', input: form === 'custom' ? code : { code } }] }
    }
    const cellId = /Script running with cell ID (\S+)/.exec(result.text)?.[1]
    if (cellId !== undefined) return { calls: [{ id: this.#newId(), name: 'wait', input: { cell_id: cellId } }] }
    const answer = /RESULT:([\s\S]*)/.exec(result.text)?.[1] ?? `the program failed: ${result.text}`
    return { text: `The program has ended.\nANSWER: ${answer}` }
  }

  async #nextCalls({ results }: ScriptedRequest): Promise<ScriptedReply> {
    if (this.#count === 0) this.#start()
    for (const { id, text } of results) this.#deliver(id, text)
    // The solution waits for nothing but its calls.
    await settled()
    if (this.#end !== null) return this.#end
    return { calls: this.#pending.map(({ id, name, input }) => ({ id, name, input })) }
  }

  #start(): void {
    const call = (tool: string, input: object): Promise<unknown> =>
      new Promise((resolve, reject) => {
        this.#pending.push({ id: this.#newId(), name: `mcp__${tool.replace('/', '__')}`, input, resolve, reject })
      })
    const all = async (tool: string, input: object, name: string): Promise<unknown[]> =>
      await pagesOf(call, tool, input, name)
    this.#solution(call, all).then(
      (answer) => {
        this.#end = { text: `ANSWER: ${answer}` }
      },
      (error: unknown) => {
        this.#end = { text: `the solution failed: ${String(error)}` }
      },
    )
  }

  #deliver(id: string, text: string): void {
    const call = this.#pending.find((pending) => pending.id === id)
    this.#pending = this.#pending.filter((pending) => pending.id !== id)
    try {
      call?.resolve(JSON.parse(text))
    } catch {
      call?.reject(new Error(text))
    }
  }

  #newId(): string {
    return `${this.#prefix}-${++this.#count}`
  }
}

async function pagesOf(
  call: (tool: string, input: object) => Promise<unknown>,
  tool: string,
  input: object,
  name: string,
): Promise<unknown[]> {
  const items: unknown[] = []
  for (let next: object | null = {}; next !== null;) {
    const page: Readonly<Record<string, unknown>> = Object(await call(tool, { ...input, ...next }))
    const list: unknown = page[name]
    if (Array.isArray(list)) items.push(...list)
    const { cursor, next_page: number } = page
    next = cursor ? { cursor } : number ? { page: number } : null
  }
  return items
}
