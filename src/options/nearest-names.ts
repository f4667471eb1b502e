/** The maximum length of a compared name. Longer names count by their end. */
const maxLength = 100

/**
 * Returns at most `limit` names that are similar to `wanted`, nearest first. Case and separators of words are ignored, and a name can
 * have a prefix: `read_file` is near `mcp__fs__readFile`.
 */
export function nearestNames(wanted: string, names: readonly string[], limit: number): string[] {
  const target = plain(wanted)
  const scored = names.map((name) => ({ name, distance: distanceOf(target, wanted, name) }))
  const near = scored.filter(({ distance }) => distance !== null)
  near.sort((a, b) => (a.distance ?? 0) - (b.distance ?? 0) || (a.name < b.name ? -1 : 1))
  return near.slice(0, limit).map(({ name }) => name)
}

/** Whether two names differ by at most `limit` typing errors. Case and separators of words are ignored. */
export function isNear(name: string, other: string, limit: number): boolean {
  return editDistance(plain(name), plain(other), limit) <= limit
}

/** Returns the distance of a name, null for a name that is not near. Equal words are nearest, then typing errors, then equal ends. */
function distanceOf(target: string, wanted: string, name: string): number | null {
  const candidate = plain(name)
  if (target === '' || candidate === '') return null
  if (candidate === target) return 0
  if (endsWithWords(name, wanted) || endsWithWords(wanted, name)) return 0.5
  const allowed = Math.floor(Math.max(target.length, candidate.length) / 4) + (target.length > 2 ? 1 : 0)
  const distance = editDistance(target, candidate, allowed)
  if (distance <= allowed) return distance
  const last = plain(name.slice(name.lastIndexOf('__') + 1))
  const fromEnd = last === candidate ? Infinity : editDistance(target, last, Math.floor(target.length / 4))
  if (fromEnd <= target.length / 4) return 1 + fromEnd
  if (abbreviates(wanted, name)) return 10
  return sharesWords(wanted, name) ? 20 : null
}

function plain(name: string): string {
  return name
    .slice(-maxLength)
    .replace(/[^A-Za-z0-9]/g, '')
    .toLowerCase()
}

function wordsOf(name: string): string[] {
  const spaced = name.slice(-maxLength).replace(/([a-z0-9])([A-Z])/g, '$1_$2')
  return spaced
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')
}

function endsWithWords(longer: string, shorter: string): boolean {
  const all = wordsOf(longer)
  const end = wordsOf(shorter)
  return end.length > 0 && end.length < all.length && all.slice(-end.length).join('_') === end.join('_')
}

/** Whether two names have the same words after the last namespace, some abbreviated: `list_dir` for `list_directory`. */
function abbreviates(one: string, other: string): boolean {
  const [words, others] = [one, other].map((name) => wordsOf(lastPart(name)))
  if (words === undefined || others === undefined || words.length !== others.length) return false
  return words.every((word, index) => {
    const [shorter = '', longer = ''] = [word, others[index] ?? ''].sort((a, b) => a.length - b.length)
    return shorter === longer || (shorter.length > 2 && longer.startsWith(shorter))
  })
}

/** Returns the part of a name after the last namespace. */
function lastPart(name: string): string {
  const end = name.slice(-maxLength)
  return end.slice(end.lastIndexOf('__') + 1)
}

/** Whether all words of one name occur in the other, in any order: `file_read` for `read_file`. */
function sharesWords(one: string, other: string): boolean {
  const words = wordsOf(one)
  const others = new Set(wordsOf(other))
  return words.length > 1 && words.every((word) => others.has(word))
}

/** Returns the number of insertions, deletions, replacements and swaps of neighbors between two strings, `Infinity` above `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return Infinity
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = at(row, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swapped =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(before, j - 2) + 1 : Infinity
      next.push(Math.min(replaced, swapped, at(row, j) + 1, at(next, j - 1) + 1))
    }
    before = row
    row = next
  }
  const distance = at(row, b.length)
  return distance <= limit ? distance : Infinity
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Infinity
}
