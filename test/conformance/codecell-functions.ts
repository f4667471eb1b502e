import { renderSchema } from '../../src/declarations/render-schema.ts'
import {
  createCatalogue,
  execDescription,
  execToolSpec,
  formatHeader,
  parseExecInput,
  parseWaitInput,
  waitToolSpec,
} from '../../src/agent.ts'
import { joinName, normalizeName } from '../../src/tools/names.ts'
import { isRecord } from '../../src/protocol/json.ts'
import { effectiveYieldTimeMs } from '../../src/protocol/yield-time.ts'
import { declaredTypes } from '../declarations/declared-types.ts'
import type { ParsedExec } from './adapter.ts'

/** The parser of `exec` input under the names that the cases use. */
export function parseExec(input: unknown): ParsedExec {
  const { source, yieldTimeMs, maxOutputTokens } = parseExecInput(input)
  return { code: source, yieldMs: yieldTimeMs, maxTokens: maxOutputTokens }
}

/** The plain functions of codecell that cases call, by the names of the case format. */
export const codecellFunctions: ReadonlyMap<string, (...args: readonly unknown[]) => unknown> = new Map<
  string,
  (...args: readonly unknown[]) => unknown
>([
  ['normalizeName', (name) => normalizeName(String(name))],
  ['joinName', (namespace, name) => joinName(typeof namespace === 'string' ? namespace : null, String(name))],
  ['effectiveYieldMs', (cap, requested) => effectiveYieldTimeMs(cap === null ? null : Number(cap), Number(requested))],
  ['formatHeader', (response) => headerOf(response)],
  ['renderSchema', (schema) => renderSchema(schema)],
  ['renderInput', (schema) => declaredTypes({ inputSchema: schema }).input],
  ['renderOutput', (schema) => declaredTypes({ outputSchema: schema }).output],
  ['execDescription', (options) => descriptionFor(options)],
  ['execTool', () => execToolSpec(execDescription())],
  ['waitTool', () => waitToolSpec('exact')],
  ['dispatchWrongPayload', (tool) => (tool === 'exec' ? parseExecInput(null) : parseWaitInput(null))],
])

function headerOf(response: unknown): string {
  if (!isRecord(response)) throw new TypeError('formatHeader takes an object')
  const { outcome, durationMs } = { outcome: response['outcome'], durationMs: Number(response['durationMs']) }
  switch (outcome) {
    case 'result':
      return formatHeader({ outcome: 'completed', durationMs })
    case 'terminated':
      return formatHeader({ outcome: 'terminated', durationMs })
    default:
      throw new TypeError(`Cannot format the header of "${String(outcome)}"`)
  }
}

/** Without `only` the model can also call the tools directly, so the description does not declare them. */
function descriptionFor(options: unknown): string {
  if (!isRecord(options)) throw new TypeError('execDescription takes an object')
  const deferred = Array.isArray(options['deferred']) ? options['deferred'].map(String) : []
  const specs = Array.isArray(options['tools']) ? options['tools'].filter((spec) => isRecord(spec)) : []
  const tools = specs.map(({ name, description }) => ({
    name: String(name),
    description: String(description),
    deferred: deferred.includes(String(name)),
    call: () => null,
  }))
  return execDescription(createCatalogue(tools), { mode: options['only'] === false ? 'mixed' : 'only' })
}
