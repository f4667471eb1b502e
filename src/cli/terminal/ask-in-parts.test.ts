import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import type { ApprovalRequest } from '../../index.ts'
import { PersonAsked } from './ask-person.ts'

const tool = { name: 'delete_file', call: () => null }
const requests = Array.from({ length: 60 }, (_, index): ApprovalRequest => {
  const key = String(index)
  const input = { path: `file-${index}` }
  const place = { line: 1, column: 1 }
  return { key, cellId: '1', callId: key, execCallId: null, identifier: 'delete_file', tool, input, location: place }
})

/** What a person at a terminal decides who types these lines, and what they were shown. */
async function decided(lines: readonly string[]): Promise<{ allowed: readonly string[]; shown: string }> {
  const input = new PassThrough()
  const output = new PassThrough()
  const left = [...lines]
  let shown = ''
  output.on('data', (chunk: Buffer) => {
    shown += chunk.toString()
    if (!/\? \[.*\] $|\) $/.test(chunk.toString())) return
    const line = left.shift()
    if (line === undefined) input.end()
    else input.write(`${line}\n`)
  })
  const person = new PersonAsked({ input, output }, () => ({
    [Symbol.dispose]: () => undefined,
  }))
  const decisions = await person.decide({ cellId: '1', source: 'all()', requests }, new AbortController().signal)
  return { allowed: [...decisions].filter(([, { type }]) => type !== 'deny').map(([key]) => key), shown }
}

test('of sixty calls a yes is for the five that are shown; the rest is asked about', async () => {
  const { allowed, shown } = await decided(['y'])
  expect(allowed).toEqual(['0', '1', '2', '3', '4'])
  expect(shown).toContain('… 55 more, asked about next')
  expect(shown).toContain('Allow 5 calls of tools.delete_file from line 1?')
  expect(shown.slice(0, shown.indexOf('Allow '))).not.toContain('"file-5"')
})

test('a number, or the whole session, is more than what is shown', async () => {
  expect((await decided(['12'])).allowed).toHaveLength(12)
  expect((await decided(['s'])).allowed).toHaveLength(60)
})
