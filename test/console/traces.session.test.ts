import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { CellDetail, Statistics } from '../../src/console/api.ts'
import { serveConsole, type ConsoleServer } from '../../src/console.ts'
import { createCodeModeTools, createSession } from '../../src/index.ts'
import { createTraceRecorder } from '../../src/trace.ts'
import { newFolder } from '../support/folder.ts'
import { sharedHosts } from '../support/hosts.ts'
import { sampleBundle, traceId } from '../trace/view/write-sample.ts'
import { annToken, ask, headersOf, readerToken, send, startConsole } from './console-client.ts'

const hosts = sharedHosts('in-process')

type Recorded = { readonly storage: string; readonly traces: string; readonly name: string }

/** Records a session with one cell and one request to a model. */
async function record(): Promise<Recorded> {
  const [storage, traces] = [newFolder(), newFolder()]
  const recorder = createTraceRecorder({ root: traces, metadata: { model: 'm-1' } })
  const thread = recorder.rootThread
  const session = await createSession({ hosts, storage, sessionId: 's', listeners: [thread.listen()] })
  const turn = thread.startTurn('turn-1')
  const call = {
    type: 'custom_tool_call',
    id: 'c1',
    call_id: 'call-1',
    name: 'exec',
    input: 'text("seen in the trace")',
  }
  const request = { input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Go' }] }] }
  const inference = turn.startInference({ model: 'm-1', provider: 'p', request })
  const usage = { inputTokens: 1000, cachedInputTokens: 200, outputTokens: 100 }
  inference.complete({ outputItems: [call], responseId: 'r1', usage })
  turn.acceptItem('c1')
  await createCodeModeTools(session).exec.call(call.input, { callId: 'call-1' })
  turn.end('completed')
  await session.close()
  await recorder.close('completed')
  return { storage, traces, name: basename(recorder.directory ?? '') }
}

const prices = { currency: 'USD', models: { 'm-1': { input: 10, cachedInput: 1, output: 100 } } }
const cellPath = '/api/cell?session=s&cell=1'

async function get(server: ConsoleServer, path: string): ReturnType<typeof send> {
  return await send(server, path, { headers: headersOf(annToken) })
}

test('A cell links to its trace, whose viewer has its own policy, its data and its output', async () => {
  const { storage, traces, name } = await record()
  const server = await startConsole({ storage, traces })
  const cell = await ask<CellDetail>(server, cellPath)
  expect(cell).toMatchObject({
    trace: `/trace/${name}/`,
    outputIs: 'complete',
    output: [{ type: 'text', text: 'seen in the trace' }],
  })
  const page = await get(server, cell.trace ?? '')
  const policy = String(page.headers['content-security-policy'])
  expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
  expect(policy).toMatch(/^default-src 'none'; script-src 'sha256-[\w+/=]+';/)
  expect(policy).toContain("connect-src 'self'")
  expect(policy).toContain("frame-ancestors 'none'")
  expect(/script-src ([^;]*)/.exec(policy)?.[1]).not.toContain('unsafe')
  const data = await get(server, `${cell.trace}data.json`)
  expect([data.status, data.headers['content-type']]).toEqual([200, 'application/json; charset=utf-8'])
  expect(data.text).toContain('seen in the trace')
  expect((await get(server, `${cell.trace}follow`)).status).toBe(204)
})

test('Tokens are counted by model and session, and have costs with prices only', async () => {
  const { storage, traces } = await record()
  const tokens = { requests: 1, inputTokens: 1000, cachedTokens: 200, outputTokens: 100 }
  for (const [options, cost] of [
    [{}, null],
    [{ prices }, expect.closeTo((800 * 10 + 200 * 1 + 100 * 100) / 1e6, 9)],
    [{ prices: { currency: 'USD', models: { other: { input: 1, output: 1 } } } }, null],
  ] as const) {
    const server = await startConsole({ storage, traces, ...options })
    const figures = await ask<Statistics>(server, '/api/statistics')
    expect(figures.models).toEqual([{ model: 'm-1', ...tokens, cost }])
    expect(figures.sessions).toMatchObject([{ sessionId: 's', tokens: { ...tokens, cost } }])
  }
})

describe('a path of a trace', () => {
  test('opens no file outside of the folder of traces, however its name is written', async () => {
    const { storage, traces, name } = await record()
    const outside = sampleBundle()
    symlinkSync(outside, join(traces, 'link'))
    cpSync(outside, join(traces, '..', 'outside'), { recursive: true, force: true })
    onTestFinished(() => rmSync(join(traces, '..', 'outside'), { recursive: true, force: true }))
    const server = await startConsole({ storage, traces })
    expect((await get(server, `/trace/${name}/`)).status).toBe(200)
    const names = [
      '..',
      '.',
      '%2e%2e',
      '%2e%2e%2foutside',
      '..%2foutside',
      '..%5coutside',
      '..%252foutside',
      encodeURIComponent(outside),
      encodeURIComponent(`../${basename(outside)}`),
      'link',
      'link%00',
      `${name}%00`,
      `${name}%2f..%2f..%2foutside`,
      `${name}%2f`,
      '%c0%ae%c0%ae',
      '%',
      '__proto__',
    ]
    for (const each of names) {
      for (const rest of ['', 'data.json', 'payload/1']) {
        const reply = await get(server, `/trace/${each}/${rest}`)
        // The server resolves dots before it looks at a path, so that these two are paths of the page.
        const isPage = rest === '' && ['..', '%2e%2e'].includes(each)
        expect([each, rest, reply.status]).toEqual([each, rest, isPage ? 200 : 404])
        expect(reply.text).not.toContain(traceId)
      }
    }
    for (const rest of [
      '../x',
      'manifest.json',
      'payload/..%2fmanifest.json',
      'payload/%2e%2e%2fx',
      'payload/',
      '/',
      'x',
    ]) {
      const reply = await get(server, `/trace/${name}/${rest}`)
      expect([rest, reply.status]).toEqual([rest, 404])
    }
  })

  test('needs a login with the scope "read", and changes nothing', async () => {
    const { storage, traces, name } = await record()
    const approveOnly = 'approve-only-0123456789'
    const server = await serveConsole({
      storage,
      traces,
      tokens: [
        { token: annToken, name: 'Ann' },
        { token: readerToken, scopes: ['read'] },
        { token: approveOnly, scopes: ['approve'] },
      ],
    })
    onTestFinished(async () => await server[Symbol.asyncDispose]())
    for (const path of [`/trace/${name}/`, `/trace/${name}/data.json`]) {
      const status = async (token: string): Promise<number> =>
        (await send(server, path, { headers: headersOf(token) })).status
      expect([path, (await send(server, path)).status]).toEqual([path, 401])
      expect([path, await status(readerToken), await status(approveOnly)]).toEqual([path, 200, 403])
      const post = await send(server, path, { method: 'POST', body: {}, headers: headersOf(annToken) })
      expect([path, post.status]).toEqual([path, 404])
      const site = { ...headersOf(annToken), 'sec-fetch-site': 'cross-site' }
      expect([path, (await send(server, path, { headers: site })).status]).toEqual([path, 403])
    }
    const without = await startConsole({ storage })
    expect((await get(without, `/trace/${name}/`)).status).toBe(404)
  })
})

/** Ways in which a bundle can be corrupt, as changes of its folder. */
const corruptions: readonly (readonly [string, (directory: string) => void])[] = [
  ['an empty manifest', (directory) => writeFileSync(join(directory, 'manifest.json'), '')],
  ['a manifest of another kind', (directory) => writeFileSync(join(directory, 'manifest.json'), '[1]')],
  [
    'a manifest that names a file outside',
    (directory) => {
      const text = JSON.stringify({ schema_version: 3, raw_event_log: '../../secret', payloads_dir: '../..' })
      writeFileSync(join(directory, 'manifest.json'), text)
    },
  ],
  [
    'a manifest that is a folder',
    (directory) => {
      rmSync(join(directory, 'manifest.json'))
      mkdirSync(join(directory, 'manifest.json'))
    },
  ],
  [
    'a manifest that links to itself',
    (directory) => {
      rmSync(join(directory, 'manifest.json'))
      symlinkSync('manifest.json', join(directory, 'manifest.json'))
    },
  ],
  ['garbage in all files', (directory) => fillAll(directory, '\u0000{"not json\n'.repeat(50))],
  ['JSON of another kind in all lines', (directory) => fillAll(directory, '{}\nnull\n[]\n1\n', 'manifest.json')],
  [
    'no files but the manifest',
    (directory) => {
      for (const entry of readdirSync(directory)) {
        if (entry !== 'manifest.json') rmSync(join(directory, entry), { recursive: true })
      }
    },
  ],
  [
    'folders for files',
    (directory) => {
      for (const entry of readdirSync(directory, { withFileTypes: true })) {
        if (!entry.isFile() || entry.name === 'manifest.json') continue
        rmSync(join(directory, entry.name))
        mkdirSync(join(directory, entry.name))
      }
    },
  ],
]

function fillAll(directory: string, text: string, except: string = ''): void {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) fillAll(path, text, except)
    else if (entry.name !== except) writeFileSync(path, text)
  }
}

test.each(corruptions)('A bundle with %s hurts no other bundle, cell or figure', async (_, corrupt) => {
  const { storage, traces, name } = await record()
  const directory = join(traces, 'corrupt')
  // It is newer than the intact one, so that it is looked at first.
  cpSync(join(traces, name), directory, { recursive: true })
  corrupt(directory)
  const server = await startConsole({ storage, traces, prices })
  expect((await get(server, '/trace/corrupt/data.json')).status).toBeGreaterThanOrEqual(200)
  const reply = await get(server, cellPath)
  expect(reply.json).toMatchObject({ status: 'completed' })
  const { models } = await ask<Statistics>(server, '/api/statistics')
  expect(models).toMatchObject([{ model: 'm-1' }])
  expect((await get(server, `/trace/${name}/data.json`)).text).toContain('seen in the trace')
  for (const path of ['/api/cells', '/api/sessions', '/api/overview'])
    expect((await get(server, path)).status).toBe(200)
})
