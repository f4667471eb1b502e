import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import * as aiSdk from '../../src/ai-sdk.ts'
import * as anthropic from '../../src/anthropic.ts'
import { listenForCodex, serveCodexHost } from '../../src/codex-host.ts'
import { createCatalogue, execDescription, formatResponse } from '../../src/agent.ts'
import { createCodeModeTools, createHostPool, createSession, openSession, type Session } from '../../src/index.ts'
import { connectMcpServers, loadMcpConfig } from '../../src/mcp.ts'
import { createMcpServer, serveHttp, serveStdio } from '../../src/mcp-server.ts'
import * as openaiAgents from '../../src/openai-agents.ts'
import * as openaiResponses from '../../src/openai-responses.ts'
import { loadOpenApiConfig, openApiTools } from '../../src/openapi.ts'
import { createOtelListener } from '../../src/otel.ts'
import { createTraceRecorder, createTraceWriter } from '../../src/trace.ts'
import { serveTraceView, traceViewHtml } from '../../src/trace-view.ts'
import { sharedHosts } from '../support/hosts.ts'

const hosts = sharedHosts('in-process')

/** Returns a function that calls an entry with options of any type. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- it names the options of the entry
function entry<Options extends object>(call: (options: Options) => unknown): (options: object) => Promise<unknown> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the test passes wrong options
  return async (options) => await call(options as Options)
}

async function withSession(call: (session: Session) => unknown): Promise<unknown> {
  await using session = await createSession({ hosts })
  return await call(session)
}

const pool = entry(createHostPool)
const session = entry((options: object) => createSession({ hosts, ...options }))
const mcpServer = entry(createMcpServer)

const wrong: readonly (readonly [
  what: string,
  call: (options: object) => Promise<unknown>,
  options: object,
  named: string,
])[] = [
  ['createSession', session, { holdApprovals: true }, 'it belongs to the option "approvals", as "hold"'],
  ['createSession', session, { checkInput: false }, '"checkInputs"'],
  ['createSession', session, { profile: 'strict' }, 'createHostPool'],
  ['createSession', session, { memoryMb: 64 }, '"hosts"'],
  ['createSession', session, { maxMemoryMbPerCell: 64 }, '"limits"'],
  ['createSession', session, { durable: './sessions' }, '"storage"'],
  ['createSession', session, { id: 'main' }, '"sessionId"'],
  ['createSession', session, { rules: [] }, '"approvals"'],
  ['createSession', session, { isolation: 'process-per-sesion' }, '"process-per-session"'],
  ['createSession', session, { deadlock: 'fial' }, '"fail"'],
  ['createSession', session, { onApproval: () => null }, 'it belongs to the option "approvals", as "onRequest"'],
  ['createSession', session, { onApprovals: () => null }, 'it belongs to the option "approvals", as "onBatch"'],
  ['createSession', session, { onBatch: () => null }, 'it belongs to the option "approvals"'],
  ['createSession', session, { nothingLikeIt: 1 }, 'expected one of '],
  [
    'openSession',
    entry((options) => openSession({ storage: '/nowhere', sessionId: 'x', ...options })),
    { storag: 1 },
    '"storage"',
  ],
  ['storage', session, { storage: { dir: '/nowhere', fsnyc: true } }, '"fsync"'],
  ['limits', session, { limits: { memoryMB: 64 } }, '"maxMemoryMbPerCell"'],
  ['limits', session, { limits: { toolcall: 64 } }, '"maxToolCallsPerCell"'],
  ['approvals', session, { approvals: { rule: [] } }, '"rules"'],
  ['approvals', session, { approvals: { hint: 'writes' } }, '"hints"'],
  ['approvals', session, { approvals: { hints: 'write' } }, '"writes"'],
  ['approvals', session, { approvals: { rules: { tools: '*', policy: 'deny' } } }, 'a list'],
  ['approvals', session, { approvals: { onRequests: () => null } }, '"onRequest"'],
  ['approvals', session, { approvals: { hold: 'yes' } }, 'true or false'],
  ['approvals', session, { approvals: { onRequest: 'allow' } }, 'a function'],
  ['approvals', session, { approvals: { hold: true, onBatch: () => null } }, 'at most one of'],
  ['approvals', session, { approvals: { onRequest: () => null, onBatch: () => null } }, 'at most one of'],
  ['rules', session, { approvals: { rules: [{ tool: '*', policy: 'deny' }] } }, '"tools"'],
  ['rules', session, { approvals: { rules: [{ tools: '*', polcy: 'deny' }] } }, '"policy"'],
  ['rules', session, { approvals: { rules: [{ tools: '*', policy: 'denied' }] } }, '"deny"'],
  ['createHostPool', pool, { profil: 'strict' }, '"profile"'],
  ['createHostPool', pool, { profile: 'stric' }, '"strict"'],
  ['createHostPool', pool, { limits: {} }, 'createSession'],
  [
    'execute',
    entry((options) => withSession((open) => open.execute('', options))),
    { yieldTimeMS: 1 },
    '"yieldTimeMs"',
  ],
  ['observe', entry((options) => withSession((open) => open.observe('1', options))), { requestID: 1 }, '"requestId"'],
  [
    'terminate',
    entry((options) => withSession((open) => open.terminate('1', options))),
    { request: 'x' },
    '"requestId"',
  ],
  [
    'createCodeModeTools',
    entry((options) => withSession((open) => createCodeModeTools(open, options))),
    { preFlight: false },
    '"preflight"',
  ],
  [
    'createCodeModeTools',
    entry((options) => withSession((open) => createCodeModeTools(open, options))),
    { waitPolicy: 'exakt' },
    '"exact"',
  ],
  [
    'exec',
    entry((options) => withSession(async (open) => await createCodeModeTools(open).exec.call('', options))),
    { callID: 'x' },
    '"callId"',
  ],
  [
    'wait',
    entry((options) =>
      withSession(async (open) => await createCodeModeTools(open).wait.call({ cell_id: '1' }, options)),
    ),
    { signals: null },
    '"signal"',
  ],
  ['execDescription', entry((options) => execDescription(null, options)), { mod: 'mixed' }, '"mode"'],
  ['createCatalogue', entry((options) => createCatalogue([], options)), { declarationToken: 1 }, '"declarationTokens"'],
  [
    'formatResponse',
    entry((options: { maxOutputTokens: null }) =>
      formatResponse({ type: 'missing', cellId: '1', errorText: '', durationMs: 0 }, options),
    ),
    { maxOutputToken: 1 },
    '"maxOutputTokens"',
  ],
  ['codeMode of ai-sdk', entry(aiSdk.codeMode), { toolApprovals: {} }, '"toolApproval"'],
  [
    'codeMode of ai-sdk',
    entry(aiSdk.codeMode),
    { holdApprovals: true },
    'it belongs to the option "approvals", as "hold"',
  ],
  ['codeMode of ai-sdk', entry(aiSdk.codeMode), { tools: {} }, '"sdkTools"'],
  ['codeMode of openai-agents', entry(openaiAgents.codeMode), { tools: [{ type: 'function' }] }, '"sdkTools"'],
  ['codeMode of openai-agents', entry(openaiAgents.codeMode), { mcpServer: [] }, '"mcpServers"'],
  ['codeMode of openai-agents', entry(openaiAgents.codeMode), { profile: 'strict' }, 'createHostPool'],
  ['codeMode of openai-responses', entry(openaiResponses.codeMode), { skippedTool: [] }, '"skippedTools"'],
  ['codeMode of openai-responses', entry(openaiResponses.codeMode), { form: 'functions' }, '"function"'],
  ['codeMode of anthropic', entry(anthropic.codeMode), { cachecontrol: {} }, '"cacheControl"'],
  [
    'runToolCalls',
    entry(async (options) => {
      await using mode = await anthropic.codeMode({ hosts })
      return await mode.runToolCalls([], options)
    }),
    { signale: null },
    '"signal"',
  ],
  ['createMcpServer', mcpServer, { tools: [], hosts, readonly: true }, '"readOnly"'],
  ['createMcpServer', mcpServer, { tools: [], hosts, readOnly: 'true' }, 'true or false'],
  ['createMcpServer', mcpServer, { tools: [], hosts, ask: 'write' }, '"writes"'],
  ['createMcpServer', mcpServer, { tools: [], hosts, limits: { cpums: 1 } }, '"maxCpuMsPerCell"'],
  ['createMcpServer', mcpServer, { tools: [], hosts, storage: { dri: 'x' } }, '"dir"'],
  [
    'connectClient',
    entry((options) => createMcpServer({ tools: [], hosts }).connectClient(options)),
    { sesionId: 'x' },
    '"sessionId"',
  ],
  [
    'build',
    entry((options) => createMcpServer({ tools: [], hosts }).connectClient().build(options)),
    { lastng: false },
    '"lasting"',
  ],
  [
    'serveHttp',
    entry((options: Parameters<typeof serveHttp>[1]) => serveHttp(createMcpServer({ tools: [], hosts }), options)),
    { token: ['x'] },
    '"tokens"',
  ],
  [
    'serveStdio',
    entry((options) => serveStdio(createMcpServer({ tools: [], hosts }), options)),
    { onerror: null },
    '"onError"',
  ],
  ['connectMcpServers', entry((options) => connectMcpServers([], options)), { toolTimeout: 1 }, '"toolTimeoutMs"'],
  [
    'a server in code',
    entry((server: Parameters<typeof connectMcpServers>[0][number]) => connectMcpServers([server])),
    { type: 'stdio', name: 'x', command: 'x', args: [], env: {}, cwd: null, toolSetting: new Map() },
    '"toolSettings"',
  ],
  [
    'settings in code',
    entry((settings) =>
      connectMcpServers([
        { type: 'http', name: 'x', url: 'http://x', headers: {}, toolSettings: new Map([['send', settings]]) },
      ]),
    ),
    { needApproval: 'ask' },
    '"needsApproval"',
  ],
  ['loadMcpConfig', entry((options) => loadMcpConfig('x', options)), { onWarnings: null }, '"onWarning"'],
  ['openApiTools', entry((options) => openApiTools({}, options)), { header: {} }, '"headers"'],
  ['loadOpenApiConfig', entry((options) => loadOpenApiConfig('x', options)), { envs: {} }, '"env"'],
  ['createTraceRecorder', entry(createTraceRecorder), { root: '/nowhere', maxQueue: 1 }, '"maxQueued"'],
  ['createTraceWriter', entry(createTraceWriter), { root: '/nowhere', rootThreadID: 'x' }, '"rootThreadId"'],
  ['serveTraceView', entry(serveTraceView), { directory: '/nowhere', folow: true }, '"follow"'],
  ['traceViewHtml', entry(traceViewHtml), { directory: '/nowhere', payloadByte: 1 }, '"payloadBytes"'],
  ['createOtelListener', entry(createOtelListener), { captureContents: true }, '"captureContent"'],
  [
    'serveCodexHost',
    entry((options) => serveCodexHost({ input: new PassThrough(), output: new PassThrough() }, 'framed', options)),
    { host: hosts },
    '"hosts"',
  ],
  [
    'listenForCodex',
    entry((options) => listenForCodex({ host: '127.0.0.1', port: 0 }, options)),
    { host: hosts },
    '"hosts"',
  ],
]

test.each(wrong)('%s rejects an unknown option and suggests another (%#)', async (_, call, options, named) => {
  await expect(call(options)).rejects.toMatchObject({
    code: 'INVALID_OPTION',
    message: expect.stringContaining(named),
  })
})

test.each([null, 7, 'strict', [], () => undefined])(
  'createHostPool() rejects options that are not an object: %s',
  async (options) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the test passes wrong options
    const untyped = options as unknown as object
    await expect(entry(createHostPool)(untyped)).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  },
)

test('createHostPool() accepts unknown members of class instances, and undefined options', async () => {
  class Settings {
    readonly size = 1
    readonly unknownMember = true
  }
  await using classes = createHostPool(new Settings())
  expect(classes).toBeDefined()
  await expect(pool({ size: undefined, profile: undefined })).resolves.toBeDefined()
})
