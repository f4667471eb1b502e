import { expect, test } from 'vitest'
import { createSession, type SessionWarning, type Tool } from '../../../src/index.ts'
import { sharedHosts } from '../../support/hosts.ts'

const inputSchema = { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] }
const program = 'try { text(await tools.read({ pth: "a" })) } catch (error) { text(error) }'

test('a call whose input does not match its schema fails before its approval and its tool', async () => {
  const reached: string[] = []
  const read: Tool = {
    name: 'read',
    inputSchema,
    needsApproval: () => {
      reached.push('approval')
      return 'ask'
    },
    call: () => reached.push('call'),
  }
  await using session = await createSession({ hosts: sharedHosts('in-process'), tools: [read] })
  expect(await session.execute(program)).toMatchObject({
    type: 'completed',
    items: [
      {
        text: 'tool `read` was not called because its input does not fit its schema:\n- path: required (string), but missing; "pth" was given instead',
      },
    ],
  })
  expect(reached).toEqual([])
})

test('a session calls a tool whose schema is invalid, and warns once', async () => {
  const warnings: SessionWarning[] = []
  const read: Tool = { name: 'read', inputSchema: { $ref: '#/$defs/nowhere' }, call: () => 'called' }
  await using session = await createSession({
    hosts: sharedHosts('in-process'),
    tools: [read],
    onWarning: (warning) => void warnings.push(warning),
  })
  expect(await session.execute(`${program};${program}`)).toMatchObject({
    items: [{ text: 'called' }, { text: 'called' }],
  })
  expect(warnings).toEqual([
    { type: 'tool_unchecked', identifier: 'read', reason: 'Unresolved $ref "#/$defs/nowhere".' },
  ])
})

test.each<[string, Partial<Tool>, boolean]>([
  ['validation is off', { inputSchema }, false],
  ['the tool is freeform', { kind: 'freeform', inputSchema: { type: 'object' } }, true],
  ['the tool has no schema', {}, true],
])('a session does not validate the input of a call when %s', async (_, tool, checkInputs) => {
  const argument = tool.kind === 'freeform' ? '"x"' : '{}'
  await using session = await createSession({
    hosts: sharedHosts('in-process'),
    tools: [{ name: 'read', call: (input) => input, ...tool }],
    checkInputs,
  })
  expect(await session.execute(`text(await tools.read(${argument}))`)).toMatchObject({ type: 'completed' })
})
