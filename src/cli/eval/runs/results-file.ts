import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '../../../errors.ts'
import { CommandError, exitCodes } from '../../common/exit-codes.ts'
import { differenceOf, parseHeader, type EvalHeader } from './eval-settings.ts'
import { keyText, parseRunRecord, type RunKey, type RunRecord } from './run-record.ts'

const fileName = 'results.jsonl'

/** The results of an evaluation in a folder: JSON lines, one header and one line for each finished run. */
export class ResultsFile {
  readonly folder: string
  readonly #file: string
  readonly #records = new Map<string, RunRecord>()

  /**
   * Opens the results of a folder, or creates them. A line that a killed process did not complete is removed.
   *
   * @throws {CommandError} when the folder has other files, or results of another evaluation
   */
  constructor(folder: string, wanted: EvalHeader) {
    this.folder = folder
    this.#file = join(folder, fileName)
    try {
      mkdirSync(folder, { recursive: true })
      if (existsSync(this.#file)) this.#read(wanted)
      else this.#create(wanted)
    } catch (error) {
      if (error instanceof CommandError) throw error
      throw wrongFolder(folder, messageOf(error))
    }
  }

  get records(): readonly RunRecord[] {
    return [...this.#records.values()]
  }

  /** Whether a run has finished. One with an error runs again. */
  has(key: RunKey): boolean {
    const record = this.#records.get(keyText(key))
    return record !== undefined && record.status !== 'error'
  }

  add(record: RunRecord): void {
    this.#append(record)
    this.#records.set(keyText(record), record)
  }

  #create(wanted: EvalHeader): void {
    if (readdirSync(this.folder).length > 0) {
      throw wrongFolder(this.folder, 'expected a new or empty folder, or one with the results of an evaluation')
    }
    this.#append(wanted)
  }

  #read(wanted: EvalHeader): void {
    const text = readFileSync(this.#file, 'utf8')
    const end = text.lastIndexOf('\n') + 1
    if (end < text.length) truncateSync(this.#file, Buffer.byteLength(text.slice(0, end)))
    const [first, ...lines] = text.slice(0, end).split('\n').slice(0, -1)
    if (first === undefined) return this.#append(wanted)
    const header = parseHeader(JSON.parse(first))
    const difference = differenceOf(headerAfter(header, lines), wanted)
    if (difference !== null) throw wrongFolder(this.folder, `${difference}; use another folder`)
    for (const [at, line] of lines.entries()) this.#readLine(line, at + 2)
    // Tasks that the earlier evaluation did not have.
    const known = headerAfter(header, lines).tasks
    const added = Object.entries(wanted.tasks).filter(([id]) => known[id] === undefined)
    if (added.length > 0) this.#append({ addedTasks: Object.fromEntries(added) })
  }

  #readLine(line: string, number: number): void {
    const value: unknown = JSON.parse(line)
    if (addedTasksIn(value) !== null) return
    const record = parseRunRecord(value, `line ${number}`)
    this.#records.set(keyText(record), record)
  }

  #append(value: object): void {
    appendFileSync(this.#file, `${JSON.stringify(value)}\n`)
  }
}

/** Returns the header with the tasks that later lines have added. */
function headerAfter(header: EvalHeader, lines: readonly string[]): EvalHeader {
  const added = lines.flatMap((line) => Object.entries(addedTasksIn(JSON.parse(line)) ?? {}))
  return { ...header, tasks: { ...header.tasks, ...Object.fromEntries(added) } }
}

function addedTasksIn(value: unknown): Readonly<Record<string, string>> | null {
  if (typeof value !== 'object' || value === null || !('addedTasks' in value)) return null
  const entries = Object.entries(value.addedTasks ?? {})
  return Object.fromEntries(entries.map(([id, digest]) => [id, String(digest)]))
}

function wrongFolder(folder: string, reason: string): CommandError {
  return new CommandError(exitCodes.usage, `Cannot use the results in ${folder}: ${reason}`)
}
