// Names the modules of the API reference by the entries of the package.
import { readFileSync } from 'node:fs'
import { Converter, ReflectionKind } from 'typedoc'

const { exports } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))

/** The names of the entries by the names of their files. */
const entries = new Map(
  Object.entries(exports).flatMap(([entry, { types }]) =>
    types === undefined ? [] : [[types.replace(/^\.\/dist\/|\.d\.ts$/g, ''), entry.replace(/^\./, 'codecell')]],
  ),
)

export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, (context) => {
    for (const module of context.project.getReflectionsByKind(ReflectionKind.Module)) {
      module.name = entries.get(module.name) ?? module.name
    }
  })
}
