import type { ViewData, ViewItem, ViewMark } from '../../src/trace/view/view-data.ts'
import { callPart, cellPart, dataOf, entry, item, start, text, thread, viewData, type Part } from './sample-parts.ts'

const reviewSource = `// Three pages at once, then a summary
const urls = await tools.list_pages({ site: "docs" })
const pages = await Promise.all(
  urls.slice(0, 3).map((url) => tools.fetch_page({ url })),
)
text(\`Read \${pages.length} pages\`)
yield_control()
const summary = await tools.summarize({ pages })
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

const reviewCell = cellPart(
  '1',
  { start: start + 400, end: start + 6200 },
  {
    yields: [start + 2100],
    source: reviewSource,
    nestedCallIds: ['list', 'page-1', 'page-2', 'page-3', 'summarize'].map((id) => `call:${id}`),
    marks: reviewMarks,
    events: [
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
  },
)

const failedCell = cellPart(
  '2',
  { status: 'failed', start: start + 7300, end: start + 8000 },
  {
    source: failingSource,
    nestedCallIds: ['call:order', 'call:refund'],
    marks: [
      { line: 1, kind: 'call', index: 0, isCertain: false },
      { line: 3, kind: 'call', index: 1, isCertain: false },
      { line: 3, kind: 'error', index: -1, isCertain: true },
    ],
    errorText: text('Error: refund refused: the order is closed\n    at exec_main.mjs:3:9'),
    modelSaw: [{ at: start + 8000, callId: 'exec-2', text: text('Script failed\nError: refund refused') }],
    hasLog: false,
  },
)

const smallCalls: readonly Part[] = [
  callPart(
    'list',
    {
      cell: '1',
      call: 'tool-1',
      name: 'list_pages',
      start: start + 450,
      end: start + 700,
      payloads: ['raw_payload:1', 'raw_payload:2'],
    },
    { line: 2, input: text('{"site":"docs"}'), output: text('["/begin","/tools","/limits","/errors"]') },
  ),
  ...['/begin', '/tools', '/limits'].map((url, index) =>
    callPart(
      `page-${index + 1}`,
      {
        cell: '1',
        call: `tool-${index + 2}`,
        start: start + 720 + index * 5,
        end: start + 1400 + index * 320,
      },
      { line: 4, input: text(JSON.stringify({ url })), output: text(`# Page ${url}`, 50_000) },
    ),
  ),
  callPart(
    'summarize',
    { cell: '1', call: 'tool-5', name: 'summarize', start: start + 2150, end: start + 6080 },
    { line: 8 },
  ),
  callPart(
    'wait-1',
    { cell: '1', name: 'wait', start: start + 2600, end: start + 6200 },
    { input: text('{"cell_id":"1"}') },
  ),
  callPart('order', { cell: '2', name: 'get_order', start: start + 7310, end: start + 7500 }),
  callPart(
    'refund',
    { cell: '2', name: 'refund', status: 'failed', start: start + 7510, end: start + 7990 },
    {
      input: text('{"id":4711,"amount":120}'),
      output: null,
      errorText: text('refund refused: the order is closed'),
    },
  ),
  callPart('agent-call', { thread: 'thread-2', name: 'read_file', start: start + 3000, end: start + 3300 }),
]

const smallModelEntries: readonly Part[] = [
  { entry: entry('turn', 'turn:1', { start, end: start + 9000 }) },
  ...[0, 6400, 8200].map((at, index) => ({
    entry: entry('inference', `inference:${index}`, {
      parent: 'turn:1',
      name: 'gpt-5.4',
      server: 'openai',
      start: start + at,
      end: start + at + 380,
      usage: {
        input_tokens: 2400,
        cached_input_tokens: 1800,
        cache_write_input_tokens: 0,
        output_tokens: 210,
        reasoning_output_tokens: 64,
      },
    }),
  })),
]

const smallParts: readonly Part[] = [...smallModelEntries, reviewCell, failedCell, ...smallCalls]

const smallItems: readonly ViewItem[] = [
  item('item-1', { text: text('Sum up the pages, then refund order 4711.') }),
  item('item-2', {
    role: 'assistant',
    kind: 'custom_tool_call',
    callId: 'exec-1',
    name: 'exec',
    entry: 'cell:1',
    text: text(reviewSource),
  }),
  item('item-3', {
    role: 'tool',
    kind: 'custom_tool_call_output',
    callId: 'exec-1',
    name: 'exec',
    entry: 'cell:1',
    text: text('Read 3 pages'),
  }),
  item('item-4', { role: 'assistant', channel: 'final', text: text('The pages are summed up.') }),
].map((each, index) => ({ ...each, turnId: '1', at: start + index * 2000 }))

/** The responses of `payload/<id>` for the small data. */
export const smallPayloads: { readonly [id: string]: string } = {
  'raw_payload:1': JSON.stringify({ payload: { type: 'function', arguments: '{"site":"docs"}' } }),
  'raw_payload:2': JSON.stringify({ value: { pages: ['/begin', '/tools'], note: 'all pages of the site' } }),
}

/** Returns two cells, one that yields and is waited for and one that fails, and a second thread. */
export function smallViewData(): ViewData {
  return viewData({
    status: 'failed',
    span: { start, end: start + 9000 },
    threads: [
      thread('thread-1', '/root'),
      thread('thread-2', '/first/reader', { nickname: 'Ada', parent: 'thread-1' }),
    ],
    ...dataOf(smallParts),
    items: smallItems,
    requests: [
      {
        id: '0',
        threadId: 'thread-1',
        entry: 'inference:0',
        kept: 0,
        rest: ['item-1'],
        added: ['item-1'],
        removed: 0,
        response: ['item-2'],
      },
      {
        id: '1',
        threadId: 'thread-1',
        entry: 'inference:1',
        kept: 2,
        rest: ['item-3'],
        added: ['item-3'],
        removed: 0,
        response: ['item-4'],
      },
    ],
    payloads: Object.keys(smallPayloads).map((id, index) => ({
      id,
      kind: index === 0 ? 'tool_invocation' : 'tool_result',
      path: `payloads/${index + 1}.json`,
    })),
    counts: { events: 61, payloads: 2 },
  })
}

/** Returns the small data of a followed session a while later. */
export function grownViewData(): ViewData {
  const last = cellPart('3', { status: 'running', start: start + 8600, end: null })
  return { ...smallViewData(), ...dataOf([...smallParts, last]) }
}

/** Returns so many cells and calls that a page with an element for each would hang. */
export function largeViewData(counts: { readonly cells: number; readonly calls: number }): ViewData {
  const calls = Array.from({ length: counts.calls }, (_, index) => {
    const at = start + Math.floor(index / 15) * 200 + (index % 15) * 7
    return callPart(
      String(index),
      {
        cell: String(Math.floor((index * counts.cells) / counts.calls)),
        name: `tool_${index % 40}`,
        status: index % 997 === 0 ? 'failed' : 'completed',
        start: at,
        end: at + 20 + ((index * 7919) % 150),
      },
      {
        line: 1 + (index % 5),
        input: text(`{"index":${index},"needle":"${index === counts.calls - 1000 ? 'haystack' : 'straw'}"}`),
      },
    )
  })
  const byCell = Map.groupBy(
    calls.map((part) => part.entry),
    ({ cell }) => cell,
  )
  const cells = Array.from({ length: counts.cells }, (_, index) => {
    const own = byCell.get(String(index)) ?? []
    const span = { start: (own[0]?.start ?? start) - 2, end: Math.max(...own.map(({ end }) => end ?? 0)) + 2 }
    return cellPart(String(index), span, {
      nestedCallIds: own.map(({ id }) => id),
      source:
        'const all = []\nfor (const index of indices) {\n  all.push(tools.some_tool({ index }))\n}\nawait Promise.all(all)\n',
      marks: own.map((_one, at) => ({ line: 3, kind: 'call', index: at, isCertain: true })),
    })
  })
  const data = dataOf([...cells, ...calls])
  return viewData({ ...data, span: { start, end: start + 210_000 }, counts: { events: 21_000, payloads: 0 } })
}

/** Markup that sets a flag on the page if any of it is executed. */
const attack =
  '</script><script>window.hacked = true</script><img src=x onerror="window.hacked = true"><a href="javascript:hacked=1">x</a>'

/** Returns markup, bidirectional text and names of prototypes in every field. */
export function hostileViewData(): ViewData {
  const unseen = 'safe\u202Eevil\u200B\u0000'
  const cell: Part = {
    entry: entry('cell', '__proto__', { parent: 'toString', name: attack, cell: attack, call: '__proto__' }),
    cell: {
      id: '__proto__',
      source: `${attack}\n${'x'.repeat(1_000_000)}\n// ${unseen}\n`,
      end: { by: 'model', entry: 'toString' },
      yields: [Number.NaN],
      nestedCallIds: ['constructor', 'missing'],
      marks: [
        { line: 1, kind: 'call', index: 0, isCertain: true },
        { line: 2, kind: 'call', index: 1, isCertain: true },
        { line: 999_999, kind: 'error', index: 77, isCertain: true },
      ],
      events: [{ at: start + 5, kind: 'text', text: text(attack), line: 1 }],
      errorText: text(`${attack}${unseen}`),
      modelSaw: [{ at: null, callId: 'toString', text: text(attack) }],
      printed: text(attack),
      hasLog: true,
    },
  }
  const call: Part = {
    entry: entry('nested_call', 'constructor', {
      parent: '__proto__',
      name: `${attack}${unseen}`,
      server: attack,
      payloads: ['__proto__', 'raw_payload:picture'],
    }),
    call: { id: 'constructor', kind: attack, line: null, input: text(attack), output: null, errorText: null },
  }
  const failed: Part = {
    entry: entry('inference', 'inference:bad', { name: attack, status: 'failed', failure: text(`${attack}${unseen}`) }),
  }
  return viewData({
    traceId: attack,
    ...dataOf([cell, call, failed]),
    threads: [
      thread('thread-1', attack, { nickname: attack, role: attack, task: attack, model: attack, status: attack }),
      thread('__proto__', unseen, { parent: '__proto__' }),
      thread('valueOf', attack, { parent: 'hasOwnProperty', nickname: unseen }),
    ],
    items: [
      item('hasOwnProperty', {
        at: Number.NaN,
        role: attack,
        kind: unseen,
        callId: '__proto__',
        name: attack,
        author: attack,
        text: text(attack),
      }),
      item('toString', { role: 'user', text: text(attack), entry: 'nothing' }),
    ],
    requests: [
      {
        id: '__proto__',
        threadId: 'thread-1',
        entry: 'inference:bad',
        kept: 99,
        rest: ['missing', 'toString'],
        added: ['missing', 'toString'],
        removed: 3,
        response: ['hasOwnProperty', '__proto__'],
      },
    ],
    compactions: [{ id: attack, threadId: 'thread-1', at: Number.NaN, entry: attack, before: -1, after: 0 }],
    edges: [
      {
        id: attack,
        kind: 'send_message',
        from: { threadId: 'thread-1', at: start, entry: attack, item: null },
        to: { threadId: '__proto__', at: Number.NaN, entry: null, item: 'hasOwnProperty' },
        text: text(attack),
      },
    ],
    unreduced: [{ seq: 1, at: Number.NaN, type: attack, threadId: attack }],
    prices: { currency: attack, unknownModels: [attack] },
    payloads: [{ id: 'raw_payload:picture', kind: attack, path: '../../etc/passwd' }],
    problems: [attack],
  })
}

/** A payload with a picture, in JSON. */
export const picturePayload: string = JSON.stringify({
  text: attack,
  image_url:
    'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
})

/** Returns the data of an unreadable log. */
export function emptyViewData(): ViewData {
  return viewData({
    status: 'unreadable',
    isComplete: false,
    threads: [],
    problems: ['The log ends in the middle of line 1'],
  })
}
