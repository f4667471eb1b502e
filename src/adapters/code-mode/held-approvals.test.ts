import { expect, test } from 'vitest'
import { CodecellError } from '../../errors.ts'
import type { ApprovalBatch, ApprovalDecision, ApprovalRequest } from '../../session/api/approval.ts'
import { HeldApprovals } from './held-approvals.ts'

const allow: ApprovalDecision = { type: 'allow' }

/** The pending calls of a session. */
class Waiting {
  readonly #requests = new Map<string, ApprovalRequest>()
  readonly decided: [key: string, type: string][] = []

  add(key: string, cellId = '1'): void {
    const tool = { name: 'remove', call: () => null }
    const request = {
      key,
      cellId,
      callId: key,
      execCallId: null,
      identifier: 'remove',
      tool,
      input: {},
      location: null,
    }
    this.#requests.set(key, request)
  }

  pendingApprovals(cellId?: string): readonly ApprovalBatch[] {
    const requests = [...this.#requests.values()].filter((request) => cellId === undefined || request.cellId === cellId)
    return [...Map.groupBy(requests, (request) => request.cellId)].map(([cell, ofCell]) => ({
      cellId: cell,
      source: 'tools.remove()',
      requests: ofCell,
    }))
  }

  decide(key: string | readonly string[], { type }: ApprovalDecision): void {
    for (const each of typeof key === 'string' ? [key] : key) {
      if (!this.#requests.delete(each)) throw new CodecellError('APPROVAL_NOT_PENDING', `"${each}" does not wait`)
      this.decided.push([each, type])
    }
  }
}

const keys = (batches: readonly ApprovalBatch[]): readonly string[] =>
  batches.flatMap(({ requests }) => requests.map(({ key }) => key))

test('an approval allows the calls that were pending at its request', () => {
  const waiting = new Waiting()
  const held = new HeldApprovals(waiting)
  waiting.add('a')
  expect(keys(held.ask('wait-1', ['1']))).toEqual(['a'])
  waiting.add('b')
  // The SDK repeats a request when it continues a run: it stays the same.
  expect(keys(held.ask('wait-1', ['1']))).toEqual(['a'])
  held.decide('wait-1', allow)
  held.decide('wait-1', allow)
  expect(waiting.decided).toEqual([['a', 'allow']])
  expect(keys(held.ask('wait-2', ['1']))).toEqual(['b'])
  held.decide('wait-2', { type: 'deny' })
  expect(waiting.decided.at(-1)).toEqual(['b', 'deny'])
})

test('an approval about one cell leaves the calls of other cells pending', () => {
  const waiting = new Waiting()
  const held = new HeldApprovals(waiting)
  waiting.add('a', '1')
  waiting.add('b', '2')
  held.ask('wait-1', ['1'])
  held.decide('wait-1', allow)
  expect(waiting.decided).toEqual([['a', 'allow']])
})

test('a question about several cells stays open when one of them ends', () => {
  const waiting = new Waiting()
  const held = new HeldApprovals(waiting)
  waiting.add('a', '1')
  waiting.add('b', '2')
  waiting.add('c', '3')
  expect(keys(held.ask('wait-1', ['1', '2']))).toEqual(['a', 'b'])
  held.forget('1')
  expect([held.questions('1'), held.questions('2')]).toEqual([[], ['wait-1']])
  held.decide('wait-1', allow)
  expect(waiting.decided).toEqual([['b', 'allow']])
})

test('an approval without pending calls allows nothing', () => {
  const waiting = new Waiting()
  const held = new HeldApprovals(waiting)
  expect(held.ask('wait-1', ['1'])).toEqual([])
  waiting.add('a')
  held.decide('wait-1', allow)
  expect(waiting.decided).toEqual([])
  expect([held.questions('1'), held.isOpen('wait-1')]).toEqual([[], false])
})

test('an approval skips the calls that are already decided', () => {
  const waiting = new Waiting()
  const held = new HeldApprovals(waiting)
  waiting.add('a')
  waiting.add('b')
  held.ask('wait-1', ['1'])
  waiting.decide('a', { type: 'deny' })
  held.decide('wait-1', allow)
  expect(waiting.decided).toEqual([
    ['a', 'deny'],
    ['b', 'allow'],
  ])
})

test('a call is news until present() has returned it', () => {
  const waiting = new Waiting()
  const held = new HeldApprovals(waiting)
  waiting.add('a')
  expect(held.hasNews('1')).toBe(true)
  expect(held.present('1')?.requests.map(({ key }) => key)).toEqual(['a'])
  expect(held.hasNews('1')).toBe(false)
  waiting.add('b')
  expect(held.hasNews('1')).toBe(true)
})
