import type { CatalogueEntry } from '../catalogue-entry.ts'
import { quotedLine, quotedText } from '../quoted-text.ts'

/** A piece of the description of `exec`: the heading of a namespace, or a tool. */
export type WrittenSection =
  | { readonly type: 'namespace'; readonly text: string }
  | { readonly type: 'tool'; readonly identifier: string; readonly text: string }

/** Fewer bytes than this hold no declaration. */
const leastBytes = 96
/** So many tools are tried that do not fit, before the rest is deferred unseen: rendering them all would take seconds. */
const maxMisses = 32
const maxNamespaceName = 128
const maxNamespaceText = 1024

/**
 * Which tools the description of `exec` writes out within `maxBytes`, and how: those without a text for their namespace
 * first, then by namespace, each in the order of identifiers. A tool that does not fit leaves room for smaller ones.
 */
export function writeSections(
  entries: readonly CatalogueEntry[],
  maxBytes: number,
): { readonly sections: WrittenSection[]; readonly deferred: CatalogueEntry[] } {
  const texts = namespaceTexts(entries)
  const namespaceOf = ({ tool }: CatalogueEntry): string =>
    texts.has(tool.namespace ?? '') ? (tool.namespace ?? '') : ''
  const sections: WrittenSection[] = []
  const written = new Set<CatalogueEntry>()
  let left = maxBytes
  let misses = 0
  let current = ''
  for (const entry of inOrder(entries, namespaceOf)) {
    if (left < leastBytes || misses > maxMisses) break
    const namespace = namespaceOf(entry)
    const section = { type: 'tool', identifier: entry.identifier, text: sectionText(entry) } as const
    const heading = namespace === current ? '' : headingOf(namespace, texts)
    const bytes = Buffer.byteLength(section.text) + Buffer.byteLength(heading) + 4
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

/** The texts of namespaces that have one. The tool with the first identifier decides, so that their order says nothing. */
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
