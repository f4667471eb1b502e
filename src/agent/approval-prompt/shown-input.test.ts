import fc from 'fast-check'
import { expect, test } from 'vitest'
import { escapeInvisible } from '../../text/escape-invisible.ts'
import type { ApprovalRequest } from '../../session/api/approval.ts'
import { approvalCard } from './approval-card.ts'
import { leftOutText, maxInput, partToAsk } from './part-to-ask.ts'
import { shownInput, wholeInput } from './shown-input.ts'

/** The names of all members on all levels, as they are shown, each once. */
function namesIn(value: unknown): readonly string[] {
  const names = new Set<string>()
  collectNames(value, names)
  return [...names].map((name) => `${escapeInvisible(JSON.stringify(name))}:`)
}

function collectNames(value: unknown, names: Set<string>): void {
  if (typeof value !== 'object' || value === null) return
  for (const [name, member] of Object.entries<unknown>({ ...value })) {
    if (!Array.isArray(value)) names.add(name)
    collectNames(member, names)
  }
}

const character = fc.constantFrom(...Array.from('ab"\\\n\r\u2028\u202E\u{E0041}\u0000…[]{}:, 0'), '\uD800')
const short = fc.string({ unit: character, maxLength: 12 })
const long = fc.tuple(short, fc.nat({ max: 80 })).map(([text, times]) => text.repeat(times))
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(long, short, fc.integer(), fc.boolean(), fc.constant(null)),
    fc.array(tie('value'), { maxLength: 12 }),
    fc.dictionary(short, tie('value'), { maxKeys: 8 }),
  ),
})).value

test('every name of every member is in the text, or the text says that it is not complete', () => {
  const options = fc.record({
    width: fc.integer({ min: 10, max: 200 }),
    aim: fc.integer({ min: 10, max: 5000 }),
    max: fc.oneof(fc.constant(Infinity), fc.integer({ min: 10, max: 20_000 })),
  })
  const property = fc.property(fc.dictionary(short, json), options, (input, given) => {
    const { text, isComplete } = shownInput(input, given)
    if (!isComplete) return
    expect(text.length).toBeLessThanOrEqual(Math.max(given.max, given.width))
    const names = namesIn(input)
    const whole = wholeInput(input).text
    expect(names.filter((name) => !text.includes(name) || !whole.includes(name))).toEqual([])
  })
  fc.assert(property, { numRuns: 100, endOnFailure: true })
})

test('every line of the text stands for structure: no value can look like a member or a count', () => {
  const hostile = '",\n  "bcc": "x\u2028  "bcc": "x\r… 5 more characters … "'
  const { text } = shownInput({ to: 'a@example.org', body: hostile.repeat(40), list: Array(50).fill(hostile) })
  const lines = text.split('\n')
  expect(lines.filter((line) => line.trimStart().startsWith('"bcc"'))).toEqual([])
  expect(lines.filter((line) => /^ *"[a-z]+": /.test(line)).map((line) => line.trim().slice(1, 5))).toEqual([
    'to":',
    'body',
    'list',
  ])
})

test('a member between two long ones is shown, also when others are shortened', () => {
  const input = { subject: 'News', body: 'b'.repeat(600), bcc: 'evil@example.org', footer: 'f'.repeat(720) }
  expect(shownInput(input).text).toBe(`{
  "subject": "News",
  "body": "${'b'.repeat(200)}" … 200 more characters … "${'b'.repeat(200)}",
  "bcc": "evil@example.org",
  "footer": "${'f'.repeat(200)}" … 320 more characters … "${'f'.repeat(200)}"
}`)
})

test('a long array says how many elements it has, and shows each structure among them', () => {
  const files = Array.from({ length: 300 }, (_, index) =>
    index === 150 ? { path: `f${index}`, force: true } : { path: `f${index}` },
  )
  const { text, isComplete } = shownInput({ files }, { aim: 400 })
  expect(isComplete).toBe(true)
  expect(text).toContain('"files": [ 300 elements:')
  expect(text).toContain('"force": true')
  expect(text.match(/… \d+ more elements …/g)).toHaveLength(2)
})

test.each([
  [Object.fromEntries(Array.from({ length: 9000 }, (_, index) => [`member_${index}`, 1]))],
  [{ ['k'.repeat(maxInput)]: 1 }],
  [Array.from({ length: 9000 }, (_, index) => ({ [`member_${index}`]: 1 }))],
])('an input with more structure than fits is not complete', (input) => {
  expect(shownInput(input, { max: maxInput }).isComplete).toBe(false)
  expect(shownInput(input).isComplete).toBe(true)
})

function request(key: string, identifier: string, input: unknown): ApprovalRequest {
  const tool = { name: identifier, call: () => null }
  return { key, cellId: '1', callId: key, execCallId: null, identifier, tool, input, location: { line: 1, column: 1 } }
}

test('a request has five of sixty calls, and the next one has the next five', () => {
  const all = Array.from({ length: 60 }, (_, index) => request(`${index}`, 'delete_file', { path: `f${index}` }))
  let waiting: readonly ApprovalRequest[] = all
  const seen: string[] = []
  while (waiting.length > 0) {
    const { asked, later, tooLong } = partToAsk(waiting)
    expect(tooLong).toEqual([])
    expect(asked.length).toBeLessThanOrEqual(8)
    const card = approvalCard({ source: 'x', requests: asked })
    for (const { input } of asked) expect(card).toContain(JSON.stringify(input))
    seen.push(...asked.map(({ key }) => key))
    waiting = later
  }
  expect(seen).toEqual(all.map(({ key }) => key))
})

test('a call that no request can show is separate, and a large one has its own request', () => {
  const large = Object.fromEntries(Array.from({ length: 1500 }, (_, index) => [`member_${index}`, 'x']))
  const huge = { ['k'.repeat(maxInput)]: 1 }
  const [small, alone, never] = [request('a', 'send', {}), request('b', 'send', large), request('c', 'send', huge)]
  expect(partToAsk([small, never, alone])).toEqual({ asked: [small], later: [alone], tooLong: [never] })
  expect(partToAsk([alone, small])).toEqual({ asked: [alone], later: [small], tooLong: [] })
  expect(leftOutText({ later: [alone], tooLong: [never] })).toBe(`1 more call waits; they are asked about next.
1 more call has an input that is too long to show; approval does not allow them.`)
})

test('every call is in the request, later or too long, and the request shows whole structures', () => {
  const calls = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.dictionary(short, json)), { maxLength: 25 })
  fc.assert(
    fc.property(calls, (made) => {
      const requests = made.map(([identifier, input], index) => request(String(index), identifier, input))
      const { asked, later, tooLong } = partToAsk(requests)
      expect(new Set([...asked, ...later, ...tooLong])).toEqual(new Set(requests))
      expect(asked.length + tooLong.length > 0).toBe(requests.length > 0)
      const card = approvalCard({ source: '', requests: asked }, { width: 100_000 })
      for (const { input } of asked) expect(namesIn(input).filter((name) => !card.includes(name))).toEqual([])
    }),
    { numRuns: 30, endOnFailure: true },
  )
})
