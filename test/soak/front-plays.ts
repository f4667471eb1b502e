import type { CodeModeTools, ModelResponse } from '../../src/index.ts'
import { textsOf } from '../support/texts.ts'

/** Uses of `exec` and `wait` by a model. */
export type FrontPlay = {
  readonly name: string
  readonly weight: number
  readonly play: (front: CodeModeTools, user: AbortSignal) => Promise<string>
  readonly ends: RegExp
}

/** Returns the text for the model, without the header. */
function bodyOf(response: ModelResponse): string {
  return textsOf(response).slice(1).join('|')
}

async function waitToTheEnd(front: CodeModeTools, first: ModelResponse, user: AbortSignal): Promise<string> {
  let response = first
  const seen = [bodyOf(response)]
  while (response.cellId !== null) {
    response = await front.wait.call({ cell_id: response.cellId, yield_time_ms: 30_000 }, { signal: user })
    seen.push(bodyOf(response))
  }
  return seen.join(';')
}

export const frontPlays: readonly FrontPlay[] = [
  {
    name: 'exec',
    weight: 10,
    play: async (front, signal) => bodyOf(await front.exec.call('text((await tools.echo({ n: 7 })).n)', { signal })),
    ends: /^7$/,
  },
  {
    name: 'exec and wait',
    weight: 5,
    play: async (front, signal) => {
      const source = 'text("a"); yield_control(); await tools.slow({ ms: 5 }); text("b")'
      return await waitToTheEnd(front, await front.exec.call(source, { signal }), signal)
    },
    ends: /^a;b$/,
  },
  {
    name: 'a program that is refused',
    weight: 2,
    play: async (front, signal) => bodyOf(await front.exec.call('await tools.nowhere({})', { signal })),
    ends: /nowhere/,
  },
  {
    name: 'output that is cut and kept',
    weight: 1,
    play: async (front, signal) => bodyOf(await front.exec.call('text("cut ".repeat(30_000))', { signal })),
    ends: /cut cut .*output:/s,
  },
  {
    name: 'a wait that terminates',
    weight: 2,
    play: async (front, signal) => {
      const first = await front.exec.call('text("a"); yield_control(); await tools.never({})', { signal })
      return await waitToTheEnd(
        front,
        await front.wait.call({ cell_id: first.cellId, terminate: true }, { signal }),
        signal,
      )
    },
    ends: /^$/,
  },
]
