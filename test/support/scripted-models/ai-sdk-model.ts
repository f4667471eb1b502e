import { simulateReadableStream } from 'ai'
import { MockLanguageModelV4 } from 'ai/test'

/** A turn of a scripted model: a source for `exec`, the arguments of `wait`, or the final message. */
export type Turn = string | { readonly exec: string } | { readonly wait: Readonly<Record<string, unknown>> }

const usage = {
  inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 1, text: 1, reasoning: 0 },
}

type Result = Awaited<ReturnType<MockLanguageModelV4['doGenerate']>>
type Chunk = Awaited<ReturnType<MockLanguageModelV4['doStream']>>['stream'] extends ReadableStream<infer C> ? C : never

/** Creates a model that returns its turns in order, streaming or not; its calls are `call-1`, `call-2`, … */
export function scriptedModel(turns: readonly Turn[]): MockLanguageModelV4 {
  let count = 0
  const next = (): Result => {
    const turn = turns[count++]
    if (turn === undefined) throw new RangeError('the scripted model has no further turn')
    return resultOf(turn, count)
  }
  return new MockLanguageModelV4({
    doGenerate: () => Promise.resolve(next()),
    doStream() {
      const { content, finishReason } = next()
      const chunks = content.flatMap((part): Chunk[] => {
        if (part.type === 'tool-call') return [part]
        const delta = part.type === 'text' ? part.text : ''
        return [
          { type: 'text-start', id: '0' },
          { type: 'text-delta', id: '0', delta },
          { type: 'text-end', id: '0' },
        ]
      })
      const stream = simulateReadableStream<Chunk>({ chunks: [...chunks, { type: 'finish', finishReason, usage }] })
      return Promise.resolve({ stream })
    },
  })
}

function resultOf(turn: Turn, count: number): Result {
  if (typeof turn === 'string') {
    const finishReason = { unified: 'stop', raw: 'stop' } as const
    return { content: [{ type: 'text', text: turn }], finishReason, usage, warnings: [] }
  }
  const [toolName, input] = 'exec' in turn ? ['exec', { code: turn.exec }] : ['wait', turn.wait]
  const finishReason = { unified: 'tool-calls', raw: 'tool_calls' } as const
  const call = { type: 'tool-call', toolCallId: `call-${count}`, toolName, input: JSON.stringify(input) } as const
  return { content: [call], finishReason, usage, warnings: [] }
}
