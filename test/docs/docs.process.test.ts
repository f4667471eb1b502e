import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import * as codexHost from '../../src/codex-host.ts'
import * as aiSdk from '../../src/ai-sdk.ts'
import * as anthropic from '../../src/anthropic.ts'
import * as inProcess from '../../src/in-process.ts'
import * as main from '../../src/index.ts'
import * as mcp from '../../src/mcp.ts'
import * as openaiAgents from '../../src/openai-agents.ts'
import * as openaiResponses from '../../src/openai-responses.ts'
import * as otel from '../../src/otel.ts'
import * as tools from '../../src/tools.ts'
import * as mcpServer from '../../src/mcp-server.ts'
import * as openapi from '../../src/openapi.ts'
import * as replay from '../../src/replay.ts'
import * as trace from '../../src/trace.ts'
import * as traceView from '../../src/trace-view.ts'

const read = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
const workshop = new URL('./.readme/', import.meta.url)
afterAll(() => rmSync(workshop, { recursive: true, force: true }))

describe('the documentation', () => {
  test('has a heading for every error code, and no other', () => {
    const headings = [...read('docs/errors.md').matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)
    expect(headings).toEqual([...main.errorCodes])
  })

  test('has a row for every limit, with its numbers', () => {
    const rows = [...read('docs/limits.md').matchAll(/^\| `(\w+)` \| ([\d_]+) \| ([\d_]+) \| ([\d_]+) \|/gm)]
    const documented = rows.map(([, name, ...numbers]) => [
      name,
      ...numbers.map((number) => Number(number.replaceAll('_', ''))),
    ])
    const actual = Object.entries(main.limitRanges).map(([name, range]) => [name, range.default, range.min, range.max])
    expect(documented).toEqual(actual)
  })

  test('keeps the README short, and every page it names is there', () => {
    const readme = read('README.md')
    expect(readme.split('\n').length).toBeLessThanOrEqual(200)
    const named = [...readme.matchAll(/`(docs\/[\w-]+\.md)`/g)].map(([, file]) => file ?? '')
    const pages = readdirSync(new URL('../../docs/', import.meta.url)).map((file) => `docs/${file}`)
    expect([...new Set(named)].sort()).toEqual(pages.filter((file) => file.endsWith('.md')).sort())
  })

  test('shows an example in the README that does what it says', () => {
    const [, example = ''] = /```ts\n(import[\s\S]*?)```/.exec(read('README.md')) ?? []
    const [, shown = ''] = /console\.log\(response\.items\)\n([\s\S]*)$/.exec(example) ?? []
    mkdirSync(workshop, { recursive: true })
    const source = example
      .replace("'codecell'", "'../../../src/index.ts'")
      .replace("'codecell/mcp'", "'../../../src/mcp.ts'")
    writeFileSync(new URL('example.ts', workshop), source)
    writeFileSync(new URL('mcp.json', workshop), '{ "mcpServers": {} }')
    const { stdout, stderr } = spawnSync(process.execPath, ['example.ts'], { cwd: workshop, encoding: 'utf8' })
    expect(stderr).toBe('')
    const plain = (text: string): string =>
      text
        .replaceAll(/^\/\/ /gm, '')
        .replaceAll(/Wall time \d+\.\d seconds/g, 'Wall time 0.0 seconds')
        .replaceAll(/\s+/g, ' ')
        .trim()
    expect(plain(stdout)).toBe(plain(shown))
  })
})

describe('the public entries', () => {
  test('are these names', () => {
    expect(Object.keys(main).sort()).toEqual([
      'CodecellError',
      'approvalCard',
      'approvalGroups',
      'augmentedToolDescription',
      'createCatalogue',
      'createExecAndWait',
      'createHostPool',
      'createSession',
      'errorCodes',
      'errorResponse',
      'execDescription',
      'execInputSchema',
      'execToolSpec',
      'formatHeader',
      'formatResponse',
      'groupCard',
      'joinName',
      'limitRanges',
      'messageOf',
      'normalizeName',
      'notificationItem',
      'openSession',
      'parseExecArguments',
      'parseExecInput',
      'parseWaitInput',
      'partToAsk',
      'programCard',
      'readSession',
      'readSessions',
      'shownInput',
      'spreadAnswer',
      'truncateItems',
      'visibleText',
      'waitDescription',
      'waitToolSpec',
    ])
    expect(Object.keys(mcp).sort()).toEqual(['connectMcpServers', 'loadMcpConfig', 'serverStartError'])
    expect(Object.keys(mcpServer).sort()).toEqual(['createMcpServer', 'serveHttp', 'serveStdio'])
    expect(Object.keys(openapi).sort()).toEqual(['loadOpenApi', 'loadOpenApiConfig', 'openApiTools', 'openApiToolsOf'])
    expect(Object.keys(codexHost).sort()).toEqual(['listenForCodex', 'parseCodexHostAddress', 'serveCodexHost'])
    expect(Object.keys(inProcess)).toEqual(['inProcessHostPool'])
    expect(Object.keys(trace).sort()).toEqual([
      'createTraceRecorder',
      'createTraceWriter',
      'exportChromeTrace',
      'exportJsonLines',
      'exportOtlp',
      'makeViewData',
      'openTraceBundle',
      'parseRawEvent',
      'parseTraceManifest',
      'reduceTrace',
      'showTrace',
    ])
    expect(Object.keys(traceView).sort()).toEqual(['serveTraceView', 'traceViewHtml'])
    expect(Object.keys(replay).sort()).toEqual(['inspectCell', 'replayBundle', 'replayCell', 'runEdited'])
    expect(Object.keys(otel)).toEqual(['createOtelListener'])
    expect(Object.keys(tools)).toEqual(['fromFunctions', 'fromLangChain', 'fromMastra', 'fromTanStack'])
    for (const door of [aiSdk, openaiAgents, openaiResponses, anthropic])
      expect(Object.keys(door)).toEqual(['codeMode'])
  })

  test('are the entries of the package', () => {
    const manifest: { exports: Record<string, unknown> } = JSON.parse(read('package.json'))
    expect(Object.keys(manifest.exports)).toEqual([
      '.',
      './mcp',
      './mcp-server',
      './openapi',
      './codex-host',
      './in-process',
      './trace',
      './trace-view',
      './otel',
      './replay',
      './tools',
      './ai-sdk',
      './openai-agents',
      './openai-responses',
      './anthropic',
      './package.json',
    ])
  })
})
