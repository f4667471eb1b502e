import { readdirSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { parse } from 'acorn'
import { describe, expect, test } from 'vitest'
import { errorCodes, limitRanges } from '../../src/index.ts'
import { exportJsonLines } from '../../src/trace.ts'
import { telemetryEvents } from '../../src/trace/export/otel-conventions.ts'
import { Recording } from '../trace/recorder/recording.ts'
import { sourceOf } from '../trace/small-trace.ts'

const read = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')

/** The values that an entry exports. */
function namesOf(entry: string): string[] {
  const source = stripTypeScriptTypes(read(`src/${entry}.ts`))
  const { body } = parse(source, { ecmaVersion: 'latest', sourceType: 'module' })
  return body
    .flatMap((node) => {
      if (node.type === 'ExportAllDeclaration') throw new Error(`${entry} does not name what it exports`)
      if (node.type !== 'ExportNamedDeclaration') return []
      const { declaration } = node
      const declared = declaration?.type === 'FunctionDeclaration' ? [declaration.id.name] : []
      const named = node.specifiers.map(({ exported }) => ('name' in exported ? exported.name : String(exported.value)))
      return [...declared, ...named]
    })
    .sort()
}

describe('the documentation', () => {
  test('the page about errors has a heading for each error code', () => {
    const headings = [...read('docs/errors.md').matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)
    expect(headings).toEqual([...errorCodes])
  })

  test('the page about limits has a row for each limit, with its numbers', () => {
    const rows = [...read('docs/limits.md').matchAll(/^\| `(\w+)` \| ([\d_]+) \| ([\d_]+) \| ([\d_]+) \|/gm)]
    const documented = rows.map(([, name, ...numbers]) => [
      name,
      ...numbers.map((number) => Number(number.replaceAll('_', ''))),
    ])
    const actual = Object.entries(limitRanges).map(([name, range]) => [name, range.default, range.min, range.max])
    expect(documented).toEqual(actual)
  })

  test('the README is short and names each page', () => {
    const readme = read('README.md')
    expect(readme.split('\n').length).toBeLessThanOrEqual(200)
    const named = [...readme.matchAll(/`(docs\/[\w-]+\.md)`/g)].map(([, file]) => file ?? '')
    const pages = readdirSync(new URL('../../docs/', import.meta.url)).map((file) => `docs/${file}`)
    expect([...new Set(named)].sort()).toEqual(pages.filter((file) => file.endsWith('.md')).sort())
  })

  test('trace-export.md names each member of a line', () => {
    const rows = [...read('docs/trace-export.md').matchAll(/^\| (`[^|]*`) \|/gm)].map(([, cells]) => cells ?? '')
    const documented = rows.flatMap((cells) => [...cells.matchAll(/`(\w+)`/g)].map(([, name = '']) => name))
    const [line = '{}'] = exportJsonLines(new Recording().reduce(), sourceOf(new Recording()))
    expect(documented.sort()).toEqual(Object.keys(JSON.parse(line)).sort())
  })

  test('telemetry.md names each event', () => {
    for (const name of Object.values(telemetryEvents)) expect(read('docs/telemetry.md')).toContain(`\`${name}\``)
  })
})

describe('the public API', () => {
  test('the entries export these names', () => {
    expect(namesOf('index')).toEqual([
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
      'remarkText',
      'shownInput',
      'spreadAnswer',
      'truncateItems',
      'visibleText',
      'waitDescription',
      'waitToolSpec',
    ])
    expect(namesOf('mcp')).toEqual(['connectMcpServers', 'loadMcpConfig', 'serverStartError'])
    expect(namesOf('mcp-server')).toEqual(['createMcpServer', 'serveHttp', 'serveStdio'])
    expect(namesOf('openapi')).toEqual(['loadOpenApi', 'loadOpenApiConfig', 'openApiTools', 'openApiToolsOf'])
    expect(namesOf('codex-host')).toEqual(['listenForCodex', 'parseCodexHostAddress', 'serveCodexHost'])
    expect(namesOf('in-process')).toEqual(['inProcessHostPool'])
    expect(namesOf('trace')).toEqual([
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
    expect(namesOf('trace-view')).toEqual(['serveTraceView', 'traceViewHtml'])
    expect(namesOf('replay')).toEqual(['inspectCell', 'replayBundle', 'replayCell', 'runEdited'])
    expect(namesOf('otel')).toEqual(['createOtelListener'])
    expect(namesOf('tools')).toEqual(['fromFunctions', 'fromLangChain', 'fromMastra', 'fromTanStack'])
    for (const door of ['ai-sdk', 'openai-agents', 'openai-responses', 'anthropic']) {
      expect(namesOf(door)).toEqual(['codeMode'])
    }
  })

  test('the package has these entries', () => {
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
