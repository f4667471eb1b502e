import type { JSX, RefObject } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { Location, PlaygroundCatalogue } from '../backend/backend.ts'
import type { Finding } from '../types/messages.ts'
import type { TypeClient } from '../types/type-client.ts'
import { createEditor, type ProgramEditor } from './create-editor.ts'
import { typeSupport } from './type-support.ts'

export type EditorHandle = Pick<ProgramEditor, 'source' | 'setSource' | 'goTo'>

export type EditorPaneProps = {
  readonly handle: RefObject<EditorHandle | null>
  readonly initial: string
  readonly types: TypeClient
  readonly catalogue: PlaygroundCatalogue | null
  readonly hasIntl: boolean
  readonly onChange: (source: string) => void
  readonly onRun: () => void
  readonly onFindings: (findings: readonly Finding[] | null) => void
}

/** The editor with the types of the chosen tools. */
export function EditorPane(props: EditorPaneProps): JSX.Element {
  const { handle, initial, types, catalogue } = props
  const parent = useRef<HTMLDivElement>(null)
  const latest = useRef(props)
  latest.current = props
  const editor = useRef<ProgramEditor | null>(null)
  useEffect(() => {
    if (parent.current === null) return undefined
    const support = {
      client: types,
      context: () => ({ declarations: latest.current.catalogue?.declarations ?? '', hasIntl: latest.current.hasIntl }),
      describe: (identifier: string) => descriptionOf(latest.current.catalogue, identifier),
      onFindings: (findings: readonly Finding[] | null) => latest.current.onFindings(findings),
    }
    const created = createEditor(parent.current, {
      source: initial,
      extensions: typeSupport(support),
      onChange: (source) => latest.current.onChange(source),
      onRun: () => latest.current.onRun(),
    })
    editor.current = created
    handle.current = { ...created, goTo: (location: Location) => created.goTo(location) }
    return () => created.close()
    // The editor lives as long as the page.
  }, [])
  useEffect(() => editor.current?.check(), [catalogue?.declarations])
  return <div class="pg-editor" ref={parent} />
}

function descriptionOf(catalogue: PlaygroundCatalogue | null, identifier: string): string | null {
  const tool = catalogue?.tools.find((one) => one.identifier === identifier)
  return tool?.description.split('\n\nexec tool declaration:')[0] ?? null
}
