import { expect, test } from 'vitest'
import { installReference } from '../../scripts/reference/install-reference.ts'
import { toolsIn } from '../../scripts/reference/parts/tool-texts.ts'
import { createCodeModeTools, createSession } from '../../src/index.ts'
import { isRecord } from '../../src/protocol/json.ts'
import { sharedHosts } from '../support/hosts.ts'
import { runCodex } from './codex-run.ts'

test('exec and wait have the grammar and the parameters of the agent, and descriptions of their own', async () => {
  const { codex } = await installReference()
  const { requests } = await runCodex({ codex, protocol: 'grpc', steps: [] })
  const theirs = new Map(toolsIn(requests[0] ?? {}))
  await using session = await createSession({ hosts: sharedHosts('default'), tools: [] })
  const { exec, wait } = createCodeModeTools(session)
  const [theirExec, theirWait] = [theirs.get('functions.exec') ?? {}, theirs.get('functions.wait') ?? {}]
  expect(definitionOf(exec.spec)).toEqual(definitionOf(theirExec))
  expect(typesOf(wait.spec)).toEqual({ ...typesOf(theirWait), cell_ids: 'array' })
  expect(exec.spec.description).not.toBe(theirExec['description'])
  expect(wait.spec.description).not.toBe(theirWait['description'])
})

/** Returns a tool without its description, and without blank lines in its grammar, which mean nothing. */
function definitionOf(tool: object): unknown {
  const json = JSON.stringify({ ...tool, description: null })
  return JSON.parse(json.replaceAll(/(?:\\n)+/g, String.raw`\n`))
}

/** Returns the types of the parameters of a tool. */
function typesOf(tool: object): Record<string, unknown> {
  const parameters = 'parameters' in tool && isRecord(tool.parameters) ? tool.parameters : {}
  const properties = isRecord(parameters['properties']) ? parameters['properties'] : {}
  const types = Object.entries(properties).map(([name, schema]) => [name, isRecord(schema) ? schema['type'] : null])
  return Object.fromEntries(types)
}
