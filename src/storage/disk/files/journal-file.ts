import { createHash } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { BoundedMap } from '../../../collections/bounded-map.ts'
import type { JournaledCommand, StartCommand } from '../../../protocol/command.ts'
import type { EnginePrint } from '../../../protocol/engine-print.ts'
import { EventFingerprints } from '../../event-fingerprints.ts'
import type { Journal } from '../../journal.ts'
import { AppendFile } from './append-file.ts'
import { ownerOf, readJournal, type JournalContent } from './journal-content.ts'
import type { JournalLine } from './journal-line.ts'
import { logLine } from './checksummed-line.ts'
import { identityOf } from '../common/ownership.ts'
import { sessionInvalid, storageFailed } from '../common/storage-error.ts'

/** Longer identical results are written once, in characters. */
const longAnswer = 256
/** Maximum number of different long results that are remembered per cell. */
const maxRemembered = 64

/** The append-only file of one cell: its commands, when its timers are due, and the outputs that it loaded. */
export class JournalFile {
  readonly path: string
  readonly #file: AppendFile
  /** Offsets of long results, by their digest. */
  readonly #known = new BoundedMap<string, number>(maxRemembered)
  /** Fingerprints of the events of the cell, in this process or before. */
  readonly prints: EventFingerprints = new EventFingerprints()
  /** The number of fingerprints in the file. */
  #printed = 0
  #engine: EnginePrint | null = null
  #size = 0
  #lines = 0
  #count = 0
  #isRemoved = false
  /** The lines that `reopen` has read, until the end of the turn: the cell that resumes reads them again. */
  #reopened: readonly JournalLine[] | null = null
  readonly #isSynced: boolean

  constructor(path: string, options: { readonly fsync: boolean }) {
    this.path = path
    this.#isSynced = options.fsync
    this.#file = new AppendFile(path, options)
  }

  get isWhole(): boolean {
    return this.#file.isWhole
  }

  /** The number of commands. */
  get count(): number {
    return this.#count
  }

  /** The engine that the cell ran on last; null before its first host. */
  get engine(): EnginePrint | null {
    return this.#engine
  }

  recordEngine(engine: EnginePrint): void {
    this.#engine = engine
    this.add({ type: 'host', reason: null, engine })
  }

  /** Appends a line; `flush` writes what could not be written at once. */
  add(line: JournalLine): void {
    if (this.#isRemoved) return
    // The events before this command do not depend on it.
    if (line.type === 'given') this.#addPrints()
    const written = line.type === 'given' ? this.#shortened(line.command) : line
    const bytes = logLine(ownerOf(this.path), this.#lines++, written)
    if (line.type === 'given') this.#count++
    this.#size += bytes.length
    this.#file.add(bytes)
  }

  /** Throws `STORAGE_FAILED` when a line that waits cannot be written. */
  flush(): void {
    if (this.#isRemoved) return
    this.#addPrints()
    this.#file.flush()
  }

  #addPrints(): void {
    const from = this.#printed
    if (this.prints.count === from) return
    this.#printed = this.prints.count
    const bytes = this.prints.bytesFrom(from)
    this.add({ type: 'events', from, prints: Buffer.from(bytes.buffer).toString('base64') })
  }

  /**
   * Returns all lines, with every result in full.
   *
   * @throws {CodecellError} `SESSION_INVALID` when lines are missing
   */
  read(): readonly JournalLine[] {
    if (this.#size === 0) return []
    if (this.#reopened?.length === this.#lines) return this.#reopened
    if (this.#file.isWhole && !existsSync(this.path)) {
      throw sessionInvalid(this.path, 'the journal of a cell is missing')
    }
    const lines = this.#wholeLines(readJournal(this.path, this.#content()))
    if (lines.length !== this.#lines) {
      throw sessionInvalid(this.path, `the journal of a cell has ${lines.length} of ${this.#lines} lines`)
    }
    return lines
  }

  #wholeLines({ lines }: JournalContent): readonly JournalLine[] {
    const answers = new Map<number, string>()
    return lines.map(({ line, offset }) => whole(line, offset, answers) ?? this.#fail(offset))
  }

  /**
   * Creates the file, so that it is missing only when it was removed from outside.
   *
   * @throws {CodecellError} `STORAGE_FAILED`
   */
  create(): void {
    this.#file.create()
  }

  /**
   * Reads a file of an earlier process, and replaces it by a copy without a torn end. If that process lost the session
   * without noticing, its later writes are not in the copy.
   *
   * @throws {CodecellError} `SESSION_INVALID`, `STORAGE_FAILED`
   */
  reopen(): readonly JournalLine[] {
    if (!existsSync(this.path)) throw sessionInvalid(this.path, 'the journal of a cell is missing')
    const bytes = this.#content()
    const content = readJournal(this.path, bytes)
    this.#replace(bytes.subarray(0, content.end))
    const lines = this.#wholeLines(content)
    this.#size = content.end
    this.#lines = lines.length
    this.#count = lines.filter(({ type }) => type === 'given').length
    for (const line of lines) if (line.type === 'events') this.#takePrints(line)
    this.#engine = engineOfLines(lines)
    this.#reopened = lines
    setImmediate(() => (this.#reopened = null))
    const lastHost = lines.findLast((line) => line.type === 'host')
    // Host failures of that process do not concern this one.
    if (lastHost !== undefined && lastHost.reason !== null) this.add({ type: 'host', reason: null })
    return lines
  }

  #replace(content: Buffer): void {
    const copy = `${this.path}.copy`
    try {
      const descriptor = openSync(copy, 'w', 0o600)
      try {
        for (let from = 0; from < content.length;) from += writeSync(descriptor, content, from)
        if (this.#isSynced) fsyncSync(descriptor)
        this.#file.expect(identityOf(copy))
      } finally {
        closeSync(descriptor)
      }
      renameSync(copy, this.path)
    } catch (cause) {
      throw storageFailed(this.path, cause)
    }
  }

  #takePrints({ from, prints }: Extract<JournalLine, { readonly type: 'events' }>): void {
    if (from !== this.prints.count)
      throw sessionInvalid(this.path, `events are missing after event ${this.prints.count}`)
    this.prints.append(new EventFingerprints(Buffer.from(prints, 'base64')))
    this.#printed = this.prints.count
  }

  remove(): void {
    this.#isRemoved = true
    this.#file.close()
    try {
      if (this.#file.isInPlace) rmSync(this.path, { force: true })
    } catch {
      // The cell has ended: its journal is not read again.
    }
  }

  close(): void {
    this.#file.close()
  }

  /** Returns the content of the file, and the lines that wait. */
  #content(): Buffer {
    try {
      const written = existsSync(this.path) ? readFileSync(this.path) : Buffer.alloc(0)
      return this.#file.isWhole ? written : Buffer.concat([written, ...this.#file.waiting])
    } catch (cause) {
      throw storageFailed(this.path, cause)
    }
  }

  #fail(offset: number): never {
    throw sessionInvalid(this.path, `the line at ${offset} refers to a result that does not exist`)
  }

  #shortened(command: JournaledCommand): JournalLine {
    if (command.type === 'timeout_fired' || command.body.length < longAnswer) return { type: 'given', command }
    const digest = createHash('sha256').update(command.body).digest('base64')
    const same = this.#known.get(digest)
    if (same !== undefined) return { type: 'given_again', command: { ...command, body: '' }, same }
    this.#known.set(digest, this.#size)
    return { type: 'given', command }
  }
}

/** Returns the engine of the last host of a cell; null before its first host, and in older journals. */
export function engineOfLines(lines: readonly JournalLine[]): EnginePrint | null {
  const hosts = lines.filter((line) => line.type === 'host')
  return hosts.findLast(({ engine }) => engine !== undefined)?.engine ?? null
}

/** Returns a line with its result in full; null when the result it refers to does not exist. */
function whole(line: JournalLine, offset: number, answers: Map<number, string>): JournalLine | null {
  if (line.type === 'given' && line.command.type !== 'timeout_fired') {
    if (line.command.body.length >= longAnswer) answers.set(offset, line.command.body)
    return line
  }
  if (line.type !== 'given_again') return line
  const body = answers.get(line.same)
  if (body === undefined || line.command.type === 'timeout_fired') return null
  return { type: 'given', command: { ...line.command, body } }
}

/** The journal of a run in a file; only its size is kept in memory. */
export class DiskJournal implements Journal {
  readonly start: StartCommand
  readonly storedValues: ReadonlyMap<string, string>
  readonly #file: JournalFile
  readonly fingerprints: EventFingerprints
  #outputs: Map<number, string | null> | null = null

  constructor(file: JournalFile, start: StartCommand, storedValues: ReadonlyMap<string, string>) {
    this.#file = file
    this.fingerprints = file.prints
    this.start = start
    this.storedValues = storedValues
  }

  get count(): number {
    return this.#file.count
  }

  get engine(): EnginePrint | null {
    return this.#file.engine
  }

  recordEngine(engine: EnginePrint): void {
    this.#file.recordEngine(engine)
  }

  append(command: JournaledCommand): void {
    this.#file.add({ type: 'given', command })
  }

  retainedOutput(cell: number, read: (cell: number) => string | null): string | null {
    this.#outputs ??= outputsOf(this.#file)
    const known = this.#outputs.get(cell)
    if (known !== undefined) return known
    const body = read(cell)
    this.#outputs.set(cell, body)
    this.#file.add({ type: 'output', output: cell, body })
    return body
  }

  *commands(): Generator<JournaledCommand> {
    for (const line of this.#file.read()) if (line.type === 'given') yield line.command
  }
}

function outputsOf(file: JournalFile): Map<number, string | null> {
  return new Map(file.read().flatMap((line) => (line.type === 'output' ? [[line.output, line.body] as const] : [])))
}
