import { importPackage, installPackages } from './install-packages.ts'
import { bigResult, type Contender, type Dialect, type Rival } from './rival.ts'

/** Its tools block the isolate, so there is nothing to await and nothing side by side. */
const dialect: Dialect = {
  print: (expression) => `console.log(${expression})`,
  call: (argument) => `bench.echo({ value: ${argument} })`,
  big: () => 'bench.big({})',
  program: (body) => body.replaceAll('await ', ''),
}

interface Client {
  registerManual(manual: object): Promise<unknown>
  callToolChain(code: string, timeoutMs: number, memoryMb: number): Promise<{ result: unknown; logs?: unknown[] }>
}

/** `@utcp/code-mode`: isolated-vm in the agent's process. */
export const utcp: Rival = {
  id: 'utcp',
  name: '@utcp/code-mode 1.2.12',
  isParallel: false,
  prepare: () =>
    installPackages({
      '@utcp/code-mode': '1.2.12',
      '@utcp/sdk': '1.1.2',
      '@utcp/direct-call': '1.0.12',
    }),
  start,
}

async function start(): Promise<Contender> {
  const { addFunctionToUtcpDirectCall: add } = await importPackage('@utcp/direct-call')
  const { CodeModeUtcpClient } = await importPackage('@utcp/code-mode')
  if (typeof add !== 'function' || !isFactory(CodeModeUtcpClient)) throw new Error('the packages of UTCP have changed')
  Reflect.apply(add, undefined, [
    'manual',
    () => Promise.resolve({ utcp_version: '0.2.0', tools: [tool('echo'), tool('big')] }),
  ])
  Reflect.apply(add, undefined, ['echo', (value: unknown) => Promise.resolve(value ?? null)])
  Reflect.apply(add, undefined, ['big', () => Promise.resolve(bigResult())])
  const client = await CodeModeUtcpClient.create()
  await client.registerManual({ name: 'bench', call_template_type: 'direct-call', callable_name: 'manual' })
  return {
    dialect,
    async run(program) {
      const { logs } = await client.callToolChain(program, 120_000, 256)
      const failure = logs?.find((line) => JSON.stringify(line).includes('Code execution failed'))
      if (failure !== undefined) throw new Error(JSON.stringify(failure))
    },
    stopLoop: null,
    park: null,
    residentMb: null,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

function tool(name: string): object {
  return {
    name,
    description: name,
    inputs: { type: 'object', properties: { value: {} } },
    outputs: { type: 'object' },
    tool_call_template: { call_template_type: 'direct-call', callable_name: name },
  }
}

function isFactory(value: unknown): value is { create(): Promise<Client> } {
  return typeof value === 'function' && 'create' in value && typeof value.create === 'function'
}
