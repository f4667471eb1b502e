import type { Behaviour, ToolSpec } from './case.ts'
import { Fields } from './fields.ts'

/** Parses a tool of a case: the name of a standard behavior, or an object. */
export function parseToolSpec(value: unknown): ToolSpec {
  const fields = new Fields(typeof value === 'string' ? { name: value } : value, 'a tool')
  const name = fields.text('name')
  const behaviour = behaviourOf(fields, name)
  const kindOfBehaviour = behaviour.type === 'standard' && behaviour.name === 'shout' ? 'freeform' : 'function'
  const spec: ToolSpec = {
    name,
    namespace: fields.optionalText('namespace') ?? null,
    kind: fields.has('kind') ? fields.oneOf('kind', ['function', 'freeform']) : kindOfBehaviour,
    description: fields.optionalText('description'),
    inputSchema: fields.value('inputSchema') ?? null,
    outputSchema: fields.value('outputSchema') ?? null,
    behaviour,
  }
  fields.end()
  return spec
}

function behaviourOf(fields: Fields, name: string): Behaviour {
  if (fields.has('result')) return { type: 'result', result: fields.value('result') }
  if (fields.has('error')) return { type: 'error', text: fields.text('error') }
  return { type: 'standard', name: fields.optionalText('behaviour') ?? name }
}
