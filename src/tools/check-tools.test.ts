import { expect, test } from 'vitest'
import { checkTools } from './check-tools.ts'
import type { Tool } from './tool.ts'

/** A tool as a caller in plain JavaScript might write it. */
function toolWith(extra: object): Tool {
  return Object.assign({ name: 'send', call: () => null }, extra)
}

test.each([
  [{ needApproval: true }, 'needsApproval'],
  [{ needsaproval: true }, 'needsApproval'],
  [{ needs_approval: 'ask' }, 'needsApproval'],
  [{ requiresApproval: true }, 'needsApproval'],
  [{ requireApproval: true }, 'needsApproval'],
  [{ approve: 'ask' }, 'needsApproval'],
  [{ idempotant: true }, 'idempotent'],
  [{ allowedCaller: ['code'] }, 'allowedCallers'],
  [{ checkInput: true }, 'checksInput'],
  [{ annotation: {} }, 'annotations'],
  [{ inputschema: {} }, 'inputSchema'],
  [{ readOnly: true }, 'annotations.readOnlyHint'],
  [{ readonly: true }, 'annotations.readOnlyHint'],
  [{ destructiveHint: true }, 'annotations.destructiveHint'],
  [{ annotations: { destructive: true } }, 'annotations.destructiveHint'],
  [{ annotations: { readonlyHint: true } }, 'annotations.readOnlyHint'],
])('a tool with %j is refused: %s is meant', (extra, meant) => {
  expect(() => checkTools([toolWith(extra)])).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining(`did you mean "${meant}"?`) }),
  )
})

test.each([
  [true, 'true'],
  [false, 'false'],
  ['always', '"always"'],
  [{ policy: 'ask' }, 'an object'],
  [null, 'an object'],
])('a tool whose needsApproval is %j is refused', (needsApproval, shown) => {
  expect(() => checkTools([toolWith({ needsApproval })])).toThrow(
    expect.objectContaining({
      code: 'INVALID_OPTION',
      message: `Cannot use the "needsApproval" of tool "send": expected "allow", "ask", "deny" or a function, got ${shown}`,
    }),
  )
})

test('a tool that is an instance of a class is checked as well', () => {
  class Sender implements Tool {
    readonly name = 'send'
    needApproval(): boolean {
      return true
    }
    call(): null {
      return null
    }
  }
  expect(() => checkTools([new Sender()])).toThrow('unknown member "needApproval"')
})

test.each([
  [{ lc_namespace: ['langchain'], metadata: {}, strict: true, id: 'x', returnDirect: false, title: 'Send' }],
  [
    {
      needsApproval: 'ask',
      idempotent: false,
      revert: () => null,
      outputSchema: {},
      allowedCallers: ['code'] as const,
    },
  ],
  [{ annotations: { title: 'Send', readOnlyHint: true, audience: ['user'] } }],
  // Unknown annotations of a server are ignored.
  [{ server: 'mail', annotations: { readonlyHint: true } }],
])('a tool with %j is accepted', (extra) => {
  expect(() => checkTools([toolWith(extra)])).not.toThrow()
})
