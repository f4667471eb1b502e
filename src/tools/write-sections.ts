import { byteLength } from '../platform/utf8.ts'
import type { CatalogueEntry } from './catalogue-entry.ts'
import { quotedLine, quotedText } from './quoted-text.ts'

/** A section of the description of `exec`: the heading of a namespace, or a tool. */
export type CatalogueSection =
  | { readonly type: 'namespace'; readonly text: string }
  | { readonly type: 'tool'; readonly identifier: string; readonly text: string }

/** The minimum size of a declaration, in bytes. */
const leastBytes = 96
/**
 * Maximum number of tools that are rendered and do not fit; then the rest is deferred, because rendering all would take
 * seconds.
 */
const maxMisses = 32
const maxNamespaceName = 128
const maxNamespaceText = 1024

/**
 * Returns the sections of the description of `exec` that fit in `maxBytes`: tools without a namespace description
 * first, then by namespace, in the order of identifiers. When a tool does not fit, smaller ones after it still can.
 */
export function writeSections(
  entries: readonly CatalogueEntry[],
  maxBytes: number,
): { readonly sections: CatalogueSection[]; readonly deferred: CatalogueEntry[] } {
  const texts = namespaceTexts(entries)
  const namespaceOf = ({ tool }: CatalogueEntry): string =>
    texts.has(tool.namespace ?? '') ? (tool.namespace ?? '') : ''
  const sections: CatalogueSection[] = []
  const written = new Set<CatalogueEntry>()
  let left = maxBytes
  let misses = 0
  let current = ''
  for (const entry of inOrder(entries, namespaceOf)) {
    if (left < leastBytes || misses > maxMisses) break
    const namespace = namespaceOf(entry)
    const section = { type: 'tool', identifier: entry.identifier, text: sectionText(entry) } as const
    const heading = namespace === current ? '' : headingOf(namespace, texts)
    const bytes = byteLength(section.text) + byteLength(heading) + 4
    if (bytes > left) {
      misses++
      continue
    }
    left -= bytes
    if (heading !== '') sections.push({ type: 'namespace', text: heading })
    current = namespace
    sections.push(section)
    written.add(entry)
  }
  return { sections, deferred: entries.filter((entry) => !written.has(entry)) }
}

/**
 * Returns the descriptions of namespaces. The tool with the first identifier decides, so the order of tools has no
 * effect.
 */
function namespaceTexts(entries: readonly CatalogueEntry[]): ReadonlyMap<string, string> {
  const texts = new Map<string, string>()
  for (const { tool } of entries) {
    const { namespace, namespaceDescription } = tool
    if (namespace === undefined || namespace === null || namespaceDescription === undefined) continue
    if (texts.has(namespace) || namespaceDescription.trim() === '') continue
    texts.set(namespace, quotedText(namespaceDescription, maxNamespaceText).trim())
  }
  return texts
}

function inOrder(
  entries: readonly CatalogueEntry[],
  namespaceOf: (entry: CatalogueEntry) => string,
): readonly CatalogueEntry[] {
  const groups = Map.groupBy(
    entries.filter(({ tool }) => tool.deferred !== true),
    namespaceOf,
  )
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, group]) => group)
}

function headingOf(namespace: string, texts: ReadonlyMap<string, string>): string {
  return `## ${quotedLine(namespace, maxNamespaceName)}\n${texts.get(namespace) ?? ''}`
}

function sectionText(entry: CatalogueEntry): string {
  return `### \`${entry.identifier}\`\n${entry.writtenDescription}`
}
