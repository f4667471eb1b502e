import { get } from 'node:http'
import { expect, test } from 'vitest'
import { inspectCell, type CellReplay, type InspectorAddress } from '../../src/replay.ts'
import type { TraceBundle } from '../../src/trace.ts'
import { record } from '../trace/recorder/recorded.ts'
import { changeRecord, recordOf, withStart } from './bundle-edits.ts'
import { CdpClient, type CdpMessage } from './cdp-client.ts'

const source = `const first = await tools.add({ a: 1 })
const second = await tools.add({ a: first })
function double(n) {
  const twice = n * 2
  return twice
}
text(double(second))
setTimeout(() => text('late'), 1)
await new Promise((done) => setTimeout(done, 2))`

const add = { name: 'add', call: () => 3 }

function inspected(bundle: TraceBundle): {
  readonly address: Promise<InspectorAddress>
  readonly end: Promise<CellReplay>
} {
  const [found] = bundle.cellLogs()
  if (found === undefined) throw new Error('there is no record')
  const { promise: address, resolve } = Promise.withResolvers<InspectorAddress>()
  return { address, end: inspectCell(bundle, found, { port: 0, onListening: resolve }) }
}

/** The function and the location of a paused program. */
function topOf(paused: CdpMessage): { id: unknown; functionName: unknown; location: Record<string, unknown> } {
  const { callFrames } = paused.params
  const { callFrameId: id, functionName, location } = recordOf(Array.isArray(callFrames) ? callFrames[0] : null)
  return { id, functionName, location: recordOf(location) }
}

/** Connects a debugger that is paused at the first line of the program. */
async function stoppedAtFirstLine(
  address: InspectorAddress,
): Promise<{ client: CdpClient; scriptId: string; paused: CdpMessage }> {
  const client = await CdpClient.connect(address.webSocketUrl)
  await client.call('Runtime.enable')
  await client.call('Debugger.enable')
  const parsed = await client.event('Debugger.scriptParsed', ({ params }) => params['url'] === 'exec_main.mjs')
  await client.call('Runtime.runIfWaitingForDebugger')
  const paused = await client.event('Debugger.paused')
  return { client, scriptId: String(parsed.params['scriptId']), paused }
}

test('a debugger can stop at the first line and at a breakpoint, read variables, step, and resume', async () => {
  const { bundle, directory } = await record({ tools: [add] }, async ({ session }) => {
    await session.execute(source)
  })
  changeRecord(directory, 1, (line) =>
    line['type'] === 'run' ? withStart(line, {}, { cpuMs: 1000, stallMs: 50 }) : line,
  )
  const { address, end } = inspected(bundle)
  const { client, scriptId, paused } = await stoppedAtFirstLine(await address)
  expect(paused.params['reason']).toBe('Break on start')
  expect(topOf(paused).location).toEqual({ scriptId, lineNumber: 0, columnNumber: 14 })
  expect(await client.call('Debugger.getScriptSource', { scriptId })).toEqual({ scriptSource: source })
  const set = await client.call('Debugger.setBreakpointByUrl', { url: 'exec_main.mjs', lineNumber: 4, columnNumber: 0 })
  expect(set['locations']).toEqual([{ scriptId, lineNumber: 4, columnNumber: 14 }])
  await client.call('Debugger.resume')
  const atBreakpoint = await client.event('Debugger.paused')
  expect(atBreakpoint.params['hitBreakpoints']).toEqual([set['breakpointId']])
  expect(topOf(atBreakpoint)).toMatchObject({ functionName: 'double', location: { lineNumber: 4 } })
  // waits because a pause can be longer than the stall limit of the recorded session
  await new Promise((resolve) => setTimeout(resolve, 200))
  const { id: callFrameId } = topOf(atBreakpoint)
  const evaluated = await client.call('Debugger.evaluateOnCallFrame', { callFrameId, expression: 'twice + n' })
  expect(evaluated['result']).toMatchObject({ type: 'number', value: 9 })
  await client.call('Debugger.stepOut')
  const after = await client.event('Debugger.paused')
  expect(topOf(after).location['lineNumber']).toBe(6)
  await client.call('Debugger.stepOver')
  expect(topOf(await client.event('Debugger.paused')).location['lineNumber']).toBe(7)
  await client.call('Debugger.resume')
  await client.closed
  expect(await end).toEqual({ type: 'same', events: 8 })
})

test('a debugger sees a program without types at the same locations, and the program resumes when the debugger disconnects', async () => {
  const { bundle } = await record({ tools: [add] }, async ({ session }) => {
    await session.execute('const n: number = await tools.add({})\ntext(n)')
  })
  const { address, end } = inspected(bundle)
  const { client, scriptId } = await stoppedAtFirstLine(await address)
  const { code } = await client.call('Debugger.setScriptSource', { scriptId, scriptSource: 'text(2)' })
  expect(code).toBe(-32_000)
  for (const line of [1, 1]) {
    await client.call('Debugger.stepOver')
    expect(topOf(await client.event('Debugger.paused')).location).toMatchObject({ scriptId, lineNumber: line })
  }
  expect(await client.call('Debugger.getScriptSource', { scriptId })).toEqual({
    scriptSource: 'const n         = await tools.add({})\ntext(n)',
  })
  client.close()
  expect(await end).toEqual({ type: 'same', events: 4 })
})

test('the inspector accepts one debugger at a time, which must know the address', async () => {
  const { bundle } = await record({}, async ({ session }) => await session.execute('text(1)'))
  const { address, end } = inspected(bundle)
  const { port, webSocketUrl, devtoolsUrl } = await address
  const page = (path: string, host = `127.0.0.1:${port}`): Promise<unknown> =>
    new Promise((resolve, reject) => {
      get({ port, path, headers: { host } }, (response) => {
        let body = ''
        response.on('data', (chunk: Buffer) => (body += chunk.toString()))
        response.on('end', () => resolve(response.statusCode === 200 ? JSON.parse(body) : response.statusCode))
      }).on('error', reject)
    })
  const list = await page('/json/list')
  expect(list).toEqual([
    expect.objectContaining({ webSocketDebuggerUrl: webSocketUrl, devtoolsFrontendUrl: devtoolsUrl, title: 'cell 1' }),
  ])
  expect(await page('/json')).toEqual(list)
  expect(await page('/json/version')).toMatchObject({ 'Protocol-Version': '1.3' })
  expect(await page('/')).toBe(404)
  expect(await page('/json/list', 'evil.example')).toBe(403)
  await expect(CdpClient.connect(`ws://127.0.0.1:${port}/guess`)).rejects.toThrow('403')
  await expect(CdpClient.connect(webSocketUrl, { origin: 'http://127.0.0.1' })).rejects.toThrow('403')
  await expect(CdpClient.connect(webSocketUrl, { host: 'evil.example' })).rejects.toThrow('403')
  const { client } = await stoppedAtFirstLine(await address)
  await expect(CdpClient.connect(webSocketUrl)).rejects.toThrow('403')
  await client.call('Debugger.resume')
  expect(await end).toEqual({ type: 'same', events: 3 })
})
