import { isAbsolute, join, normalize, sep } from 'node:path'
import { Fields } from '../values/fields.ts'
import type { AnswerCheck, CallsCheck, Check, FileCheck, RowsCheck } from './task.ts'

const checkTypes = ['answer', 'file', 'files', 'rows', 'calls', 'program'] as const

/**
 * Parses a check of a task file in a folder.
 *
 * @throws {TypeError} with the member and the expectation
 */
export function parseCheck(fields: Fields, folder: string): Check {
  const type = fields.choice('type', checkTypes)
  switch (type) {
    case 'answer':
      return answerCheck(fields)
    case 'file':
      return fileCheck(fields)
    case 'files':
      fields.refuseOthers(['type', 'path', 'names'])
      return { type, path: insidePath(fields, 'path'), names: fields.texts('names').toSorted() }
    case 'rows':
      return rowsCheck(fields)
    case 'calls':
      return callsCheck(fields)
    case 'program':
      fields.refuseOthers(['type', 'module'])
      return { type, module: join(folder, fields.text('module')) }
    default:
      return type satisfies never
  }
}

const answerForms = ['equals', 'oneOf', 'contains', 'matches', 'number', 'list', 'set'] as const

function answerCheck(fields: Fields): AnswerCheck {
  fields.refuseOthers(['type', 'within', ...answerForms])
  const type = 'answer'
  const form = oneForm(fields, answerForms)
  if (form !== 'number' && fields.has('within')) throw fields.wrong('within', 'nothing without "number"')
  switch (form) {
    case 'equals':
      return { type, expected: { form: 'oneOf', texts: [fields.text('equals')] } }
    case 'contains':
      return { type, expected: { form, texts: textOrTexts(fields, form) } }
    case 'matches':
      return { type, expected: { form, pattern: pattern(fields, form) } }
    case 'number': {
      const within = fields.has('within') ? fields.number('within') : 0
      if (within < 0) throw fields.wrong('within', 'a number from 0')
      return { type, expected: { form, number: fields.number(form), within } }
    }
    case 'oneOf':
    case 'list':
    case 'set':
      return { type, expected: { form, texts: someTexts(fields, form) } }
    default:
      return form satisfies never
  }
}

const fileForms = ['exists', 'equals', 'contains', 'matches', 'json'] as const

function fileCheck(fields: Fields): FileCheck {
  fields.refuseOthers(['type', 'path', ...fileForms])
  const start = { type: 'file', path: insidePath(fields, 'path') } as const
  const form = oneForm(fields, fileForms)
  switch (form) {
    case 'exists':
      return { ...start, expected: { form, exists: fields.booleanOr(form, true) } }
    case 'equals': {
      const text = fields.value(form)
      if (typeof text !== 'string') throw fields.wrong(form, 'a string')
      return { ...start, expected: { form, text } }
    }
    case 'contains':
      return { ...start, expected: { form, texts: textOrTexts(fields, form) } }
    case 'matches':
      return { ...start, expected: { form, pattern: pattern(fields, form) } }
    case 'json':
      return { ...start, expected: { form, json: fields.value(form) } }
    default:
      return form satisfies never
  }
}

function rowsCheck(fields: Fields): RowsCheck {
  fields.refuseOthers(['type', 'database', 'sql', 'equals'])
  const equals = fields.list('equals').map((row): readonly unknown[] => {
    if (!Array.isArray(row)) throw fields.wrong('equals', 'a list of rows, each a list of values')
    return row
  })
  return { type: 'rows', database: insidePath(fields, 'database'), sql: fields.text('sql'), equals }
}

function callsCheck(fields: Fields): CallsCheck {
  fields.refuseOthers(['type', 'tool', 'count', 'min', 'max', 'where', 'succeeded'])
  const tool = fields.text('tool')
  if (!tool.includes('/')) throw fields.wrong('tool', '"SERVER/TOOL", in which * stands for any characters')
  const count = fields.countOr('count', null)
  if (count !== null && (fields.has('min') || fields.has('max'))) {
    throw fields.wrong('count', 'nothing together with "min" or "max"')
  }
  if (count === null && !fields.has('min') && !fields.has('max')) throw fields.wrong('count', 'an integer from 0')
  const where = fields.has('where') ? fields.value('where') : {}
  const min = count ?? fields.countOr('min', 0)
  const max = count ?? fields.countOr('max', Infinity)
  return { type: 'calls', tool, min, max, where, succeeded: fields.booleanOr('succeeded', null) }
}

/** Returns the only form that a check has. A check without one would pass always. */
function oneForm<Form extends string>(fields: Fields, forms: readonly Form[]): Form {
  const given = forms.filter((form) => fields.has(form))
  const [form] = given
  if (form !== undefined && given.length === 1) return form
  const got = given.length === 0 ? 'none' : given.join(' and ')
  throw new TypeError(`${fields.where}: expected one of ${forms.join(', ')}, got ${got}`)
}

function textOrTexts(fields: Fields, name: string): readonly string[] {
  return Array.isArray(fields.value(name)) ? someTexts(fields, name) : [fields.text(name)]
}

function someTexts(fields: Fields, name: string): readonly string[] {
  const texts = fields.texts(name)
  if (texts.length === 0 || texts.includes('')) throw fields.wrong(name, 'a list of strings that are not empty')
  return texts
}

function pattern(fields: Fields, name: string): RegExp {
  try {
    return new RegExp(fields.text(name), 'iu')
  } catch {
    throw fields.wrong(name, 'a regular expression')
  }
}

/** Returns a path below the folder of the run. */
function insidePath(fields: Fields, name: string): string {
  const path = normalize(fields.text(name))
  if (isAbsolute(path) || path.split(sep).includes('..'))
    throw fields.wrong(name, 'a relative path below the folder of the run')
  return path
}
