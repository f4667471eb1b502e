import { describe, expect, test } from 'vitest'
import { createCatalogue } from '../../src/agent.ts'
import type { Tool } from '../../src/index.ts'

const mcp = (server: string, name: string): Tool => ({ name, server, namespace: `mcp__${server}`, call: () => null })

function identifiersOf(tools: readonly Tool[]): Record<string, string> {
  const { entries } = createCatalogue(tools)
  return Object.fromEntries(
    entries.map(({ identifier, tool }) => [`${tool.server ?? tool.namespace ?? ''}/${tool.name}`, identifier]),
  )
}

/** Returns the comment of the first tool. */
function commentOf(tools: readonly Tool[]): string | null {
  const entry = createCatalogue(tools).entries.find(({ tool }) => tool === tools[0])
  return /```ts\n(\/\/ .*)\ndeclare const tools/.exec(entry?.description ?? '')?.[1] ?? null
}

describe('the identifiers of tools whose names collide', () => {
  test('have the names of servers that differ in signs', () => {
    expect(
      identifiersOf([
        mcp('my-server', 'echo'),
        mcp('my_server', 'echo'),
        mcp('my.server', 'echo'),
        mcp('my-server', 'list'),
      ]),
    ).toEqual({
      'my-server/echo': 'mcp__my_server__echo_my_dash_server',
      'my_server/echo': 'mcp__my_server__echo_my_server',
      'my.server/echo': 'mcp__my_server__echo_my_dot_server',
      'my-server/list': 'mcp__my_server__list',
    })
  })

  test('have the names of namespaces without a server', () => {
    const operation = (namespace: string | null, name: string): Tool => ({ name, namespace, call: () => null })
    const identifiers = identifiersOf([
      operation('a', 'b'),
      operation(null, 'a__b'),
      operation('a b', 'c'),
      operation('a/b', 'c'),
    ])
    expect(identifiers).toEqual({
      'a/b': 'a__b_a',
      '/a__b': expect.stringMatching(/^a__b_[0-9a-f]{12}$/),
      'a b/c': 'a_b__c_a_space_b',
      'a/b/c': 'a_b__c_a_slash_b',
    })
  })

  test.each<[string, readonly Tool[]]>([
    ['names of one server', [mcp('s', 'a-b'), mcp('s', 'a.b'), mcp('s', 'a_b')]],
    ['names without a letter of an identifier', [mcp('s', '读取文件'), mcp('s', '写入文件'), mcp('s', '____')]],
    ['names of servers without a letter of an identifier', [mcp('天气', 'x'), mcp('地图', 'x')]],
    ['spelled names that are equal', [mcp('a-dash_b', 'x'), mcp('a_dash-b', 'x')]],
    ['a spelled name that is the name of a tool', [mcp('a-b', 'x'), mcp('a_b', 'x'), mcp('a_b', 'x_a_dash_b')]],
    ['long names', [mcp(`a-${'b'.repeat(300)}`, 'x'), mcp(`a_${'b'.repeat(300)}`, 'x')]],
    ['both servers and names', [mcp('a-b', 'x-y'), mcp('a-b', 'x.y'), mcp('a_b', 'x_y')]],
  ])('are distinct, and do not depend on the order, for %s', (_, tools) => {
    const identifiers = identifiersOf(tools)
    expect(new Set(Object.values(identifiers)).size).toBe(tools.length)
    expect(identifiersOf(tools.toReversed())).toEqual(identifiers)
    for (const identifier of Object.values(identifiers)) expect(identifier).toMatch(/^[A-Za-z_$][\w$]{0,255}$/)
  })
})

describe('the declaration of a tool', () => {
  test.each<[string, readonly Tool[], string | null]>([
    ['a name that is not changed', [mcp('s', 'read_file')], null],
    ['a name in another script', [mcp('s', '读取文件')], '// "读取文件"'],
    ['a name with signs', [mcp('s', 'my.tool/name')], '// "my.tool/name"'],
    ['a name of a server with signs', [mcp('my-server', 'echo')], '// "echo" of server "my-server"'],
    ['one of two servers', [mcp('my_server', 'echo'), mcp('my-server', 'echo')], '// "echo" of server "my_server"'],
    ['one of two names', [mcp('s', 'a_b'), mcp('s', 'a-b')], '// "a_b" of server "s"'],
    ['a name of a namespace', [{ name: 'x', namespace: 'a-b', call: () => null }], '// "x" in namespace "a-b"'],
    ['a name with line ends', [mcp('s', 'a\n# b\u2028c\u202e')], '// "a\\n# b\\u{2028}c\\u{202e}"'],
    ['a long name', [mcp('s', '长'.repeat(200))], `// "${'长'.repeat(95)}…"`],
  ])('has the names that its server uses, for %s', (_, tools, comment) => {
    expect(commentOf(tools)).toBe(comment)
  })

  test('has its fence around a name with a fence', () => {
    const [entry] = createCatalogue([mcp('s', 'a\n```\nb')]).entries
    expect(entry?.description).toContain('exec tool declaration:\n````ts\n// "a\\n```\\nb"\n')
  })
})

test('the search and ALL_TOOLS have the names that servers use', () => {
  const catalogue = createCatalogue([{ ...mcp('files', '读取文件'), deferred: true }])
  expect(JSON.parse(catalogue.json)).toContainEqual({
    name: 'mcp__files______',
    description: expect.stringContaining('// "读取文件"'),
  })
  const [best] = catalogue.search('读取文件', 1)
  expect([best?.identifier, best?.sourceName]).toEqual(['mcp__files______', '"读取文件"'])
})
