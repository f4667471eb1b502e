import { findNodeAtLocation, parseTree, type Node } from 'jsonc-parser'

export const parseOptions = { allowTrailingComma: true, allowEmptyContent: true }

/** Returns JSON text with a value at a path of object keys. Only the bytes of the value, and of missing objects above it, change. */
export function setJsonValue(text: string, path: readonly string[], value: object): string {
  const root = parseTree(text, [], parseOptions)
  if (root === undefined) return `${text}${lines(nested(path, value), '', layoutOf(text))}\n`
  let depth = path.length
  while (depth > 0 && findNodeAtLocation(root, path.slice(0, depth)) === undefined) depth--
  const found = findNodeAtLocation(root, path.slice(0, depth)) ?? root
  const [key = '', ...missing] = path.slice(depth)
  return depth === path.length
    ? replaced(text, found, value)
    : withProperty(text, found, { key, value: nested(missing, value) })
}

function nested(path: readonly string[], value: object): object {
  return path.reduceRight<object>((inner, key) => ({ [key]: inner }), value)
}

type Layout = {
  /** The indentation of one level; undefined: the file is written on one line. */
  readonly unit: string | undefined
  readonly lineBreak: string
}

function layoutOf(text: string): Layout {
  const isOneLine = !text.trim().includes('\n') && !/^\s*(?:\{\s*\}\s*)?$/.test(text)
  const indent = /^(\t| +)\S/m.exec(text)?.[1] ?? '  '
  return { unit: isOneLine ? undefined : indent, lineBreak: text.includes('\r\n') ? '\r\n' : '\n' }
}

/** Returns a value as JSON, for a position in a line with this indentation. */
function lines(value: object, indent: string, { unit, lineBreak }: Layout): string {
  return JSON.stringify(value, null, unit).replaceAll('\n', lineBreak + indent)
}

function replaced(text: string, node: Node, value: object): string {
  const layout = layoutOf(text)
  return text.slice(0, node.offset) + lines(value, indentAt(text, node.offset), layout) + text.slice(endOf(node))
}

type NewProperty = { readonly key: string; readonly value: object }

/** Adds a property at the start of an object: the layout of the others stays, and comments next to what they describe. */
function withProperty(text: string, object: Node, { key, value }: NewProperty): string {
  const layout = layoutOf(text)
  const inside = object.offset + 1
  const [first] = object.children ?? []
  const base = indentAt(text, object.offset)
  // A comment behind the brace stays there.
  const [opening = ''] = /^[ \t]*(?:\/\/[^\r\n]*)?(?=\r?\n)/.exec(text.slice(inside)) ?? []
  const isOnLines = text.slice(inside, first?.offset ?? endOf(object)).includes('\n')
  const unit = layout.unit
  if (unit === undefined || (first !== undefined && !isOnLines)) {
    const [blank = ''] = /^[ \t]*/.exec(text.slice(inside)) ?? []
    const oneLine = JSON.stringify({ [key]: value }).slice(1, -1)
    const separator = first === undefined ? '' : blank === '' ? ',' : `,${blank}`
    return text.slice(0, inside + blank.length) + oneLine + separator + text.slice(inside + blank.length)
  }
  const indent = first === undefined ? base + unit : indentAt(text, first.offset)
  const property = `${layout.lineBreak}${indent}${JSON.stringify(key)}: ${lines(value, indent, layout)}`
  const at = inside + opening.length
  if (first !== undefined) return `${text.slice(0, at)}${property},${text.slice(at)}`
  const rest = text.slice(at)
  return `${text.slice(0, at)}${property}${isOnLines ? rest : `${layout.lineBreak}${base}${rest.trimStart()}`}`
}

function endOf({ offset, length }: Node): number {
  return offset + length
}

/** Returns the indentation of the line at an offset. */
function indentAt(text: string, offset: number): string {
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset)
  return /^[ \t]*/.exec(line)?.[0] ?? ''
}

/** Returns JSON text without the property of an object at a path, and without its comma. All other bytes stay. */
export function withoutJsonProperty(text: string, path: readonly string[], name: string): string {
  const root = parseTree(text, [], parseOptions)
  const object = root === undefined ? undefined : findNodeAtLocation(root, [...path])
  const properties = object?.children ?? []
  const index = properties.findIndex(({ children }) => children?.[0]?.value === name)
  const property = properties[index]
  if (object === undefined || property === undefined) return text
  const comma = commaAfter(text, endOf(property))
  const [from, to] = rangeOf(text, property.offset, { end: endOf(property), comma })
  // A last property without a comma leaves the one before it, which is removed.
  const previous = index === properties.length - 1 && comma === null ? properties[index - 1] : undefined
  const orphan = previous === undefined ? null : commaAfter(text, endOf(previous))
  const before = orphan === null ? text.slice(0, from) : text.slice(0, orphan) + text.slice(orphan + 1, from)
  const rest = before + text.slice(to)
  return properties.length > 1
    ? rest
    : rest.slice(0, object.offset) + rest.slice(object.offset).replace(/^\{\s*\}/, '{}')
}

/** Returns the offset of the comma that follows after whitespace and comments, null without one. */
function commaAfter(text: string, end: number): number | null {
  const found = /^(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*,/.exec(text.slice(end))
  return found === null ? null : end + found[0].length - 1
}

type End = { readonly end: number; readonly comma: number | null }

/** Returns the range of a property with its comma and whitespace: whole lines, when nothing else is on them. */
function rangeOf(text: string, offset: number, { end, comma }: End): readonly [from: number, to: number] {
  const to = comma === null ? end : comma + 1
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1
  const lineEnd = /^[ \t]*\r?\n/.exec(text.slice(to))?.[0]
  const before = text.slice(lineStart, offset)
  if (before.trim() === '' && lineEnd !== undefined) return [lineStart, to + lineEnd.length]
  if (before.trim() === '' && lineStart > 0) return [offset, to + (/^[ \t]*/.exec(text.slice(to))?.[0].length ?? 0)]
  if (comma === null) return [lineStart + before.trimEnd().length, to]
  return [offset, to + (/^[ \t]*/.exec(text.slice(to))?.[0].length ?? 0)]
}
