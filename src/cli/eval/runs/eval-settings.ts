import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { apiNames, type ApiName } from '../models/endpoint.ts'
import type { RunLimits, TaskSet } from '../tasks/task.ts'
import { Fields, isObject } from '../values/fields.ts'

/** The settings that results depend on. All results of a folder have the same ones. */
export type EvalSettings = {
  readonly model: string
  readonly api: ApiName
  /** The URL without user, query and path of the API. */
  readonly baseUrl: string
  readonly limits: RunLimits
  readonly maxOutputTokens: number | null
  readonly seed: number | null
  readonly execForm: 'function' | 'custom'
  readonly params: Readonly<Record<string, unknown>>
}

/** The first line of the results file. */
export type EvalHeader = EvalSettings & {
  readonly format: 1
  readonly codecell: string
  /** Digests of the tasks that have run, by their ids. */
  readonly tasks: Readonly<Record<string, string>>
}

/** Returns a digest of each task and of the configuration of the servers, to detect that they have changed. */
export function taskDigests({ tasks, folder, config }: TaskSet): Readonly<Record<string, string>> {
  const servers = config === null ? '' : readFileSync(config, 'utf8')
  return Object.fromEntries(
    tasks.map((task) => {
      const plain = JSON.stringify(task, (_name, value: unknown) => (value instanceof RegExp ? value.source : value))
      // The folder can be at another path.
      const moved = plain.replaceAll(JSON.stringify(folder).slice(1, -1), '')
      const hash = createHash('sha256').update(`${moved}\n${task.servers.length === 0 ? '' : servers}`)
      return [task.id, hash.digest('hex').slice(0, 16)]
    }),
  )
}

/** @throws {TypeError} for a line of another form */
export function parseHeader(value: unknown): EvalHeader {
  const fields = new Fields('line 1', value)
  if (fields.value('format') !== 1) throw fields.wrong('format', '1')
  const limits = fields.fields('limits')
  const { params, tasks } = { params: fields.value('params'), tasks: fields.value('tasks') }
  if (!isObject(params)) throw fields.wrong('params', 'an object')
  if (!isObject(tasks)) throw fields.wrong('tasks', 'an object')
  return {
    format: 1,
    codecell: fields.text('codecell'),
    model: fields.text('model'),
    api: fields.choice('api', apiNames),
    baseUrl: fields.text('baseUrl'),
    limits: {
      maxTurns: limits.number('maxTurns'),
      maxTokens: limits.number('maxTokens'),
      maxSeconds: limits.number('maxSeconds'),
    },
    maxOutputTokens: fields.value('maxOutputTokens') === null ? null : fields.number('maxOutputTokens'),
    seed: fields.value('seed') === null ? null : fields.number('seed'),
    execForm: fields.choice('execForm', ['function', 'custom']),
    params,
    tasks: Object.fromEntries(Object.entries(tasks).map(([id, digest]) => [id, String(digest)])),
  }
}

/** The settings that must be equal, in the order of their importance. */
const settingNames = [
  'model',
  'api',
  'baseUrl',
  'limits',
  'maxOutputTokens',
  'seed',
  'execForm',
  'params',
] as const satisfies readonly (keyof EvalSettings)[]

/** Returns the first difference between earlier results and an evaluation; null without one. */
export function differenceOf(earlier: EvalHeader, wanted: EvalHeader): string | null {
  for (const name of settingNames) {
    const [one, other] = [JSON.stringify(earlier[name]), JSON.stringify(wanted[name])]
    if (one !== other) return `${name} is ${one} there, not ${other}`
  }
  const changed = Object.entries(wanted.tasks).find(([id, digest]) => (earlier.tasks[id] ?? digest) !== digest)
  return changed === undefined ? null : `the task "${changed[0]}" has changed since`
}
