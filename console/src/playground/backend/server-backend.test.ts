import { expect, onTestFinished, test, vi } from 'vitest'
import type {
  ApprovalPage,
  CallDetail,
  CallPage,
  ConsoleCatalogue,
  DecideRequest,
  RunEvent as ServerEvent,
} from '../../../../src/console/api.ts'
import type { RunEvent } from './backend.ts'
import { ServerBackend } from './server-backend.ts'
import type { ServerRequests } from './server-requests.ts'

const tool = (identifier: string, server: string | null): ConsoleCatalogue['tools'][number] => ({
  identifier,
  description: `Does ${identifier}.`,
  declaration: `${identifier}(args: {}): Promise<any>;`,
  isReadOnly: false,
  isDestructive: false,
  server,
})
const catalogue: ConsoleCatalogue = {
  tools: [tool('mcp__mail__send', 'mail'), tool('mcp__files__read', 'files'), tool('own', null)],
  declarations: 'declare const tools: {\nmcp__mail__send(): void;\nmcp__files__read(): void;\nown(): void;\n};\n',
  execDescription: 'Runs a program.',
  failures: [],
}

const pending = {
  key: 'k1',
  callId: 'tool-1',
  identifier: 'mcp__mail__send',
  location: null,
  askedAt: 0,
  inputHash: 'h',
  toolDigest: 'd',
  shown: '{}',
  input: '{}',
}
const approvals: ApprovalPage = {
  items: [
    {
      sessionId: 's',
      tenant: null,
      cellId: 'c',
      execCallId: null,
      oldestAt: 0,
      source: { text: '', bytes: 0, isComplete: true },
      groups: [{ identifier: 'mcp__mail__send', line: 1, title: '', hint: null, calls: [pending] }],
      later: 0,
      tooLong: [],
      card: '',
    },
  ],
  total: 1,
  nextCursor: null,
}
const call: CallDetail = {
  sessionId: 's',
  cellId: 'c',
  callId: 'tool-1',
  key: 'k1',
  identifier: 'mcp__mail__send',
  state: 'applied',
  isReadOnly: false,
  location: { line: 3, column: 7 },
  startedAt: 0,
  endedAt: 1,
  durationMs: 1,
  inputStart: '{}',
  note: null,
  deferral: null,
  settled: null,
  reverted: null,
  input: { text: '{}', bytes: 2, isComplete: true },
  result: { text: '{"sent":1}', bytes: 10, isComplete: true, type: 'json' },
  decision: null,
  source: '',
}
const page: CallPage = { items: [call], total: 1, nextCursor: null }

/** A server whose events the test sends. */
function fakeServer(): {
  requests: ServerRequests
  send: (event: ServerEvent) => void
  lose: () => void
  isOpen: () => boolean
  log: unknown[]
} {
  const log: unknown[] = []
  let send: (event: ServerEvent) => void = () => undefined
  let lose = (): void => undefined
  let isOpened = false
  return {
    log,
    send: (event) => send(event),
    lose: () => lose(),
    isOpen: () => isOpened,
    requests: {
      catalogue: async () => await Promise.resolve(catalogue),
      run: async (request) => {
        log.push(request)
        return await Promise.resolve({ run: 'r', sessionId: 's', cellId: 'c' })
      },
      stop: async (run) => {
        log.push(run)
        return await Promise.resolve({ type: 'done' })
      },
      events: (_run, onEvent, onLost) => {
        isOpened = true
        send = onEvent
        lose = onLost
      },
      approvals: async () => await Promise.resolve(approvals),
      decide: async (request: DecideRequest) => {
        log.push({ ...request, requestId: '' })
        return await Promise.resolve({ results: [], error: null })
      },
      calls: async () => await Promise.resolve(page),
      call: async () => await Promise.resolve(call),
    },
  }
}

test('the groups are the servers of the tools, and the declarations follow the choice', async () => {
  const backend = new ServerBackend(catalogue, fakeServer().requests, true)
  expect(backend.groups.map(({ id }) => id)).toEqual(['files', 'mail', 'tools of the program'])
  const all = await backend.catalogue(['files', 'mail', 'tools of the program'])
  expect(all.declarations).toBe(catalogue.declarations)
  const some = await backend.catalogue(['mail'])
  expect(some.tools.map(({ identifier }) => identifier)).toEqual(['mcp__mail__send'])
  expect(some.declarations).toContain('declare const tools: Pick<typeof tools_of_all_groups, "mcp__mail__send">;')
  expect((await backend.catalogue([])).declarations).toContain('Pick<typeof tools_of_all_groups, never>')
})

test('a run sends the chosen tools, and its events arrive with the details of its calls', async () => {
  const { requests, send, isOpen, log } = fakeServer()
  const events: RunEvent[] = []
  const run = new ServerBackend(catalogue, requests, true).run({ source: 'text(1)', groups: ['mail'] }, (event) =>
    events.push(event),
  )
  await vi.waitFor(() => expect(log).toEqual([{ source: 'text(1)', tools: ['mcp__mail__send'] }]))
  await vi.waitFor(() => expect(isOpen()).toBe(true))
  send({
    type: 'output',
    items: [
      { type: 'text', text: 'a' },
      { type: 'image', url: null, bytes: 9 },
    ],
  })
  send({ type: 'call_started', callId: 'tool-1', identifier: 'mcp__mail__send', input: '{}', at: Date.now() })
  send({ type: 'approval_asked', callId: 'tool-1', identifier: 'mcp__mail__send' })
  await vi.waitFor(() => expect(events.at(-1)).toEqual({ type: 'approval_asked', callId: 'tool-1', key: 'k1' }))
  run.decide('k1', { type: 'deny', reason: '' })
  await vi.waitFor(() => expect(events.at(-1)).toEqual({ type: 'approval_decided', callId: 'tool-1' }))
  expect(log.at(-1)).toEqual({
    sessionId: 's',
    calls: [{ key: 'k1', inputHash: 'h', toolDigest: 'd' }],
    decision: { type: 'deny' },
    requestId: '',
  })
  send({
    type: 'call_ended',
    callId: 'tool-1',
    identifier: 'mcp__mail__send',
    result: 'succeeded',
    errorText: null,
    at: 0,
  })
  send({ type: 'ended', ending: 'completed', errorText: null, remarks: [], durationMs: 5 })
  await vi.waitFor(() => expect(events.filter(({ type }) => type === 'call_detail')).toHaveLength(2))
  expect(events.map(({ type }) => type)).toEqual([
    'output',
    'output',
    'call_started',
    'approval_asked',
    'approval_decided',
    'call_ended',
    'ended',
    'call_detail',
    'call_detail',
  ])
  expect(events.at(-1)).toEqual({
    type: 'call_detail',
    callId: 'tool-1',
    location: { line: 3, column: 7 },
    body: '{"sent":1}',
  })
})

test('a run that the server refuses, closes or loses fails with its reason, once', async () => {
  const { requests, send, lose, isOpen } = fakeServer()
  const events: RunEvent[] = []
  const onEvent = (event: RunEvent): void => void events.push(event)
  const refusing = { ...requests, run: async () => await Promise.reject(new Error('8 programs run')) }
  new ServerBackend(catalogue, refusing, true).run({ source: '', groups: [] }, onEvent)
  await vi.waitFor(() =>
    expect(events).toMatchObject([{ type: 'ended', ending: 'failed', errorText: '8 programs run' }]),
  )
  new ServerBackend(catalogue, requests, true).run({ source: '', groups: [] }, onEvent)
  await vi.waitFor(() => expect(isOpen()).toBe(true))
  send({ type: 'lost', error: { code: 'LIMIT_EXCEEDED', message: 'too long', advice: null } })
  lose()
  expect(events.slice(1)).toMatchObject([{ type: 'ended', ending: 'failed', errorText: 'too long' }])
})

test('calls that the server lists later are requested again', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const { requests, send, isOpen } = fakeServer()
  const events: RunEvent[] = []
  const pages = [{ items: [], total: 0, nextCursor: null }, page]
  const late = { ...requests, calls: async () => await Promise.resolve(pages.shift() ?? page) }
  new ServerBackend(catalogue, late, true).run({ source: '', groups: [] }, (event) => void events.push(event))
  while (!isOpen()) await Promise.resolve()
  send({ type: 'call_started', callId: 'tool-1', identifier: 'own', input: '', at: 0 })
  send({ type: 'ended', ending: 'completed', errorText: null, remarks: [], durationMs: 5 })
  await vi.advanceTimersByTimeAsync(300)
  expect(events.at(-1)).toMatchObject({ type: 'call_detail', body: '{"sent":1}' })
})

test('a run that is terminated before it has started is stopped', async () => {
  const { requests, log } = fakeServer()
  const run = new ServerBackend(catalogue, requests, true).run({ source: '', groups: [] }, () => undefined)
  run.terminate()
  await vi.waitFor(() => expect(log).toEqual([{ source: '', tools: [] }, { run: 'r' }]))
})
