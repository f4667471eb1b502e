import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { messageOf } from '../../../errors.ts'
import { packageFile } from '../../../package/package-file.ts'
import { CommandError, exitCodes } from '../../common/exit-codes.ts'
import { fits } from '../values/glob.ts'
import { isObject } from '../values/fields.ts'
import { parseTask } from './parse-task.ts'
import type { Task, TaskSet } from './task.ts'

const configName = 'mcp.json'

/** The tasks of this package. */
export function ownTasks(): string {
  return fileURLToPath(packageFile('eval/tasks'))
}

/**
 * Reads the tasks of a folder: each JSON file except `mcp.json` has a task or a list of tasks. A file selects its own tasks.
 *
 * @throws {CommandError} for a wrong file, with the member and the expectation
 */
export function loadTasks(path: string): TaskSet {
  const { folder, files } = filesOf(resolve(path))
  const tasks = files.flatMap((file) => tasksIn(file, folder))
  const ids = tasks.map(({ id }) => id)
  const repeated = ids.find((id, at) => ids.indexOf(id) !== at)
  if (repeated !== undefined) throw wrongTasks(folder, `the id "${repeated}" occurs twice`)
  if (tasks.length === 0) throw wrongTasks(folder, 'expected JSON files with tasks')
  const config = join(folder, configName)
  const needsServers = tasks.some(({ servers }) => servers.length > 0)
  if (needsServers && !existsSync(config)) throw wrongTasks(folder, `expected the file ${configName} with the servers`)
  return {
    folder,
    config: needsServers ? config : null,
    tasks: tasks.toSorted((one, other) => (one.id < other.id ? -1 : 1)),
  }
}

/** Returns the tasks whose id fits one of the patterns and that have one of the tags; without patterns or tags all. */
export function selectTasks(
  { folder, config, tasks }: TaskSet,
  { patterns, tags }: { readonly patterns: readonly string[]; readonly tags: readonly string[] },
): TaskSet {
  const unknown = [
    ...patterns
      .filter((pattern) => !tasks.some(({ id }) => fits(pattern, id)))
      .map((pattern) => `no task fits "${pattern}"`),
    ...tags
      .filter((tag) => !tasks.some((task) => task.tags.includes(tag)))
      .map((tag) => `no task has the tag "${tag}"`),
  ]
  if (unknown.length > 0) throw wrongTasks(folder, unknown.join('; '))
  const selected = tasks.filter(
    (task) =>
      (patterns.length === 0 || patterns.some((pattern) => fits(pattern, task.id))) &&
      (tags.length === 0 || tags.some((tag) => task.tags.includes(tag))),
  )
  if (selected.length === 0) throw wrongTasks(folder, 'no task fits both --task and --tag')
  return { folder, config, tasks: selected }
}

function filesOf(path: string): { readonly folder: string; readonly files: readonly string[] } {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory()
  if (isFolder === undefined) throw new CommandError(exitCodes.usage, `Cannot read tasks: not found: "${path}"`)
  if (!isFolder) return { folder: dirname(path), files: [path] }
  const names = readdirSync(path).filter((name) => name.endsWith('.json') && name !== configName)
  return { folder: path, files: names.toSorted().map((name) => join(path, name)) }
}

function tasksIn(file: string, folder: string): readonly Task[] {
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8'))
    const name = basename(file)
    if (Array.isArray(content)) return content.map((task, at) => parseTask(task, folder, `${name}[${at}]`))
    if (!isObject(content)) throw new TypeError('expected a task or a list of tasks')
    return [parseTask(content, folder, name)]
  } catch (error) {
    throw wrongTasks(file, messageOf(error))
  }
}

function wrongTasks(path: string, reason: string): CommandError {
  return new CommandError(exitCodes.usage, `Cannot read tasks from ${path}: ${reason}`)
}
