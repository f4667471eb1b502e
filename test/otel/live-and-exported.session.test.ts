import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { expect, test } from 'vitest'
import { createCodeModeTools, createHostPool, createSession, type SessionListener } from '../../src/index.ts'
import { createOtelListener } from '../../src/otel.ts'
import { createTraceRecorder, exportOtlp } from '../../src/trace.ts'
import { sortedJson } from '../../src/trace/reducer/normalize-item.ts'
import { hostProcesses } from '../hostile/host-death/host-processes.ts'
import { newFolder } from '../support/folder.ts'
import { Gate } from '../support/gate.ts'
import { sharedHosts } from '../support/hosts.ts'
import { everyTool, recordEverything } from '../trace/recorder/record-everything.ts'
import { reduced } from '../trace/recorder/recorded.ts'
import { receiveTraces, spansOf, told, type ReceivedSpan } from './receiver.ts'

/** Creates a listener that sends its spans to a receiver, and a function that waits for all spans. */
async function telemetry(
  url: string,
  conversationId: string,
): Promise<{ readonly listener: SessionListener; readonly end: () => Promise<void> }> {
  const exporter = new OTLPTraceExporter({ url })
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })
  return {
    listener: await createOtelListener({ tracer: provider.getTracer('test'), captureContent: true, conversationId }),
    async end() {
      await provider.forceFlush()
      await provider.shutdown()
    },
  }
}

/** Sorts spans by their text: concurrent calls have no order. Removes the marks of repeated ids. */
function comparable(spans: readonly ReceivedSpan[]): readonly unknown[] {
  const outlines = spans.map((span) => {
    const parent = spans.some(({ spanId }) => spanId === span.parentSpanId)
    return { ...told(span, spans), parent, status: { ...span.status, code: span.status.code ?? 0 } }
  })
  // A call without an id gets one only in the bundle.
  const texts = outlines.map((outline) =>
    sortedJson(outline)
      .replace('call-1~2', 'call-1')
      .replaceAll(/"gen_ai.tool.call.id":"call_[^"]*",/g, ''),
  )
  return texts.toSorted().map((text): unknown => JSON.parse(text))
}

test('a session sends the spans that its bundle exports', async () => {
  await using receiver = await receiveTraces()
  const recorder = createTraceRecorder({ root: newFolder(), threadId: 'T1' })
  const { listener, end } = await telemetry(receiver.url, 'T1')
  const session = await createSession({
    hosts: sharedHosts('in-process'),
    tools: everyTool,
    listeners: [recorder.rootThread.listen(), listener],
  })
  await recordEverything({ recorder, session, model: createCodeModeTools(session) })
  await session.close()
  await recorder.close()
  await end()
  const { state, bundle } = reduced(recorder.directory)
  const exported = [...exportOtlp(state, bundle, { content: true })].flatMap((request) =>
    spansOf(JSON.parse(JSON.stringify(request))),
  )
  const isAgent = ({ name }: ReceivedSpan): boolean => name.startsWith('invoke_agent')
  expect(comparable(receiver.spans)).toEqual(comparable(exported.filter((span) => !isAgent(span))))
})

test.runIf(process.platform === 'linux')('a revived cell and its calls keep their spans', async () => {
  await using receiver = await receiveTraces()
  const { listener, end } = await telemetry(receiver.url, 'c')
  const gate = new Gate()
  const revived = Promise.withResolvers<void>()
  const others = new Set(hostProcesses())
  await using hosts = createHostPool({ size: 1, warmIsolates: 1 })
  const session = await createSession({
    hosts,
    tools: [gate.tool],
    listeners: [listener, { onEvent: ({ type }) => (type === 'cell_revived' ? revived.resolve() : undefined) }],
  })
  const running = session.execute('text("before"); text(await tools.gate())', { yieldTimeMs: 86_400_000 })
  await gate.called(1)
  for (const pid of hostProcesses()) if (!others.has(pid)) process.kill(pid, 'SIGKILL')
  await revived.promise
  gate.open('after')
  expect(await running).toMatchObject({ type: 'completed' })
  await session.close()
  await end()
  expect(receiver.spans.map(({ name, events }) => [name, events.map((event) => event.name)])).toEqual([
    ['execute_tool gate', []],
    ['execute_tool exec', ['codecell.revived']],
  ])
})
