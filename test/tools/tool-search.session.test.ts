import { describe, expect, test } from 'vitest'
import { createCatalogue } from '../../src/agent.ts'
import { createSession, type Tool } from '../../src/index.ts'
import { callContext } from '../fixtures/call-context.ts'
import { sharedHosts } from '../support/hosts.ts'

const tool = (name: string, description = '', more: Partial<Tool> = {}): Tool => ({
  name,
  description,
  deferred: true,
  call: () => null,
  ...more,
})

const search = createCatalogue([
  tool('createCalendarEvent', 'Adds an event'),
  tool('calendar_list', 'Lists calendars'),
  tool('send_mail', 'Sends a message to somebody', { inputSchema: { properties: { recipient: {} } } }),
  tool('HTMLToPDF', 'Converts pages'),
  tool('twin_b', 'The same words'),
  tool('twin_a', 'The same words'),
  tool('__proto__', 'constructor toString'),
]).find('tool_search')

const context = callContext()

async function found(input: unknown): Promise<unknown> {
  return await search?.call(input, context)
}

describe('tool_search', () => {
  test.each([
    ['calendar', 2, ['calendar_list', 'createCalendarEvent']],
    ['calendar event', 1, ['createCalendarEvent']],
    ['recipient', 1, ['send_mail']],
    ['pdf', 1, ['HTMLToPDF']],
    ['calender', 1, ['calendar_list']],
    ['twin same words', 2, ['twin_a', 'twin_b']],
    ['constructor', 1, ['__proto__']],
    ['zzzzqq', 8, []],
    ['!!!', 8, []],
  ])('finds tools for the query "%s"', async (query, limit, names) => {
    expect(await found({ query, limit })).toEqual({
      tools: names.map((name) => ({ name, description: expect.stringContaining(`declare const tools: { ${name}(`) })),
    })
  })

  test.each([
    [{ query: '' }, 'query must not be empty'],
    [{ query: ' \n' }, 'query must not be empty'],
    [{ query: 'a', limit: 0 }, 'limit must be greater than zero'],
    [{ query: 5 }, 'failed to parse function arguments: '],
    [{}, 'failed to parse function arguments: missing field `query`'],
    [{ query: 'a', limit: 'many' }, 'failed to parse function arguments: '],
    [{ query: 'a', limit: -1 }, 'failed to parse function arguments: '],
  ])('refuses %j', async (input, text) => {
    await expect(found(input)).rejects.toThrow(text)
  })

  test('accepts a long query', async () => {
    expect(await found({ query: 'calendar '.repeat(100_000), limit: 1 })).toMatchObject({
      tools: [{ name: 'calendar_list' }],
    })
  })

  test('finds one of 10,000 tools for a cell, which calls it', async () => {
    const many = Array.from({ length: 10_000 }, (_, n) => tool(`thing_${n}`, `Does thing number ${n}`))
    await using session = await createSession({
      hosts: sharedHosts('default'),
      tools: [...many, tool('resize_pic', 'resize pictures', { call: () => 'resized' })],
    })
    const outcome = await session.execute(`
      const { tools: [best] } = await tools.tool_search({ query: 'resize picture', limit: 3 })
      text(await tools[best.name]())`)
    expect(outcome).toMatchObject({ type: 'completed', items: [{ text: 'resized' }] })
  })
})
