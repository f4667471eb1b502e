import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import type { ApprovalRequest } from '../../index.ts'
import { ApprovalPrompt } from './approval-prompt.ts'

const tool = { name: 'delete_file', call: () => null }
const requests = Array.from({ length: 60 }, (_, index): ApprovalRequest => {
  const key = String(index)
  const input = { path: `file-${index}` }
  const place = { line: 1, column: 1 }
  return { key, cellId: '1', callId: key, execCallId: null, identifier: 'delete_file', tool, input, location: place }
})

/** Returns the calls that a user approves with these lines, and the text that the user sees. */
async function approvedWith(lines: readonly string[]): Promise<{ approved: readonly string[]; shown: string }> {
  const input = new PassThrough()
  const output = new PassThrough()
  const left = [...lines]
  let shown = ''
  output.on('data', (chunk: Buffer) => {
    shown += chunk.toString()
    if (!/\? \[.*\] $|\): $/.test(chunk.toString())) return
    const line = left.shift()
    if (line === undefined) input.end()
    else input.write(`${line}\n`)
  })
  const prompt = new ApprovalPrompt({ input, output }, () => ({
    [Symbol.dispose]: () => undefined,
  }))
  const decisions = await prompt.decide({ cellId: '1', source: 'all()', requests }, new AbortController().signal)
  return { approved: [...decisions].filter(([, { type }]) => type !== 'deny').map(([key]) => key), shown }
}

test('a reply about sixty calls covers the five that are shown, and the next prompts show the rest', async () => {
  const { approved, shown } = await approvedWith(['y'])
  expect(approved).toEqual(['0', '1', '2', '3', '4'])
  expect(shown).toContain('… 55 more in the next prompt')
  expect(shown).toContain('Approve 5 calls of tools.delete_file from line 1?')
  expect(shown.slice(0, shown.indexOf('Approve '))).not.toContain('"file-5"')
})

test('a number, or the session, can cover calls that are not shown', async () => {
  expect((await approvedWith(['12'])).approved).toHaveLength(12)
  expect((await approvedWith(['s'])).approved).toHaveLength(60)
})
