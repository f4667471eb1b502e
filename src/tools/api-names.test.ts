import fc from 'fast-check'
import { expect, test } from 'vitest'
import { apiNames, maxApiName, maxClientName } from './api-names.ts'
import type { Tool } from './tool.ts'

const mcp = (server: string, name: string): Tool => ({ name, server, namespace: `mcp__${server}`, call: () => null })
const namesOf = (tools: readonly Tool[], maxLength = maxClientName): readonly string[] => [
  ...apiNames(tools, maxLength).keys(),
]

test('a name that fits the limits is the identifier', () => {
  expect(namesOf([mcp('files', 'read-file'), { name: 'plain', call: () => null }])).toEqual([
    'mcp__files__read_file',
    'plain',
  ])
})

test('a name that is too long ends with a hash of its raw names, whatever other tools there are', () => {
  const long = mcp('github', `repos/list-${'x'.repeat(60)}`)
  const [alone = ''] = namesOf([long])
  expect(alone).toMatch(/^mcp__github__repos_list_x{11}_[0-9a-f]{12}$/)
  expect(alone).toHaveLength(maxClientName)
  expect(namesOf([mcp('a', 'b'), long, mcp('github', `repos/list-${'x'.repeat(61)}`)])).toContain(alone)
  expect(namesOf([long], maxApiName)[0]).toHaveLength(maxApiName)
})

test('a name with a character that model APIs refuse is replaced', () => {
  expect(namesOf([{ name: '$x', call: () => null }])).toEqual([expect.stringMatching(/^_x_[0-9a-f]{12}$/)])
})

test('a tool with the shortened name of another keeps it, and both can be called', () => {
  const long = mcp('s', 'x'.repeat(100))
  const [taken = ''] = namesOf([long])
  const other: Tool = { name: taken, call: () => null }
  const named = apiNames([long, other], maxClientName)
  expect(named.size).toBe(2)
  expect(named.get(taken)).toBe(other)
})

test('names are unique, valid, and the same for any order of tools', () => {
  const part = fc.oneof(
    fc.constantFrom('my-server', 'my_server', '读取文件', '$', 'a.b', 'a_b', 'x'.repeat(80)),
    fc.string({ maxLength: 60 }),
  )
  const tool = fc.tuple(part, part).map(([server, name]) => mcp(server, name))
  const toolList = fc.uniqueArray(tool, { maxLength: 12, selector: ({ server, name }) => `${server}\0${name}` })
  fc.assert(
    fc.property(toolList, fc.constantFrom(maxApiName, maxClientName), (tools, maxLength) => {
      const named = apiNames(tools, maxLength)
      expect(new Set(named.values())).toEqual(new Set(tools))
      for (const name of named.keys()) expect(name).toMatch(/^[a-zA-Z0-9_-]+$/)
      for (const name of named.keys()) expect(name.length).toBeLessThanOrEqual(maxLength)
      const reversed = apiNames(tools.toReversed(), maxLength)
      for (const [name, one] of named) expect(reversed.get(name)).toBe(one)
    }),
    { numRuns: 500 },
  )
})
