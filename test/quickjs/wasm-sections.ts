/** The state of an instance of a module other than its memory, as far as its code can change it. */
export type ModuleState = {
  /** Whether each global is mutable, in order. */
  readonly globals: readonly boolean[]
  readonly tables: number
  readonly memories: number
  /** The numbers of segments that an instance can drop: all but the active ones. */
  readonly passiveElements: number
  readonly passiveData: number
  /** The names of instructions that change a table or drop a segment. */
  readonly changes: readonly string[]
}

const sections = { table: 4, memory: 5, global: 6, element: 9, code: 10, data: 11 } as const

/** Instructions after the prefix 0xfc that change something other than the memory. */
const changingInstructions: Readonly<Record<number, string>> = {
  9: 'data.drop',
  12: 'table.init',
  13: 'elem.drop',
  14: 'table.copy',
  15: 'table.grow',
  17: 'table.fill',
}

/** The number of integers after an instruction with the prefix 0xfc. */
const prefixedImmediates = [0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 2, 1, 2, 1, 2, 1, 1, 1]

/** Reads the parts of a module that can hold state, and all of its instructions. Throws on an instruction that it does not know. */
export function readModuleState(bytes: Uint8Array): ModuleState {
  const reader = new Reader(bytes, 8)
  let [tables, memories, passiveElements, passiveData] = [0, 0, 0, 0]
  let globals: boolean[] = []
  const changes = new Set<string>()
  while (!reader.isAtEnd) {
    const id = reader.byte()
    const length = reader.integer()
    const part = reader.part(length)
    if (id === sections.table) tables = part.integer()
    if (id === sections.memory) memories = part.integer()
    if (id === sections.global) globals = readGlobals(part)
    // Their items are not read: each kind of flags but 0 fails the test.
    if (id === sections.element) passiveElements = part.integer() === 1 && part.integer() === 0 ? 0 : 1
    if (id === sections.code) readCode(part, changes)
    if (id === sections.data) passiveData = readData(part)
  }
  return { globals, tables, memories, passiveElements, passiveData, changes: [...changes] }
}

function readGlobals(part: Reader): boolean[] {
  return Array.from({ length: part.integer() }, () => {
    part.byte()
    const isMutable = part.byte() === 1
    readExpression(part, new Set())
    return isMutable
  })
}

/** Returns the number of passive segments. */
function readData(part: Reader): number {
  let passive = 0
  for (let left = part.integer(); left > 0; left--) {
    const flags = part.integer()
    if (flags === 1) passive++
    if (flags === 2) part.integer()
    if (flags !== 1) readExpression(part, new Set())
    part.part(part.integer())
  }
  return passive
}

function readCode(part: Reader, changes: Set<string>): void {
  for (let left = part.integer(); left > 0; left--) {
    const body = part.part(part.integer())
    for (let groups = body.integer(); groups > 0; groups--) {
      body.integer()
      body.byte()
    }
    while (!body.isAtEnd) readInstruction(body, changes)
  }
}

function readExpression(part: Reader, changes: Set<string>): void {
  while (readInstruction(part, changes) !== 0x0b);
}

function readInstruction(reader: Reader, changes: Set<string>): number {
  const code = reader.byte()
  if (code === 0xfc) readPrefixed(reader, changes)
  else if (code === 0x26) changes.add('table.set')
  else if (code === 0x41 || code === 0x42 || isBlock(code)) reader.integer()
  else if (code === 0x43) reader.part(4)
  else if (code === 0x44) reader.part(8)
  else if (code === 0x0e) for (let labels = reader.integer() + 1; labels > 0; labels--) reader.integer()
  else for (let integers = immediatesOf(code); integers > 0; integers--) reader.integer()
  return code
}

function readPrefixed(reader: Reader, changes: Set<string>): void {
  const code = reader.integer()
  const integers = prefixedImmediates[code]
  if (integers === undefined) throw new Error(`Cannot read instruction 0xfc ${code}`)
  for (let left = integers; left > 0; left--) reader.integer()
  const change = changingInstructions[code]
  if (change !== undefined) changes.add(change)
}

/** Whether an instruction has the type of a block. Types are read as integers: all have one byte, or are the number of a type. */
function isBlock(code: number): boolean {
  return code >= 0x02 && code <= 0x04
}

/** Returns the number of integers after an instruction. */
function immediatesOf(code: number): number {
  if (code === 0x0c || code === 0x0d || code === 0x10) return 1
  if (code === 0x11) return 2
  if (code >= 0x20 && code <= 0x25) return 1
  // Loads and stores have an alignment and an offset.
  if (code >= 0x28 && code <= 0x3e) return 2
  if (code === 0x3f || code === 0x40) return 1
  if (code <= 0x01 || code === 0x05 || code === 0x0b || code === 0x0f || code === 0x1a || code === 0x1b) return 0
  if (code >= 0x45 && code <= 0xc4) return 0
  throw new Error(`Cannot read instruction 0x${code.toString(16)}`)
}

class Reader {
  readonly #bytes: Uint8Array
  #at: number

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes
    this.#at = at
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length
  }

  byte(): number {
    const byte = this.#bytes[this.#at++]
    if (byte === undefined) throw new Error('Cannot read a module: it is too short')
    return byte
  }

  /** Reads an integer in LEB128. Signed ones have another value, but the same length. */
  integer(): number {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = this.byte()
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
    }
  }

  part(length: number): Reader {
    const from = this.#at
    this.#at += length
    return new Reader(this.#bytes.subarray(from, this.#at))
  }
}
