import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadOpenApi } from '../../src/openapi.ts'
import { newFolder } from '../support/folder.ts'

/** Writes files to a new folder and returns its path. */
function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = newFolder()
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

const head = 'openapi: 3.1.0\ninfo: { title: Pets }\nservers: [{ url: https://a.test }]\n'

describe('a document of several files', () => {
  test('is read with the files in its folder', async () => {
    const folder = folderWith({
      'api.yaml': `${head}paths:
  /pets: { $ref: './paths/pets.yaml' }
components:
  schemas:
    Tag: { type: string }
    Pet: { type: integer }
`,
      'paths/pets.yaml': `post:
  operationId: addPet
  parameters: [{ $ref: '../parameters.json#/limit' }]
  requestBody: { content: { application/json: { schema: { $ref: '../schemas/pet.yaml#/Pet' } } } }
  responses: { '200': { content: { application/json: { schema: { $ref: '../schemas/pet.yaml#/Pet' } } } } }
`,
      'schemas/pet.yaml': `Pet:
  type: object
  properties:
    tag: { $ref: '../api.yaml#/components/schemas/Tag' }
    friend: { $ref: '#/Pet' }
    owner: { $ref: 'own%65r.yaml' }
`,
      'schemas/owner.yaml': 'type: object\nproperties: { pet: { $ref: pet.yaml#/Pet } }\n',
      'parameters.json': '{ "limit": { "name": "limit", "in": "query", "schema": { "type": "integer" } } }',
    })
    const [tool] = await loadOpenApi(join(folder, 'api.yaml'))
    const own = (name: string): object => ({ $ref: `#/components/schemas/${name}` })
    expect(tool?.inputSchema).toMatchObject({
      properties: { limit: { type: 'integer' }, body: own('Pet_2') },
      components: {
        schemas: {
          Tag: { type: 'string' },
          Pet_2: { type: 'object', properties: { tag: own('Tag'), friend: own('Pet_2'), owner: own('owner') } },
          owner: { properties: { pet: own('Pet_2') } },
        },
      },
    })
    expect(tool?.outputSchema).toMatchObject(own('Pet_2'))
  })

  test('can have aliases, also in themselves', async () => {
    const folder = folderWith({
      'api.yaml': `${head}paths:
  /x: { get: { responses: { '200': { content: { application/json: { schema: &node
    { type: object, properties: { next: *node, all: { type: array, items: *node }, tag: { $ref: tag.yaml } } } } } } } } }
`,
      'tag.yaml': '{ allOf: [&a { type: string }, *a] }\n',
    })
    const [tool] = await loadOpenApi(join(folder, 'api.yaml'))
    expect(tool?.outputSchema).toMatchObject({
      properties: { next: {}, all: { items: {} }, tag: { $ref: '#/components/schemas/tag' } },
      components: { schemas: { tag: { allOf: [{ type: 'string' }, { type: 'string' }] } } },
    })
  })

  test('does not read files outside of its folder, other files and URLs', async () => {
    const folder = folderWith({
      'secret.yaml': 'type: string\nconst: secret\n',
      'api/.env': 'type: string\nconst: secret\n',
      'api/api.yaml': `${head}paths:
  /x:
    get:
      parameters:
        - { name: a, in: query, schema: { $ref: ../secret.yaml } }
        - { name: b, in: query, schema: { $ref: ./link.yaml } }
        - { name: c, in: query, schema: { $ref: ./.env } }
        - { name: d, in: query, schema: { $ref: 'https://a.test/x.yaml' } }
        - { name: e, in: query, schema: { $ref: ./missing.yaml } }
        - { name: f, in: query, schema: { $ref: ./inner.yaml } }
`,
      'api/inner.yaml': '$ref: ../secret.yaml\n',
    })
    symlinkSync(join(folder, 'secret.yaml'), join(folder, 'api/link.yaml'))
    const [tool] = await loadOpenApi(join(folder, 'api/api.yaml'))
    expect(JSON.stringify(tool?.inputSchema)).not.toContain('secret"')
    expect(Object.keys(Object(tool?.inputSchema).properties)).toEqual(['a', 'b', 'c', 'd', 'e', 'f'])
  })

  test('with a file that is not YAML is refused with its name', async () => {
    const folder = folderWith({ 'api.yaml': `${head}paths: { /x: { $ref: x.json } }\n`, 'x.json': '{' })
    await expect(loadOpenApi(join(folder, 'api.yaml'))).rejects.toThrow(/its file ".*x\.json" cannot be read: /)
  })
})
