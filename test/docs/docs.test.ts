import { existsSync, globSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { parse } from 'acorn'
import { describe, expect, test } from 'vitest'
import { groups } from '../../site/sidebar.ts'
import { errorCodes, limitRanges } from '../../src/index.ts'
import { exportJsonLines } from '../../src/trace.ts'
import { telemetryEvents } from '../../src/trace/export/otel-conventions.ts'
import { Recording } from '../trace/recorder/recording.ts'
import { sourceOf } from '../trace/small-trace.ts'

const urlOf = (file: string): URL => new URL(`../../${file}`, import.meta.url)
const read = (file: string): string => readFileSync(urlOf(file), 'utf8')
const pages = globSync(['*.md', 'docs/**/*.md'], { cwd: urlOf('.') }).toSorted()

/** The relative targets of the links of a page, and the pages that it names as code. */
function targetsOf(page: string): string[] {
  const text = read(page)
  const links = [...text.matchAll(/\]\((?!\w+:|#)([^)#\s]+)[^)\s]*\)/g)].map(([, target = '']) => target)
  const named = page.startsWith('docs/') ? [...text.matchAll(/`([a-z-]+\.md)`/g)].map(([, target = '']) => target) : []
  return [...links, ...named]
}

/** The anchors of the headings of a page. */
function headingsOf(file: URL): string[] {
  const headings = [...readFileSync(file, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading)
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replaceAll(/[^\w\s-]/g, '')
      .trim()
      .replaceAll(/\s/g, '-'),
  )
}

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

  test('the README has at most 120 lines', () => {
    expect(read('README.md').trimEnd().split('\n').length).toBeLessThanOrEqual(120)
  })

  test('the list of pages in docs/README.md has each page', () => {
    const list = read('docs/README.md')
    const named = [...list.matchAll(/\]\(([\w/-]+\.md)\)/g)].map(([, file]) => `docs/${file}`)
    const others = pages.filter((page) => page.startsWith('docs/') && page !== 'docs/README.md')
    expect([...new Set(named)].sort()).toEqual(others)
  })

  test('the sidebar of the site has each page once', () => {
    const listed = groups.flatMap((group) => Object.keys(group.pages).map((page) => `docs/${page}.md`))
    const expected = pages.filter((page) => page.startsWith('docs/')).map((page) => page.replace('README', 'pages'))
    expect(listed.sort()).toEqual(expected.sort())
  })

  test('every heading that a page links to exists', () => {
    const broken = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\((?!\w+:)([^)#\s]*)#([^)\s]+)\)/g)]
        .filter(([, target = '', heading = '']) => {
          const file = target === '' ? urlOf(page) : new URL(target, urlOf(page))
          return !headingsOf(file).includes(heading)
        })
        .map(([link]) => `${page}: ${link}`),
    )
    expect(broken).toEqual([])
  })

  test('every page links to files that exist', () => {
    const broken = pages.flatMap((page) =>
      targetsOf(page)
        .filter((target) => !existsSync(new URL(target, urlOf(page))))
        .map((target) => `${page}: ${target}`),
    )
    expect(broken).toEqual([])
  })

  test('every test that a page names exists', () => {
    const missing = pages.flatMap((page) =>
      [...read(page).matchAll(/`((?:test|src)\/[\w./-]+)`/g)]
        .filter(([, path = '']) => globSync([path, `${path}.{ts,*.ts}`], { cwd: urlOf('.') }).length === 0)
        .map(([, path]) => `${page}: ${path}`),
    )
    expect(missing).toEqual([])
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
      'createCodeModeTools',
      'createHostPool',
      'createSession',
      'decideApproval',
      'defineTool',
      'engineIdOf',
      'errorCodes',
      'limitRanges',
      'openSession',
      'provideResult',
      'readSession',
      'readSessions',
      'remoteHosts',
      'settleCall',
      'terminateCell',
    ])
    expect(namesOf('agent')).toEqual([
      'approvalGroups',
      'augmentedToolDescription',
      'createCatalogue',
      'createProgramChecks',
      'errorResponse',
      'execDescription',
      'execInputSchema',
      'execToolSpec',
      'formatHeader',
      'formatResponse',
      'groupCard',
      'notificationItem',
      'parseExecInput',
      'parseWaitInput',
      'partToAsk',
      'programCard',
      'remarkText',
      'shownInput',
      'spreadDecision',
      'storedApprovals',
      'truncateItems',
      'visibleText',
      'waitToolSpec',
    ])
    expect(namesOf('mcp')).toEqual([
      'connectMcpServers',
      'loadMcpConfig',
      'loginToMcpServer',
      'logoutFromMcpServer',
      'mcpLogins',
      'serverStartError',
    ])
    expect(namesOf('mcp-server')).toEqual(['createMcpServer', 'serveHttp', 'serveStdio'])
    expect(namesOf('openapi')).toEqual(['loadOpenApi', 'loadOpenApiConfig', 'openApiTools', 'openApiToolsOf'])
    expect(namesOf('codex-host')).toEqual(['listenForCodex', 'parseCodexHostAddress', 'serveCodexHost'])
    expect(namesOf('supervisor')).toEqual(['readSupervisors', 'startSupervisor'])
    expect(namesOf('in-process')).toEqual(['inProcessHostPool'])
    expect(namesOf('portable')).toEqual([
      'CodecellError',
      'createCatalogue',
      'createCodeModeTools',
      'createHostPool',
      'createSession',
      'defineTool',
      'errorCodes',
      'errorResponse',
      'fromFunctions',
      'limitRanges',
    ])
    expect(namesOf('portable-worker')).toEqual(['serveHost'])
    expect(namesOf('trace')).toEqual([
      'createTraceRecorder',
      'createTraceWriter',
      'exportChromeTrace',
      'exportJsonLines',
      'exportOtlp',
      'makeViewData',
      'openTraceBundle',
      'reduceTrace',
      'showTrace',
    ])
    expect(namesOf('trace-format')).toEqual([
      'isRecordingClosed',
      'parseRawEvent',
      'parseTraceManifest',
      'payloadFile',
      'stateJson',
    ])
    expect(namesOf('trace-view')).toEqual(['parsePrices', 'serveTraceView', 'traceViewHtml'])
    expect(namesOf('console')).toEqual(['createConsoleSessions', 'serveConsole'])
    expect(namesOf('replay')).toEqual(['inspectCell', 'replayBundle', 'replayCell', 'runEdited'])
    expect(namesOf('otel')).toEqual(['createOtelListener'])
    expect(namesOf('store')).toEqual([
      'createNode',
      'fleetReport',
      'markDraining',
      'postgresStore',
      'pullSession',
      'pushSession',
      'sqliteStore',
    ])
    expect(namesOf('tools')).toEqual(['fromFunctions', 'fromLangChain', 'fromMastra', 'fromTanStack'])
    for (const entry of ['ai-sdk', 'openai-agents', 'openai-responses', 'anthropic']) {
      expect(namesOf(entry)).toEqual(['codeMode'])
    }
  })

  test('the package has these entries', () => {
    const manifest: { exports: Record<string, unknown> } = JSON.parse(read('package.json'))
    expect(Object.keys(manifest.exports)).toEqual([
      '.',
      './agent',
      './mcp',
      './mcp-server',
      './openapi',
      './codex-host',
      './in-process',
      './portable',
      './portable/worker',
      './quickjs.wasm',
      './trace',
      './trace/format',
      './trace-view',
      './console',
      './otel',
      './replay',
      './supervisor',
      './tools',
      './ai-sdk',
      './openai-agents',
      './openai-responses',
      './anthropic',
      './store',
      './package.json',
    ])
  })
})
