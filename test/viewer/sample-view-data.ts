import type { ViewCell, ViewData, ViewItem, ViewMark, ViewText, ViewToolCall } from '../../src/trace/view/view-data.ts'

const start = Date.UTC(2026, 10, 24, 9, 0, 0)

function text(whole: string, length: number = whole.length): ViewText {
  return { text: whole, length }
}

/** A cell with everything that is usual, to be changed by who needs another. */
function cell(change: Partial<ViewCell> & { readonly id: string }): ViewCell {
  return {
    cellId: change.id,
    threadId: 'thread-1',
    turnId: 'turn-1',
    callId: `exec-${change.id}`,
    status: 'completed',
    span: { start, end: start + 1000 },
    yields: [],
    source: 'text("done")',
    nestedCallIds: [],
    waitCallIds: [],
    marks: [],
    happenings: [],
    errorText: null,
    modelSaw: [],
    printed: null,
    hasRecord: true,
    ...change,
  }
}

function call(change: Partial<ViewToolCall> & { readonly id: string }): ViewToolCall {
  return {
    threadId: 'thread-1',
    cell: null,
    runtimeId: null,
    name: 'fetch_page',
    kind: 'other',
    span: { start, end: start + 100 },
    status: 'completed',
    line: null,
    input: text('{}'),
    output: text('ok'),
    errorText: null,
    payloads: [],
    ...change,
  }
}

function viewData(change: Partial<ViewData>): ViewData {
  return {
    format: 1,
    traceId: 'trace-1',
    rolloutId: 'rollout-1',
    status: 'completed',
    span: { start, end: start + 10_000 },
    isComplete: true,
    threads: [{ id: 'thread-1', path: '/root', nickname: null }],
    turns: [],
    inferences: [],
    cells: [],
    toolCalls: [],
    items: [],
    edges: [],
    payloads: [],
    counts: { events: 0, payloads: 0 },
    problems: [],
    ...change,
  }
}

const reviewSource = `// Three pages at once, then a summary
const urls = await tools.list_pages({ site: "docs" })
const pages = await Promise.all(
  urls.slice(0, 3).map((url) => tools.fetch_page({ url })),
)
text(\`Read \${pages.length} pages\`)
yield_control()
const summary = await tools.summarise({ pages })
store("summary", summary)
text(summary.title)
`

const failingSource = `const order = await tools.get_order({ id: 4711 })
if (order.total > 100) {
  await tools.refund({ id: order.id, amount: order.total })
}
`

const reviewMarks: readonly ViewMark[] = [
  { line: 2, kind: 'call', index: 0, isCertain: true },
  ...[1, 2, 3].map((index): ViewMark => ({ line: 4, kind: 'call', index, isCertain: true })),
  { line: 6, kind: 'output', index: 0, isCertain: true },
  { line: 7, kind: 'yield', index: 1, isCertain: true },
  { line: 8, kind: 'call', index: 4, isCertain: true },
  { line: 9, kind: 'store', index: 3, isCertain: true },
  { line: 10, kind: 'output', index: 4, isCertain: true },
]

const reviewCell = cell({
  id: '1',
  span: { start: start + 400, end: start + 6200 },
  yields: [start + 2100],
  source: reviewSource,
  nestedCallIds: ['list', 'page-1', 'page-2', 'page-3', 'summarise'],
  waitCallIds: ['wait-1'],
  marks: reviewMarks,
  happenings: [
    { at: start + 2080, kind: 'text', text: text('Read 3 pages'), line: 6 },
    { at: start + 2090, kind: 'yield', text: text(''), line: 7 },
    { at: start + 2100, kind: 'response', text: text('yielded'), line: null },
    { at: start + 6100, kind: 'store', text: text('summary = {"title":"How to begin"}'), line: 9 },
    { at: start + 6150, kind: 'text', text: text('How to begin'), line: 10 },
    { at: start + 6200, kind: 'response', text: text('completed'), line: null },
  ],
  modelSaw: [
    { at: start + 2100, callId: 'exec-1', text: text('Script running with cell ID 1\nRead 3 pages') },
    { at: start + 6200, callId: 'wait-1', text: text('Script completed\nHow to begin') },
  ],
  printed: text('Read 3 pages\nHow to begin'),
})

const failedCell = cell({
  id: '2',
  status: 'failed',
  span: { start: start + 7300, end: start + 8000 },
  source: failingSource,
  nestedCallIds: ['order', 'refund'],
  marks: [
    { line: 1, kind: 'call', index: 0, isCertain: false },
    { line: 3, kind: 'call', index: 1, isCertain: false },
    { line: 3, kind: 'error', index: -1, isCertain: true },
  ],
  errorText: text('Error: refund refused: the order is closed\n    at exec_main.mjs:3:9'),
  modelSaw: [{ at: start + 8000, callId: 'exec-2', text: text('Script failed\nError: refund refused') }],
  hasRecord: false,
})

const smallCalls: readonly ViewToolCall[] = [
  call({
    id: 'list',
    cell: '1',
    runtimeId: 'tool-1',
    name: 'list_pages',
    line: 2,
    span: { start: start + 450, end: start + 700 },
    input: text('{"site":"docs"}'),
    output: text('["/begin","/tools","/limits","/errors"]'),
    payloads: ['raw_payload:1', 'raw_payload:2'],
  }),
  ...['/begin', '/tools', '/limits'].map((url, index) =>
    call({
      id: `page-${index + 1}`,
      cell: '1',
      runtimeId: `tool-${index + 2}`,
      line: 4,
      span: { start: start + 720 + index * 5, end: start + 1400 + index * 320 },
      input: text(JSON.stringify({ url })),
      output: text(`# Page ${url}`, 50_000),
    }),
  ),
  call({
    id: 'summarise',
    cell: '1',
    runtimeId: 'tool-5',
    name: 'summarise',
    line: 8,
    span: { start: start + 2150, end: start + 6080 },
  }),
  call({
    id: 'wait-1',
    name: 'wait',
    span: { start: start + 2600, end: start + 6200 },
    input: text('{"cell_id":"1"}'),
  }),
  call({ id: 'order', cell: '2', name: 'get_order', span: { start: start + 7310, end: start + 7500 } }),
  call({
    id: 'refund',
    cell: '2',
    name: 'refund',
    status: 'failed',
    span: { start: start + 7510, end: start + 7990 },
    input: text('{"id":4711,"amount":120}'),
    output: null,
    errorText: text('refund refused: the order is closed'),
  }),
  call({ id: 'agent-call', threadId: 'thread-2', name: 'read_file', span: { start: start + 3000, end: start + 3300 } }),
]

const smallItems: readonly ViewItem[] = [
  {
    id: 'item-1',
    role: 'user',
    kind: 'message',
    callId: null,
    text: text('Sum up the pages, then refund order 4711.'),
  },
  { id: 'item-2', role: 'assistant', kind: 'custom_tool_call', callId: 'exec-1', text: text(reviewSource) },
  { id: 'item-3', role: 'tool', kind: 'custom_tool_call_output', callId: 'exec-1', text: text('Read 3 pages') },
  { id: 'item-4', role: 'assistant', kind: 'message', callId: null, text: text('The pages are summed up.') },
].map((item, index) => ({ ...item, threadId: 'thread-1', at: start + index * 2000 }))

/** What `payload/<id>` answers for the small one. */
export const smallPayloads: { readonly [id: string]: string } = {
  'raw_payload:1': JSON.stringify({ payload: { type: 'function', arguments: '{"site":"docs"}' } }),
  'raw_payload:2': JSON.stringify({ value: { pages: ['/begin', '/tools'], note: 'all pages of the site' } }),
}

/** Two cells, one that yields and is waited for and one that fails; a second thread. */
export function smallViewData(): ViewData {
  return viewData({
    status: 'failed',
    span: { start, end: start + 9000 },
    threads: [
      { id: 'thread-1', path: '/root', nickname: null },
      { id: 'thread-2', path: '/first/reader', nickname: 'Ada' },
    ],
    turns: [{ id: 'turn-1', threadId: 'thread-1', span: { start, end: start + 9000 }, status: 'completed' }],
    inferences: [0, 6400, 8200].map((at, index) => ({
      id: `inference-${index}`,
      threadId: 'thread-1',
      turnId: 'turn-1',
      model: 'gpt-5.4',
      provider: 'openai',
      span: { start: start + at, end: start + at + 380 },
      status: 'completed',
      usage: { input: 2400, cached: 1800, output: 210, reasoning: 64 },
      payloads: [],
    })),
    cells: [reviewCell, failedCell],
    toolCalls: smallCalls,
    items: smallItems,
    payloads: Object.keys(smallPayloads).map((id, index) => ({
      id,
      kind: index === 0 ? 'tool_invocation' : 'tool_result',
      path: `payloads/${index + 1}.json`,
    })),
    counts: { events: 61, payloads: 2 },
  })
}

/** As small, a while later: what a followed session has become. */
export function grownViewData(): ViewData {
  const small = smallViewData()
  return {
    ...small,
    cells: [...small.cells, cell({ id: '3', status: 'running', span: { start: start + 8600, end: null } })],
  }
}

/** Cells and calls in such numbers that a page which makes an element of each would stand still. */
export function largeViewData(counts: { readonly cells: number; readonly calls: number }): ViewData {
  const toolCalls = Array.from({ length: counts.calls }, (_, index) => {
    const at = start + Math.floor(index / 15) * 200 + (index % 15) * 7
    return call({
      id: `call-${index}`,
      cell: String(Math.floor((index * counts.cells) / counts.calls)),
      name: `tool_${index % 40}`,
      line: 1 + (index % 5),
      status: index % 997 === 0 ? 'failed' : 'completed',
      span: { start: at, end: at + 20 + ((index * 7919) % 150) },
      input: text(`{"index":${index},"needle":"${index === counts.calls - 1000 ? 'haystack' : 'straw'}"}`),
    })
  })
  const byCell = Map.groupBy(toolCalls, (one) => one.cell)
  const cells = Array.from({ length: counts.cells }, (_, index) => {
    const own = byCell.get(String(index)) ?? []
    const first = own[0]?.span.start ?? start
    return cell({
      id: String(index),
      span: { start: first - 2, end: Math.max(...own.map(({ span }) => span.end ?? 0)) + 2 },
      nestedCallIds: own.map(({ id }) => id),
      source:
        'const all = []\nfor (const index of indices) {\n  all.push(tools.some_tool({ index }))\n}\nawait Promise.all(all)\n',
      marks: own.map((_one, at) => ({ line: 3, kind: 'call', index: at, isCertain: true })),
    })
  })
  return viewData({ cells, toolCalls, span: { start, end: start + 210_000 }, counts: { events: 21_000, payloads: 0 } })
}

/** Sets a flag on the page if any of it is taken for anything but text. */
const attack =
  '</script><script>window.hacked = true</script><img src=x onerror="window.hacked = true"><a href="javascript:hacked=1">x</a>'

/** Everything that a recorder could be made to write: markup, text that turns around, names of prototypes. */
export function hostileViewData(): ViewData {
  const unseen = 'safe\u202Eevil\u200B\u0000'
  const hostile = cell({
    id: '__proto__',
    cellId: attack,
    source: `${attack}\n${'x'.repeat(1_000_000)}\n// ${unseen}\n`,
    nestedCallIds: ['constructor', 'missing'],
    marks: [
      { line: 1, kind: 'call', index: 0, isCertain: true },
      { line: 2, kind: 'call', index: 1, isCertain: true },
      { line: 999_999, kind: 'error', index: 77, isCertain: true },
    ],
    happenings: [{ at: start + 5, kind: 'text', text: text(attack), line: 1 }],
    errorText: text(`${attack}${unseen}`),
    modelSaw: [{ at: null, callId: 'toString', text: text(attack) }],
    printed: text(attack),
  })
  return viewData({
    traceId: attack,
    cells: [hostile],
    toolCalls: [
      call({
        id: 'constructor',
        cell: '__proto__',
        name: `${attack}${unseen}`,
        input: text(attack),
        payloads: ['__proto__', 'raw_payload:picture'],
      }),
    ],
    items: [
      {
        id: 'hasOwnProperty',
        threadId: 'nobody',
        at: Number.NaN,
        role: attack,
        kind: unseen,
        callId: '__proto__',
        text: text(attack),
      },
    ],
    payloads: [{ id: 'raw_payload:picture', kind: attack, path: '../../etc/passwd' }],
    problems: [attack],
  })
}

/** A payload with a picture, as JSON text. */
export const picturePayload: string = JSON.stringify({
  text: attack,
  image_url:
    'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
})

/** A log of which nothing could be read. */
export function emptyViewData(): ViewData {
  return viewData({ isComplete: false, problems: ['The log ends in the middle of line 1'] })
}
