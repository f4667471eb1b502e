import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { newFolder } from '../../../../test/support/folder.ts'
import { loadTasks, ownTasks, selectTasks } from './load-tasks.ts'
import type { Task } from './task.ts'

const task = { id: 'one', prompt: 'Do it', checks: [{ type: 'answer', equals: 'x' }] }

/** Returns a folder with a file of tasks. */
function folderWith(content: unknown): string {
  const folder = newFolder()
  writeFileSync(join(folder, 'tasks.json'), typeof content === 'string' ? content : JSON.stringify(content))
  return folder
}

function idsOf(tasks: readonly Task[]): readonly string[] {
  return tasks.map(({ id }) => id)
}

describe('loadTasks()', () => {
  test('reads tasks, one or a list in a file, by their ids', () => {
    const folder = folderWith([{ ...task, id: 'two' }, task])
    const limits = { maxTurns: 3 }
    writeFileSync(
      join(folder, 'more.json'),
      JSON.stringify({ ...task, id: 'a', prompt: ['x', 'y'], fixtures: 'f', limits }),
    )
    mkdirSync(join(folder, 'f'))
    const { tasks, config } = loadTasks(folder)
    expect(idsOf(tasks)).toEqual(['a', 'one', 'two'])
    expect(tasks[0]).toMatchObject({ prompt: 'x\ny', fixtures: join(folder, 'f'), limits, servers: [], tags: [] })
    expect(config).toBeNull()
    expect(idsOf(loadTasks(join(folder, 'more.json')).tasks)).toEqual(['a'])
  })

  test.each([
    ['nonsense', 'is not valid JSON'],
    [7, 'expected a task or a list of tasks'],
    [[], 'expected JSON files with tasks'],
    [[7], 'tasks.json[0]: expected an object, got 7'],
    [{ ...task, id: 'A b' }, 'tasks.json.id: expected lower-case letters, digits and "-", at most 64, got "A b"'],
    [{ ...task, id: '../x' }, 'tasks.json.id: expected lower-case letters'],
    [{ ...task, prmpt: 1 }, 'tasks.json: expected only the members id, prompt,'],
    [{ ...task, prompt: '' }, 'task one.prompt: expected a string that is not empty, got ""'],
    [{ ...task, checks: [] }, 'task one.checks: expected at least one check, got []'],
    [{ ...task, checks: undefined }, 'task one.checks: expected a list, got nothing'],
    [{ ...task, limits: { maxTurns: 0 } }, 'task one.limits.maxTurns: expected an integer from 1, got 0'],
    [{ ...task, limits: { turns: 1 } }, 'task one.limits: expected only the members'],
    [{ ...task, servers: ['s'] }, 'expected the file mcp.json with the servers'],
    [[task, task], 'the id "one" occurs twice'],
  ])('refuses %j', (content, reason) => {
    const folder = folderWith(content)
    expect(() => loadTasks(folder)).toThrow(reason)
    expect(() => loadTasks(folder)).toThrow('Cannot read tasks from ')
  })

  test.each([
    [{}, 'checks[0].type: expected one of answer, file, files, rows, calls, program, got nothing'],
    [{ type: 'answer' }, 'checks[0]: expected one of equals, oneOf, contains, matches, number, list, set, got none'],
    [{ type: 'answer', equals: 'a', number: 1 }, 'got equals and number'],
    [{ type: 'answer', equals: '' }, 'checks[0].equals: expected a string that is not empty'],
    [{ type: 'answer', equals: 'a', within: 1 }, 'within: expected nothing without "number"'],
    [{ type: 'answer', number: 1, within: -1 }, 'within: expected a number from 0'],
    [{ type: 'answer', number: '1' }, 'number: expected a number, got "1"'],
    [{ type: 'answer', set: [] }, 'set: expected a list of strings that are not empty'],
    [{ type: 'answer', contains: [''] }, 'contains: expected a list of strings that are not empty'],
    [{ type: 'answer', matches: '(' }, 'matches: expected a regular expression, got "("'],
    [{ type: 'answer', equal: 'a' }, 'expected only the members'],
    [{ type: 'file', path: '../x', exists: true }, 'path: expected a relative path below the folder of the run'],
    [{ type: 'file', path: 'a/../../x', exists: true }, 'path: expected a relative path'],
    [{ type: 'file', path: '/etc/passwd', exists: true }, 'path: expected a relative path'],
    [{ type: 'file', path: 'x' }, 'expected one of exists, equals, contains, matches, json, got none'],
    [{ type: 'files', path: 'x' }, 'names: expected a list of strings'],
    [
      { type: 'rows', database: 'x.db', sql: 'SELECT 1', equals: [1] },
      'equals: expected a list of rows, each a list of values',
    ],
    [{ type: 'rows', database: '../x.db', sql: 'SELECT 1', equals: [] }, 'database: expected a relative path'],
    [{ type: 'calls', tool: 'put', count: 1 }, 'tool: expected "SERVER/TOOL"'],
    [{ type: 'calls', tool: 's/put' }, 'count: expected an integer from 0, got nothing'],
    [{ type: 'calls', tool: 's/put', count: 1, max: 1 }, 'count: expected nothing together with "min" or "max"'],
    [{ type: 'calls', tool: 's/put', count: 1.5 }, 'count: expected an integer from 0, got 1.5'],
    [{ type: 'program' }, 'module: expected a string'],
  ])('refuses the check %j', (check, reason) => {
    expect(() => loadTasks(folderWith({ ...task, checks: [check] }))).toThrow(reason)
  })

  test('refuses a path that does not exist', () => {
    expect(() => loadTasks('/no/such/tasks')).toThrow('Cannot read tasks: not found: "/no/such/tasks"')
  })
})

describe('selectTasks()', () => {
  const all = loadTasks(ownTasks())

  test.each([
    [['shop-order-status'], [], 1],
    [['shop-*'], [], 8],
    [['shop-*', 'mail-*'], [], 12],
    [['*'], ['lookup'], 7],
    [['shop-*'], ['lookup'], 2],
    [[], [], 40],
  ])('selects tasks by %j and the tags %j', (patterns, tags, count) => {
    expect(selectTasks(all, { patterns, tags }).tasks).toHaveLength(count)
  })

  test.each([
    [['shp-*'], [], 'no task fits "shp-*"'],
    [[], ['lookups'], 'no task has the tag "lookups"'],
    [['files-archive-notes'], ['lookup'], 'no task fits both --task and --tag'],
  ])('refuses %j with the tags %j', (patterns, tags, reason) => {
    expect(() => selectTasks(all, { patterns, tags })).toThrow(reason)
  })
})
