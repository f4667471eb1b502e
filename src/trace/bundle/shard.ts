import { CodecellError } from '../../errors.ts'
import { RecordIndex, type RecordLocation } from './record-index.ts'
import { RecordReader } from './record-reader.ts'

export type ShardFile = {
  readonly number: number
  readonly file: string
  /** The path inside the bundle. */
  readonly path: string
  /** Called with the size of each decompressed chunk; it can throw. */
  readonly spend: (bytes: number) => void
}

/** The size of a record's head: u16 length of the id, u64 length of the body, both little-endian. */
const headSize = 10

/** The maximum size of a shard that stays decompressed in memory, and the maximum number of records of a larger one. */
const maxResident = 2 ** 21
const maxRecords = 2 ** 24

/**
 * One shard. Its records are listed once; a body of a large shard is read by decompressing up to it, which is fast for bodies in
 * the order of the shard.
 */
export class Shard {
  readonly number: number
  /** False for a shard whose writer was killed: its file ends inside a frame. */
  readonly isSealed: boolean
  readonly #shard: ShardFile
  readonly #records: RecordIndex
  #resident: Buffer | undefined
  #reader: RecordReader | undefined

  /**
   * @throws {CodecellError} `TRACE_UNREADABLE` for damaged compression, `TRACE_INVALID` for a duplicate or a partial record
   */
  constructor(shard: ShardFile) {
    this.number = shard.number
    this.#shard = shard
    const reader = new RecordReader(shard.file, shard.path, shard.spend)
    try {
      const listed = listRecords(reader, shard.number)
      this.#records = listed.records
      this.isSealed = reader.isSealed()
      if (listed.isPartial && this.isSealed) throw invalid(`partial record in sealed shard ${shard.number}`)
    } finally {
      reader.close()
    }
  }

  find(id: string): RecordLocation | undefined {
    return this.#records.find(id)
  }

  read({ offset, length }: RecordLocation): string {
    if (this.#records.end <= maxResident) {
      this.#resident ??= this.#readAll()
      return this.#resident.toString('utf8', offset, offset + length)
    }
    const body = Buffer.allocUnsafe(length)
    const reader = this.#readerAt(offset)
    if (reader.readInto(body) < length) throw invalid(`partial record in shard ${this.number}`)
    return body.toString('utf8')
  }

  /** Releases what is in memory except the list of records. */
  release(): void {
    this.#resident = undefined
    this.#reader?.close()
    this.#reader = undefined
  }

  #readAll(): Buffer {
    const all = Buffer.allocUnsafe(this.#records.end)
    const reader = this.#readerAt(0)
    const count = reader.readInto(all)
    this.release()
    return all.subarray(0, count)
  }

  #readerAt(offset: number): RecordReader {
    if (this.#reader === undefined || this.#reader.position > offset) {
      this.#reader?.close()
      this.#reader = new RecordReader(this.#shard.file, this.#shard.path, this.#shard.spend)
    }
    this.#reader.skip(offset - this.#reader.position)
    return this.#reader
  }
}

/** Lists the records up to the end of the shard, or up to a partial one. */
function listRecords(
  reader: RecordReader,
  shard: number,
): { readonly records: RecordIndex; readonly isPartial: boolean } {
  const records = new RecordIndex()
  const head = Buffer.alloc(headSize)
  const name = Buffer.alloc(2 ** 16)
  for (;;) {
    const size = reader.readInto(head)
    if (size < headSize) return { records: checked(records, shard), isPartial: size > 0 }
    const id = name.subarray(0, head.readUInt16LE(0))
    const length = Number(head.readBigUInt64LE(2))
    const isNamed = reader.readInto(id) === id.length
    const offset = reader.position
    if (!isNamed || reader.skip(length) < length) return { records: checked(records, shard), isPartial: true }
    if (!records.add(id.toString('utf8'), { offset, length })) throw duplicate(id.toString('utf8'), shard)
    if (records.count > maxRecords) throw invalid(`shard ${shard} has more than ${maxRecords} records`)
  }
}

function checked(records: RecordIndex, shard: number): RecordIndex {
  const twice = records.duplicate()
  if (twice !== undefined) throw duplicate(twice, shard)
  return records
}

function duplicate(id: string, shard: number): CodecellError {
  return invalid(`duplicate payload ${id.slice(0, 200)} in shard ${shard}`)
}

function invalid(message: string): CodecellError {
  return new CodecellError('TRACE_INVALID', message)
}
