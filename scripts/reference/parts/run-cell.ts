import type { AdapterSession } from '../../../test/conformance/adapter.ts'
import type { ToolSpec } from '../../../test/conformance/case.ts'
import { createReferenceAdapter } from '../reference-adapter.ts'

/** The output of a cell with the tools `echo`, which returns its input, and `fail`, which fails. */
export type CellOutput = { readonly outcome: string; readonly items: readonly unknown[]; readonly error: string | null }

const yieldMs = 5000

const toolOf = (name: string): ToolSpec => ({
  name,
  namespace: null,
  kind: 'function',
  description: `Tool ${name}.`,
  inputSchema: undefined,
  outputSchema: undefined,
  behaviour: { type: 'standard', name: 'echo' },
})

/** Runs programs on the stand-alone host of the reference, each in a session of its own. */
export async function runCells(
  host: string,
  programs: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, CellOutput | string>>> {
  await using adapter = createReferenceAdapter(host)
  const outputs: Record<string, CellOutput | string> = {}
  for (const [name, source] of Object.entries(programs)) {
    const session = await adapter.openSession({
      tools: [toolOf('echo'), toolOf('fail')],
      maxYieldMs: undefined,
      deferAll: false,
      boundedOutput: false,
      onToolCall: async (call) => {
        if (call.name === 'fail') throw new Error('failed')
        return await Promise.resolve(call.input)
      },
      onNotify: async () => await Promise.resolve(),
      onClosed: () => undefined,
    })
    outputs[name] = await runCell(session, source)
    await session.shutdown()
  }
  return outputs
}

async function runCell(session: AdapterSession, source: string): Promise<CellOutput | string> {
  const never = new AbortController().signal
  try {
    const response = await session.execute(source, {
      yieldMs,
      maxTokens: undefined,
      callId: undefined,
      signal: never,
      preempt: never,
    })
    const { outcome, items, error } = response
    return { outcome, items, error }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
