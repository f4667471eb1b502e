import { engineNeedPrefix } from '../../protocol/engine-print.ts'

/** The capability of a node that can have any engine, or does not know its engines. */
export const anyEngine = 'engine:*'

const formatNeedPrefix = 'format:'

/** The starts of the needs that depend on the content of a session. Each release replaces them. */
export const contentNeedPrefixes: readonly string[] = [engineNeedPrefix, formatNeedPrefix]

/** Returns the need of a session with records that nodes of this format, and of earlier ones, do not know. */
export function newerThan(format: number): string {
  return `${formatNeedPrefix}>${format}`
}

/** Returns the capabilities of a node: a node without the name of an engine has every engine, and a node knows all formats up to its own. */
export function capabilitiesOf(named: readonly string[], format: number): readonly string[] {
  const formats = Array.from({ length: format - 1 }, (_, index) => newerThan(index + 1))
  const engines = named.some((name) => name.startsWith(engineNeedPrefix)) ? [] : [anyEngine]
  return [...named, ...engines, ...formats]
}
