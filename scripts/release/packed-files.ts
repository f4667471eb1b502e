import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import { isRecord } from '../../src/protocol/json.ts'

/**
 * Returns the reasons for which the files of a package are not right: an export or program without its file, or a source map that
 * misses, belongs to no file, or does not contain its sources. Sources are not published, so a debugger shows those of the maps.
 *
 * @param folder the package, as installed
 */
export function packedFileProblems(folder: string): string[] {
  return [...missingExports(folder), ...mapProblems(folder), ...unusedMaps(folder)]
}

function missingExports(folder: string): string[] {
  const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const { exports, bin } = isRecord(manifest) ? manifest : {}
  return [...stringsIn(exports), ...stringsIn(bin)]
    .filter((path) => !existsSync(join(folder, path)))
    .map((path) => `package.json names ${path}, which is not in the package`)
}

function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return isRecord(value) ? Object.values(value).flatMap(stringsIn) : []
}

function mapProblems(folder: string): string[] {
  return filesOf(folder, 'dist/**/*.{js,cjs}').flatMap((path) => {
    const url = sourceMapOf(readFileSync(join(folder, path), 'utf8'))
    if (url === null || url.startsWith('data:')) return []
    const mapFile = join(dirname(path), url)
    if (!existsSync(join(folder, mapFile))) return [`${path} names the source map ${url}, which is not in the package`]
    return sourceProblems(mapFile, readFileSync(join(folder, mapFile), 'utf8'))
  })
}

function sourceProblems(mapFile: string, content: string): string[] {
  const map: unknown = JSON.parse(content)
  const { sources, sourcesContent } = isRecord(map) ? map : {}
  if (!Array.isArray(sources) || !Array.isArray(sourcesContent)) return [`${mapFile} does not contain its sources`]
  const absolute = sources.filter((source) => typeof source !== 'string' || isAbsolute(source) || source.includes(':/'))
  const empty = sources.filter((_source, index) => typeof sourcesContent[index] !== 'string')
  return [
    ...absolute.map((source) => `${mapFile} names ${String(source)}, a file of one machine`),
    ...empty.map((source) => `${mapFile} does not contain ${String(source)}`),
  ]
}

function unusedMaps(folder: string): string[] {
  return filesOf(folder, 'dist/**/*.map')
    .filter((path) => !existsSync(join(folder, path.slice(0, -'.map'.length))))
    .map((path) => `${path} belongs to no file`)
}

function filesOf(folder: string, pattern: string): string[] {
  return globSync(pattern, { cwd: folder }).toSorted()
}

/** Returns the URL in the last line of a script that names its source map, or null. */
function sourceMapOf(script: string): string | null {
  return /\n\/\/# sourceMappingURL=(\S+)\s*$/.exec(script)?.[1] ?? null
}
