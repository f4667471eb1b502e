import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { CodecellError, messageOf } from '../../errors.ts'
import { fileInside, isInside, jsonOf, readLines, realPath, unreadable } from './bundle-files.ts'
import { parseCellLogHead, parseCellLogLine, type CellLogHead, type CellLogLine } from '../format/cell-log.ts'

/** The folder of the cell logs, `<number>.jsonl` each. */
const folder = 'cells'

/** Lists the cell logs of a bundle in the order in which the cells started. A log that was cut in its first line is skipped. */
export function* findCellRecords(root: string): Generator<{ readonly path: string; readonly head: CellLogHead }> {
  for (const number of recordNumbers(root)) {
    const path = `${folder}/${number}.jsonl`
    for (const { text, isWhole } of readLines(fileInside(root, path))) {
      if (isWhole) yield { path, head: parseCellLogHead(jsonOf(text, path)) }
      break
    }
  }
}

function recordNumbers(root: string): number[] {
  const names = namesIn(root).map((name) => /^([1-9]\d{0,9})\.jsonl$/.exec(name)?.[1])
  return names.flatMap((name) => (name === undefined ? [] : [Number(name)])).toSorted((left, right) => left - right)
}

function namesIn(root: string): readonly string[] {
  const target = join(root, folder)
  if (lstatSync(target, { throwIfNoEntry: false }) === undefined) return []
  const real = realPath(target, folder)
  if (!isInside(root, real)) throw unreadable(folder, 'the link leads out of the bundle')
  try {
    return readdirSync(real)
  } catch (cause) {
    throw unreadable(folder, messageOf(cause), cause)
  }
}

/** Reads a cell log after its first line. A cut last line ends it. Throws `TRACE_INVALID`, `TRACE_UNREADABLE`. */
export function* readCellLog(root: string, path: string): Generator<CellLogLine> {
  let number = 0
  for (const { text, isWhole } of readLines(fileInside(root, path))) {
    number++
    if (number === 1) parseCellLogHead(jsonOf(text, path))
    else if (isWhole) yield lineOf(text, path, number)
  }
}

function lineOf(text: string, path: string, number: number): CellLogLine {
  try {
    return parseCellLogLine(jsonOf(text, `line ${number}`))
  } catch (cause) {
    throw new CodecellError('TRACE_INVALID', `Cannot read line ${number} of ${path}`, { cause })
  }
}
