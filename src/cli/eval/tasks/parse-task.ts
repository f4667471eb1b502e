import { join } from 'node:path'
import { Fields } from '../values/fields.ts'
import { parseCheck } from './parse-check.ts'
import type { RunLimits, Task } from './task.ts'

const taskMembers = ['id', 'prompt', 'tags', 'servers', 'fixtures', 'limits', 'checks']

/**
 * Parses a task of a file in a folder.
 *
 * @throws {TypeError} with the member and the expectation
 */
export function parseTask(value: unknown, folder: string, where: string): Task {
  const fields = new Fields(where, value)
  fields.refuseOthers(taskMembers)
  const id = fields.text('id')
  // The id is part of the names of folders.
  if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(id)) throw fields.wrong('id', 'lower-case letters, digits and "-", at most 64')
  const named = new Fields(`task ${id}`, value)
  const checks = named
    .list('checks')
    .map((check, at) => parseCheck(new Fields(`${named.where}.checks[${at}]`, check), folder))
  if (checks.length === 0) throw named.wrong('checks', 'at least one check')
  const prompt = named.value('prompt')
  const fixtures = named.textOr('fixtures', null)
  return {
    id,
    prompt: Array.isArray(prompt) ? named.texts('prompt').join('\n') : named.text('prompt'),
    tags: named.textsOr('tags', []),
    servers: named.textsOr('servers', []),
    fixtures: fixtures === null ? null : join(folder, fixtures),
    limits: named.has('limits') ? parseLimits(named.fields('limits')) : {},
    checks,
  }
}

function parseLimits(fields: Fields): Partial<RunLimits> {
  const names = ['maxTurns', 'maxTokens', 'maxSeconds'] as const
  fields.refuseOthers(names)
  const given = names.flatMap((name) => (fields.has(name) ? [[name, fields.countOr(name, 1, 1)] as const] : []))
  return Object.fromEntries(given)
}
