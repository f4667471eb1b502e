import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { expect, test } from 'vitest'
import { createExecAndWait, createSession, type SessionListener } from '../../src/index.ts'
import { inProcessHostPool } from '../../src/in-process.ts'
import { createOtelListener } from '../../src/otel.ts'
import { createTraceRecorder, exportOtlp } from '../../src/trace.ts'
import { sortedJson } from '../../src/trace/normalise-item.ts'
import { hostProcesses, signalHosts } from '../hostile/host-processes.ts'
import { everyTool, recordEverything } from '../trace/record-everything.ts'
import { newFolder } from '../support/folder.ts'
import { reduced } from '../trace/recorded.ts'
import { receiveTraces, spansOf, told, type ReceivedSpan } from './receiver.ts'

/** A listener whose spans go to a receiver, and what has arrived there once all have been sent. */
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

/** In the order of their texts: calls that begin at the same time have none. An id that a model repeats has a mark in a bundle. */
function comparable(spans: readonly ReceivedSpan[]): readonly unknown[] {
  const outlines = spans.map((span) => {
    const parent = spans.some(({ spanId }) => spanId === span.parentSpanId)
    return { ...told(span, spans), parent, status: { ...span.status, code: span.status.code ?? 0 } }
  })
  // Calls that nobody gave an id have one in a bundle alone.
  const texts = outlines.map((outline) =>
    sortedJson(outline)
      .replace('call-1~2', 'call-1')
      .replaceAll(/"gen_ai.tool.call.id":"call_[^"]*",/g, ''),
  )
  return texts.toSorted().map((text): unknown => JSON.parse(text))
}

test('the spans of a session are those of its bundle', async () => {
  await using receiver = await receiveTraces()
  const recorder = createTraceRecorder({ root: newFolder(), threadId: 'T1' })
  const { listener, end } = await telemetry(receiver.url, 'T1')
  await using hosts = inProcessHostPool()
  const session = await createSession({ hosts, tools: everyTool, listeners: [recorder.rootThread.listen(), listener] })
  await recordEverything({ recorder, session, model: createExecAndWait(session) })
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

test.runIf(process.platform === 'linux')('a cell that is revived is the same span, and so are its calls', async () => {
  await using receiver = await receiveTraces()
  const { listener, end } = await telemetry(receiver.url, 'c')
  const called = Promise.withResolvers<void>()
  const opened = Promise.withResolvers<string>()
  const revived = Promise.withResolvers<void>()
  const session = await createSession({
    tools: [{ name: 'gate', call: () => (called.resolve(), opened.promise) }],
    listeners: [listener, { hear: ({ type }) => (type === 'cell_revived' ? revived.resolve() : undefined) }],
  })
  const running = session.execute('text("before"); text(await tools.gate())', { yieldTimeMs: 60_000 })
  await called.promise
  expect(hostProcesses().length).toBeGreaterThan(0)
  signalHosts('SIGKILL')
  await revived.promise
  opened.resolve('after')
  expect(await running).toMatchObject({ type: 'completed' })
  await session.close()
  await end()
  expect(receiver.spans.map(({ name, events }) => [name, events.map((event) => event.name)])).toEqual([
    ['execute_tool gate', []],
    ['execute_tool exec', ['codecell.revived']],
  ])
})
