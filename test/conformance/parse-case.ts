import type { CaseSession, CellStep, ConformanceCase, Expectation, NotifyMode, Step } from './case.ts'
import { expectationFields } from './case.ts'
import { Fields } from './fields.ts'
import { parseToolSpec } from './parse-tool-spec.ts'

/** Parses the cases of one file. Throws `TypeError` for anything that the format does not define. */
export function parseCaseFile(text: string): readonly ConformanceCase[] {
  const fields = new Fields(JSON.parse(text), 'a case file')
  fields.text('section')
  fields.text('title')
  const cases = fields.list('cases', parseCase) ?? []
  fields.end()
  return cases
}

function parseCase(value: unknown): ConformanceCase {
  const fields = new Fields(value, 'a case')
  const id = fields.text('id')
  fields.value('tags')
  fields.value('note')
  const steps = fields.list('steps', (step) => parseStep(step, id)) ?? []
  const parsed: ConformanceCase = {
    id,
    title: fields.text('title'),
    level: fields.oneOf('level', ['P', 'S', 'H', 'M']),
    needs: fields.list('needs', String) ?? ['session'],
    tools: fields.list('tools', parseToolSpec) ?? [],
    session: parseSession(fields.value('session') ?? {}),
    notify: parseNotify(fields.value('notify') ?? {}),
    steps,
    variants: parseVariants(fields, id),
    rounds: fields.optionalNumber('rounds') ?? 1,
    slow: fields.flag('slow'),
    reference: parseReference(fields.value('reference')),
  }
  fields.end()
  for (const variant of parsed.variants) {
    if (variant.length !== steps.length)
      throw new TypeError(`Cannot read case "${id}": one expectation for each step is needed`)
  }
  return parsed
}

function parseSession(value: unknown): CaseSession {
  const fields = new Fields(value, 'the session of a case')
  const session = {
    maxYieldMs: fields.optionalNumber('maxYieldMs'),
    boundedOutput: fields.flag('boundedOutput'),
    noDelegate: fields.flag('noDelegate'),
    deferAll: fields.flag('deferAll'),
  }
  fields.end()
  return session
}

function parseNotify(value: unknown): NotifyMode {
  const fields = new Fields(value, 'the notify mode of a case')
  const delayMs = fields.optionalNumber('delayMs') ?? 0
  const mode: NotifyMode = fields.has('mode')
    ? { type: fields.oneOf('mode', ['fail', 'hang']) }
    : { type: 'deliver', delayMs }
  fields.end()
  return mode
}

function parseVariants(fields: Fields, id: string): readonly (readonly Expectation[])[] {
  const expect = fields.list('expect', parseExpectation)
  const variants = fields.list('variants', (variant) => {
    if (!Array.isArray(variant)) throw new TypeError(`Cannot read a variant of case "${id}": expected a list`)
    return variant.map((element) => parseExpectation(element))
  })
  if ((expect === undefined) === (variants === undefined)) {
    throw new TypeError(`Cannot read case "${id}": either "expect" or "variants" is needed`)
  }
  return variants ?? [expect ?? []]
}

function parseExpectation(value: unknown): Expectation {
  if (value === null) return null
  const fields = new Fields(value, 'an expectation')
  const named = expectationFields.filter((name) => fields.has(name))
  const expectation = new Map(named.map((name) => [name, fields.value(name)]))
  fields.end()
  return expectation
}

function parseReference(value: unknown): ConformanceCase['reference'] {
  const fields = new Fields(value, 'the reference of a case')
  const reference = {
    status: fields.oneOf('status', ['pass', 'defect', 'not-runnable']),
    via: fields.text('via'),
    note: fields.optionalText('note'),
  }
  fields.end()
  return reference
}

function parseStep(value: unknown, id: string): Step {
  const fields = new Fields(value, `a step of case "${id}"`)
  const step = stepOf(fields)
  fields.end()
  return step
}

const cellSteps = ['exec', 'wait', 'terminate'] as const
const otherSteps = [
  'shutdown',
  'openSession',
  'join',
  'cancel',
  'preempt',
  'openGate',
  'awaitCalls',
  'awaitNotifications',
  'sleep',
  'check',
  'parse',
  'modelExec',
  'modelWait',
  'call',
] as const

function stepOf(fields: Fields): Step {
  const name = fields.oneOf('do', [...cellSteps, ...otherSteps])
  switch (name) {
    case 'exec':
    case 'wait':
    case 'terminate':
      return cellStepOf(name, fields)
    case 'shutdown':
    case 'openSession':
      return { do: name, session: sessionOf(fields) }
    case 'join':
    case 'cancel':
    case 'preempt':
      return { do: name, ref: fields.text('ref') }
    case 'openGate':
      return {
        do: name,
        session: sessionOf(fields),
        key: fields.optionalText('key') ?? '',
        value: fields.value('value') ?? null,
      }
    case 'awaitCalls':
    case 'awaitNotifications':
      return { do: name, session: sessionOf(fields), count: fields.number('count') }
    case 'sleep':
      return { do: name, ms: fields.number('ms'), jitterMs: fields.optionalNumber('jitterMs') ?? 0 }
    case 'check':
      return { do: name, session: sessionOf(fields), settleMs: fields.optionalNumber('settleMs') ?? 50 }
    case 'parse':
      return { do: name, input: fields.value('input') }
    case 'modelExec':
      return { do: name, input: fields.value('input'), callId: fields.optionalText('callId') }
    case 'modelWait':
      return { do: name, arguments: fields.value('arguments') }
    case 'call':
      return { do: name, fn: fields.text('fn'), args: fields.list('args', (argument) => argument) ?? [] }
    default:
      return name satisfies never
  }
}

function cellStepOf(name: (typeof cellSteps)[number], fields: Fields): CellStep {
  const operation = {
    session: sessionOf(fields),
    as: fields.optionalText('as'),
    timeoutMs: fields.optionalNumber('timeoutMs') ?? 20_000,
    maxTokens: fields.optionalNumber('maxTokens'),
  }
  if (name === 'terminate') return { ...operation, do: name, cell: fields.text('cell') }
  const yieldMs = fields.optionalNumber('yieldMs')
  if (name === 'wait') return { ...operation, do: name, yieldMs, cell: fields.text('cell') }
  return { ...operation, do: name, yieldMs, source: fields.text('source'), callId: fields.optionalText('callId') }
}

function sessionOf(fields: Fields): string {
  return fields.optionalText('session') ?? 'main'
}
