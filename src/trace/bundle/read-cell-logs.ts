import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { CodecellError, messageOf } from '../../errors.ts'
import { fileInside, isInside, jsonOf, readLines, realPath, unreadable } from './bundle-files.ts'
import {
  parseCellRecordHead,
  parseCellRecordLine,
  type CellRecordHead,
  type CellRecordLine,
} from '../format/cell-log.ts'

/** The folder of a bundle that has the records, `<number>.jsonl` each. */
const folder = 'cells'

/** The records of a bundle, in the order in which their cells were started. One that was cut in its first line is passed over. */
export function* findCellRecords(root: string): Generator<{ readonly path: string; readonly head: CellRecordHead }> {
  for (const number of recordNumbers(root)) {
    const path = `${folder}/${number}.jsonl`
    for (const { text, isWhole } of readLines(fileInside(root, path))) {
      if (isWhole) yield { path, head: parseCellRecordHead(jsonOf(text, path)) }
      break
    }
  }
}

function recordNumbers(root: string): number[] {
  const names = namesIn(root).map((name) => /^([1-9]\d{0,9})\.jsonl$/.exec(name)?.[1])
  return names.flatMap((name) => (name === undefined ? [] : [Number(name)])).toSorted((left, right) => left - right)
}

function namesIn(root: string): readonly string[] {
  const place = join(root, folder)
  if (lstatSync(place, { throwIfNoEntry: false }) === undefined) return []
  const real = realPath(place, folder)
  if (!isInside(root, real)) throw unreadable(folder, 'it leads out of the bundle')
  try {
    return readdirSync(real)
  } catch (cause) {
    throw unreadable(folder, messageOf(cause), cause)
  }
}

/** What a record says after its first line. A cut last line is its end. Throws `TRACE_INVALID`, `TRACE_UNREADABLE`. */
export function* readCellRecord(root: string, path: string): Generator<CellRecordLine> {
  let number = 0
  for (const { text, isWhole } of readLines(fileInside(root, path))) {
    number++
    if (number === 1) parseCellRecordHead(jsonOf(text, path))
    else if (isWhole) yield lineOf(text, path, number)
  }
}

function lineOf(text: string, path: string, number: number): CellRecordLine {
  try {
    return parseCellRecordLine(jsonOf(text, `line ${number}`))
  } catch (cause) {
    throw new CodecellError('TRACE_INVALID', `Cannot read line ${number} of ${path}`, { cause })
  }
}
