/** The unit in which memory is compared: the page of most operating systems, in bytes. */
const pageBytes = 4096

/** The parts of a memory that differ from that of a new instance, as offsets. */
type Changes = readonly (readonly [start: number, end: number])[]

const known = new WeakMap<Uint8Array, Changes>()

/**
 * Copies a memory into that of a new instance. Pages that are the same are not touched, so they take neither time nor memory. Half of a
 * baseline is zeros. `memory` must not change after the first call.
 */
export function copyChangedPages(memory: Uint8Array, to: Uint8Array): void {
  let changes = known.get(memory)
  if (changes === undefined) {
    changes = changesOf(memory, to)
    known.set(memory, changes)
  }
  for (const [start, end] of changes) to.set(memory.subarray(start, end), start)
}

function changesOf(memory: Uint8Array, fresh: Uint8Array): Changes {
  const changes: [number, number][] = []
  for (let start = 0; start < memory.length; start += pageBytes) {
    const end = Math.min(start + pageBytes, memory.length)
    if (isSame(memory, fresh, start, end)) continue
    const last = changes.at(-1)
    if (last?.[1] === start) last[1] = end
    else changes.push([start, end])
  }
  return changes
}

function isSame(left: Uint8Array, right: Uint8Array, start: number, end: number): boolean {
  for (let index = start; index < end; index++) if (left[index] !== right[index]) return false
  return true
}
