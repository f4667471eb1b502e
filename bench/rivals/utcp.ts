import { isRecord } from '../../src/protocol/json.ts'
import type { BenchTool, Rival, RunningRival } from '../rival.ts'
import { firstOutputMs } from './first-output.ts'
import { installPackage, loadModule, method, moduleUrl, type RivalPackage } from './rival-package.ts'
import { returnedTexts, returningProgram } from './returning-program.ts'

const utcpPackage: RivalPackage = {
  folder: 'utcp',
  packages: ['@utcp/code-mode@1.2.12', '@utcp/sdk@1.1.2', 'isolated-vm@6.2.0'],
  entry: '@utcp/code-mode/dist/index.js',
}

const timeoutMs = 120_000
const memoryMb = 256

/**
 * `@utcp/code-mode`: isolated-vm inside the process of the agent; a nested call blocks the program until its result
 * arrives.
 */
export const utcp: Rival = {
  name: 'utcp',
  abilities: new Set(),
  isInProcess: true,
  prepare: async () => await installPackage(utcpPackage),
  start: async (tools) => await startClient(tools),
  coldStart: async () => await firstOutputMs(coldModule(moduleUrl(utcpPackage))),
}

async function startClient(tools: readonly BenchTool[]): Promise<RunningRival> {
  const { CodeModeUtcpClient } = await loadModule(moduleUrl(utcpPackage))
  const client = await method(CodeModeUtcpClient, 'create')()
  if (!isRecord(client)) throw new TypeError('Cannot start "utcp": there is no client')
  // Only the tools are ours; the measurement excludes its tool lookup and its connection to a server.
  client['getTools'] = async () => tools.map(describe)
  client['callTool'] = async (name: string, input: unknown) =>
    await tools.find((tool) => `tools.${tool.name}` === name)?.call(input)
  const callToolChain = method(client, 'callToolChain')
  return {
    async run(program) {
      const answer = await callToolChain(returningProgram(program), timeoutMs, memoryMb)
      return returnedTexts(isRecord(answer) ? answer['result'] : null, answer)
    },
    begin: () => Promise.reject(new Error('Cannot stop a program of "utcp": it only has a time limit')),
    [Symbol.asyncDispose]: async () => undefined,
  }
}

function describe({ name }: BenchTool): Record<string, unknown> {
  const schema = { type: 'object', properties: {} }
  return { name: `tools.${name}`, description: '', inputs: schema, outputs: schema, tags: [], tool_call_template: {} }
}

function coldModule(url: string): string {
  return `
    import { CodeModeUtcpClient } from ${JSON.stringify(url)}
    const client = await CodeModeUtcpClient.create()
    const { result } = await client.callToolChain('return "hi"')
    process.stdout.write(result, () => process.exit())
  `
}
