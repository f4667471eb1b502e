import { join } from 'node:path'
import type { Tool } from '../../src/index.ts'
import { isRecord } from '../../src/protocol/json.ts'
import { sampleInputs } from './sample-inputs.ts'

/** A call of a tool by its name on the server, with a text that its outcome contains. */
export type ServerCall = {
  readonly tool: string
  readonly input: object
  readonly expected: RegExp
  /** An error is a result with `isError`, or a failed call. */
  readonly outcome: 'result' | 'error' | 'any'
}

/** The calls of a server, in order. `folder` is its own, and `page` is the URL of a page on loopback. */
type ServerCalls = {
  readonly calls: (folder: string, page: string) => readonly ServerCall[]
  /** Parts of a result that differ from call to call. */
  readonly varying?: readonly RegExp[]
  /** Whether each tool is also called with a generated input, because without a network it does nothing. */
  readonly callsEachTool?: true
}

const everything: ServerCalls = {
  calls: () => [
    call('echo', { message: 'é "quoted" \u2028' }, /Echo: é/),
    call('get-sum', { a: 2, b: 40 }, /42/),
    call('get-tiny-image', {}, /"mimeType":"image\/png"/),
    call('get-annotated-message', { messageType: 'error', includeImage: true }, /"annotations":\{"audience"/),
    call('get-resource-links', { count: 3 }, /"type":"resource_link"/),
    call('get-resource-reference', { resourceType: 'Blob', resourceId: 2 }, /"blob":/),
    call('get-resource-reference', { resourceType: 'Text', resourceId: 1 }, /"type":"resource"/),
    call('get-structured-content', { location: 'Chicago' }, /"structuredContent":\{"temperature"/),
    call('trigger-long-running-operation', { duration: 0.2, steps: 2 }, /Long running operation completed/),
    call('gzip-file-as-resource', { data: 'data:text/plain,abc', outputType: 'resource' }, /application\/gzip/),
    failing('get-resource-reference', { resourceType: 'Text', resourceId: -1 }, /positive|Invalid/i),
  ],
  varying: [/timestamp[^"]*|created at [^"]*|Generated at [^"]*/gi, /[\d:]+ [AP]M/g, /"blob":"[^"]*"/g],
}

const callsByServer: Readonly<Record<string, ServerCalls>> = {
  everything,
  'everything-http': everything,
  'everything-sse': everything,
  filesystem: {
    calls: (folder) => [
      call('write_file', { path: join(folder, 'a.txt'), content: 'one\ntwo\nthree\n' }, /Successfully wrote/),
      call('create_directory', { path: join(folder, 'sub dir/é') }, /Successfully created/),
      call('read_text_file', { path: join(folder, 'a.txt'), head: 2 }, /one\\ntwo/),
      call(
        'edit_file',
        { path: join(folder, 'a.txt'), edits: [{ oldText: 'two', newText: 'zwei' }], dryRun: false },
        /\+zwei/,
      ),
      call('read_multiple_files', { paths: [join(folder, 'a.txt'), join(folder, 'none')] }, /zwei[^]*ENOENT/),
      call('move_file', { source: join(folder, 'a.txt'), destination: join(folder, 'b.txt') }, /Successfully moved/),
      call('search_files', { path: folder, pattern: '**/*.txt' }, /b\.txt/),
      call('directory_tree', { path: folder }, /sub dir/),
      call('list_directory_with_sizes', { path: folder }, /b\.txt/),
      call('list_allowed_directories', {}, /Allowed directories/),
      failing('read_text_file', { path: '/etc/passwd' }, /Access denied/),
      failing('read_text_file', { path: join(folder, 'none') }, /ENOENT/),
    ],
  },
  memory: {
    calls: () => [
      call(
        'create_entities',
        { entities: ['ada', 'bob'].map((name) => ({ name, entityType: 'person', observations: [`${name} exists`] })) },
        /"entities":\[\{"name":"ada"/,
      ),
      call('create_relations', { relations: [{ from: 'ada', to: 'bob', relationType: 'knows' }] }, /knows/),
      call('add_observations', { observations: [{ entityName: 'bob', contents: ['sings'] }] }, /sings/),
      call('search_nodes', { query: 'sings' }, /bob/),
      call('delete_entities', { entityNames: ['ada'] }, /deleted/),
      call('read_graph', {}, /"structuredContent":\{"entities":\[\{"name":"bob"/),
      failing('add_observations', { observations: [{ entityName: 'none', contents: [] }] }, /not found/),
    ],
  },
  'sequential-thinking': {
    calls: () => [
      call(
        'sequentialthinking',
        { thought: 'first', nextThoughtNeeded: true, thoughtNumber: 1, totalThoughts: 2, isRevision: false },
        /"structuredContent":\{"thoughtNumber":1/,
      ),
    ],
  },
  // This server does not mark its errors.
  context7: {
    calls: () => [call('resolve-library-id', { query: 'mcp', libraryName: 'mcp' }, /fetch failed/)],
    callsEachTool: true,
  },
  notion: { calls: () => [failing('API-get-self', {}, /ECONNREFUSED|error/i)], callsEachTool: true },
  sentry: {
    calls: () => [failing('find_organizations', {}, /error|fail/i)],
    varying: [/"[0-9a-f]{32}"/g],
    callsEachTool: true,
  },
  mongodb: {
    calls: () => [
      call('list-connections', {}, /connection/i),
      failing(
        'connect',
        { connectionString: 'mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=300' },
        /You need to connect to a MongoDB instance/,
      ),
      failing('count', { connectionId: 'none', database: 'd', collection: 'c' }, /connectionId|need to connect/i),
    ],
    callsEachTool: true,
  },
  figma: { calls: () => [failing('get_figma_data', { fileKey: 'abc' }, /fail|error/i)], callsEachTool: true },
  playwright: {
    calls: (_folder, page) => [
      call('browser_navigate', { url: page }, /A page for servers/),
      call('browser_snapshot', {}, /button/),
      call('browser_click', { target: 'button', element: 'the button' }, /click/),
      call('browser_evaluate', { function: '() => document.title' }, /A page for servers/),
      call('browser_take_screenshot', {}, /"type":"image"/),
      failing('browser_navigate', { url: 'http://127.0.0.1:9/' }, /ERR_|refused/i),
    ],
    varying: [/page-[\w-]+\.(png|yml)/g, /console-[\w-]+\.log/g, /"data":"[^"]*"/g],
  },
  'chrome-devtools': {
    calls: (_folder, page) => [
      call('new_page', { url: page }, /127\.0\.0\.1/),
      call('list_pages', {}, /127\.0\.0\.1/),
      call('take_snapshot', { pageId: 2 }, /button/),
      call('evaluate_script', { pageId: 2, function: '() => document.title' }, /A page for servers/),
      call('take_screenshot', { pageId: 2 }, /"type":"image"/),
      failing('take_snapshot', { pageId: 99 }, /page/i),
    ],
    varying: [/"data":"[^"]*"/g],
  },
}

/** Returns the calls of a server. The tools are those that it lists. */
export function callsOf(
  server: string,
  tools: readonly Pick<Tool, 'name' | 'inputSchema'>[],
  { folder, page }: { readonly folder: string; readonly page: string },
): readonly ServerCall[] {
  const { calls, callsEachTool } = callsByServer[server] ?? { calls: () => [], callsEachTool: undefined }
  const generated = callsEachTool === true ? tools : []
  return [
    ...calls(folder, page),
    ...generated.flatMap(({ name, inputSchema }): ServerCall[] => {
      const [input] = sampleInputs(inputSchema)
      return isRecord(input) ? [{ tool: name, input, expected: /./, outcome: 'any' }] : []
    }),
  ]
}

/** Returns the parts of results of a server that differ from call to call. */
export function varyingOf(server: string): readonly RegExp[] {
  return callsByServer[server]?.varying ?? []
}

function call(tool: string, input: object, expected: RegExp): ServerCall {
  return { tool, input, expected, outcome: 'result' }
}

function failing(tool: string, input: object, expected: RegExp): ServerCall {
  return { tool, input, expected, outcome: 'error' }
}
