import type {
  CallCounts,
  CallDetail,
  CallItem,
  CellCounts,
  CellDetail,
  CellItem,
  CellStatus,
  Me,
  NodeItem,
  PendingCell,
  SessionItem,
  Statistics,
} from '../../src/console/api.ts'

const minute = 60_000

export const noCells: CellCounts = {
  waits_person: 0,
  waits_result: 0,
  waits_host: 0,
  waits_tool: 0,
  waits_timer: 0,
  running: 0,
  interrupted: 0,
  finished: 0,
  completed: 0,
  failed: 0,
  terminated: 0,
}

export const noCalls: CallCounts = { not_started: 0, started: 0, deferred: 0, applied: 0, failed: 0, unknown: 0 }

export function me(change: Partial<Me> = {}): Me {
  const unavailable = { act: null, revert: null, run: 'This console has no tools.', traces: null, nodes: null }
  const user = { name: 'Ada', isClaimed: true, scopes: ['read', 'approve'], tenant: null } as const
  return { ...user, source: 'sessions', sourceType: 'store', version: '0.1.0', unavailable, ...change }
}

export type FixtureCell = CellItem & { readonly source: string; readonly lines: readonly number[] }

const mailSource = `// Reminds each customer of an overdue invoice.
const invoices = await tools.list_invoices({ state: 'overdue' })
for (const { id, customer, total } of invoices) {
  const mail = {
    to: customer.email,
    subject: \`Invoice \${id}\`,
    body: \`Dear \${customer.name}, \${total} EUR are overdue.\`,
  }
  await Promise.all([tools.send_mail(mail), tools.note({ id, text: 'reminded' })])
}
text(\`\${invoices.length} reminders sent\`)
`

const titles = [
  ['waits_person', mailSource],
  ['waits_tool', "const pages = await tools.fetch_pages({ site: 'docs' })\ntext(pages.length)\n"],
  ['waits_timer', 'await sleep(600_000)\ntext(await tools.check_status({ order: 7 }))\n'],
  ['running', 'let sum = 0\nfor (let n = 0; n < 1e9; n++) sum += n\ntext(sum)\n'],
  ['waits_result', 'const review = await tools.request_review({ change: 42 })\ntext(review.verdict)\n'],
  ['completed', "text((await tools.list_orders({ day: 'today' })).length)\n"],
  ['failed', "const order = await tools.get_order({ id: 'A-17' })\ntext(order.total.toFixed(2))\n"],
  ['interrupted', 'await tools.import_rows({ from: 0, to: 5000 })\n'],
] as const satisfies readonly (readonly [CellStatus, string])[]

export function cell(index: number, now: number, change: Partial<FixtureCell> = {}): FixtureCell {
  const [status, source] = titles[index % titles.length] ?? titles[0]
  const startedAt = now - index * minute - 42_000
  const isEnded = status === 'completed' || status === 'failed'
  const callId = `${index}-1`
  const waits: Partial<{ [Status in CellStatus]: CellItem['waits'] }> = {
    waits_person: [{ type: 'person', callId, identifier: 'send_mail', since: startedAt + 3000 }],
    waits_tool: [{ type: 'tool', callId, identifier: 'fetch_pages', since: startedAt + 1000 }],
    waits_timer: [{ type: 'timer', due: now + 9 * minute }],
    waits_result: [
      {
        type: 'result',
        callId,
        key: `key-${index}`,
        identifier: 'request_review',
        since: startedAt,
        expiresAt: now + 26 * 60 * minute,
        note: 'asked in the channel of the team',
      },
    ],
  }
  const found = waits[status] ?? []
  return {
    sessionId: `support-${(index >> 3) % 40}`,
    tenant: null,
    cellId: String(index),
    status,
    waits: found,
    waitCount: found.length,
    title: source.split('\n')[0] ?? '',
    startedAt,
    endedAt: isEnded ? startedAt + 1840 : null,
    calls: { ...noCalls, applied: 2, started: found.length },
    errorText: status === 'failed' ? "TypeError: Cannot read properties of undefined (reading 'toFixed')" : null,
    owner: status === 'interrupted' ? null : { pid: 4711, node: `node-${index % 3}`, address: null, isAlive: true },
    source,
    lines: status === 'waits_person' ? [9] : found.length > 0 ? [1] : [],
    ...change,
  }
}

export function cellDetail({ source, lines, ...item }: FixtureCell): CellDetail {
  const isEnded = item.endedAt !== null
  return {
    ...item,
    execCallId: `call_${item.cellId}`,
    source,
    allWaits: item.waits,
    waitsAt: lines.map((line) => ({ line, column: 9, callId: `${item.cellId}-1`, identifier: 'send_mail' })),
    error: item.errorText === null ? null : `${item.errorText}\n    at line 2, column 18`,
    residence: isEnded
      ? 'ended'
      : item.owner === null
        ? 'not_open'
        : item.status === 'waits_timer'
          ? 'evicted'
          : 'loaded',
    engine: { name: 'v8', version: '14.1', id: 'v8' },
    output: [
      { type: 'text', text: 'Read 3 overdue invoices' },
      { type: 'notification', text: 'one third done' },
    ],
    outputIs: 'complete',
    trace: `/trace/${item.cellId}/`,
  }
}

export function call(index: number, now: number, change: Partial<CallItem> = {}): CallItem {
  const states = ['applied', 'unknown', 'failed', 'deferred', 'started'] as const
  const state = states[index % states.length] ?? 'applied'
  const startedAt = now - index * minute
  const isDone = state === 'applied' || state === 'failed'
  return {
    sessionId: `support-${index % 40}`,
    cellId: String(index),
    callId: `${index}-1`,
    key: `key-${index}`,
    identifier: ['list_invoices', 'send_mail', 'get_order', 'request_review', 'fetch_pages'][index % 5] ?? 'note',
    state,
    isReadOnly: false,
    location: { line: 2, column: 24 },
    startedAt,
    endedAt: isDone ? startedAt + 320 : null,
    durationMs: isDone ? 320 : null,
    inputStart: `{"to":"ann@example.org","subject":"Invoice ${index}"}`,
    note: state === 'failed' ? 'status 503' : state === 'unknown' ? 'the process ended before the result' : null,
    deferral: state === 'deferred' ? { note: 'asked in the channel', expiresAt: now + 60 * minute } : null,
    settled: null,
    reverted: null,
    ...change,
  }
}

export function callDetail(item: CallItem): CallDetail {
  const text = JSON.stringify({ to: 'ann@example.org', subject: `Invoice ${item.callId}`, cc: ['billing@example.org'] })
  const result = JSON.stringify({ id: 'm-1', accepted: true })
  return {
    ...item,
    input: { text, bytes: text.length, isComplete: true },
    result: item.state === 'applied' ? { type: 'json', text: result, bytes: result.length, isComplete: true } : null,
    decision: null,
    source: mailSource,
  }
}

export function pendingCell(index: number, now: number, change: Partial<PendingCell> = {}): PendingCell {
  const asked = (name: string, number: number): PendingCell['groups'][number]['calls'][number] => {
    const mail = {
      to: `${name}@example.org`,
      subject: `Invoice 20${number}`,
      body: `Dear ${name}, ${100 * number} EUR are overdue. ${'Please pay soon. '.repeat(12)}`,
    }
    const input = JSON.stringify(mail)
    return {
      key: `approval-${index}-${number}`,
      callId: `${index}-${number}`,
      identifier: 'send_mail',
      location: { line: 9, column: 28 },
      askedAt: now - 42_000,
      inputHash: `hash-${index}-${number}`,
      toolDigest: 'digest',
      shown: JSON.stringify(
        { ...mail, body: `${mail.body.slice(0, 40)}" … 160 more characters … "soon. ` },
        null,
        2,
      ).replaceAll(String.raw`\"`, '"'),
      input,
    }
  }
  return {
    sessionId: `support-${index}`,
    tenant: null,
    cellId: String(8 * index),
    execCallId: `call_${index}`,
    oldestAt: now - 42_000,
    source: { text: mailSource, bytes: mailSource.length, isComplete: true },
    groups: [
      {
        identifier: 'send_mail',
        line: 9,
        title: '2 calls of tools.send_mail from line 9',
        hint: 'destructive',
        calls: [asked('ann', 1), asked('bob', 2)],
      },
      {
        identifier: 'note',
        line: 9,
        title: '1 call of tools.note from line 9',
        hint: null,
        calls: [
          {
            ...asked('eve', 3),
            identifier: 'note',
            shown: '{"id":201,"text":"reminded"}',
            input: '{"id":201,"text":"reminded"}',
          },
        ],
      },
    ],
    later: 0,
    tooLong: [],
    card: '',
    ...change,
  }
}

export function session(index: number, now: number): SessionItem {
  if (index === 7) {
    const error = { code: 'SESSION_INVALID', message: 'Cannot read the journal: damaged at line 3', advice: null }
    return { type: 'unreadable', id: 'support-7', tenant: null, error }
  }
  return {
    type: 'session',
    id: `support-${index}`,
    tenant: null,
    owner:
      index % 4 === 3
        ? null
        : { pid: 4711, node: `node-${index % 3}`, address: '10.0.0.7:8080', isAlive: index % 5 !== 2 },
    createdAt: now - 3 * 60 * minute,
    lastActivityAt: now - index * minute,
    cells: { ...noCells, running: 2, waits_person: index % 3, completed: 17, failed: 1 },
    calls: { ...noCalls, applied: 41, failed: 2, unknown: index % 4 === 0 ? 1 : 0 },
    approvals: index % 3,
    unsettled: index % 4 === 0 ? 1 : 0,
    engines: ['v8 14.1'],
    isInMemory: false,
  }
}

export function node(index: number, now: number): NodeItem {
  return {
    node: `node-${index}`,
    address: `10.0.0.${index + 1}:8080`,
    build: '0.1.0+3f2a',
    isAlive: true,
    isDraining: index === 2,
    isReader: false,
    leaseUntil: now + 8000,
    aliveSince: now - 5 * 60 * minute,
    sessions: 12 - index,
  }
}

export function statistics(now: number): Statistics {
  const bucketMs = 60 * minute
  const figures = (index: number): Statistics['series'][number] => {
    const calls = 30 + Math.round(25 * Math.sin(index / 3) + (index % 5) * 4)
    const times = { medianMs: 180 + index, p95Ms: 900 + 10 * index, totalMs: 220 * calls }
    return {
      at: now - (24 - index) * bucketMs,
      cells: 12,
      calls,
      failures: index % 4,
      unknown: index % 7 === 0 ? 1 : 0,
      ...times,
    }
  }
  const tokens = (
    index: number,
  ): { requests: number; inputTokens: number; cachedTokens: number; outputTokens: number; cost: number } => ({
    requests: 20,
    inputTokens: 41_000 + 900 * index,
    cachedTokens: 26_000,
    outputTokens: 5200 + 100 * index,
    cost: 0.31 + 0.01 * index,
  })
  const buckets = Array.from({ length: 24 }, (_, index) => index)
  const tools = ['list_invoices', 'send_mail', 'fetch_pages', 'get_order', 'request_review', 'note']
  return {
    from: now - 24 * bucketMs,
    to: now,
    bucketMs,
    series: buckets.map(figures),
    tools: tools.map((identifier, index) => ({ ...figures(24 - 3 * index), identifier })),
    sessions: [0, 1, 2, 3].map((index) => ({
      ...figures(index),
      sessionId: `support-${index}`,
      tokens: index === 3 ? null : tokens(index),
    })),
    models: ['gpt-5.6-sol', 'gpt-5.6-luna'].map((model, index) => ({ ...tokens(10 - 6 * index), model })),
    tokenSeries: buckets.map((index) => ({ ...tokens(index), at: now - (24 - index) * bucketMs })),
  }
}
