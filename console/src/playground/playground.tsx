import type { JSX, RefObject } from 'preact'
import { useMemo, useRef, useState } from 'preact/hooks'
import type { Backend, Example, Location } from './backend/backend.ts'
import { EditorPane, type EditorHandle } from './editor/editor-pane.tsx'
import { Panels } from './panels/panels.tsx'
import { Problems } from './panels/problems.tsx'
import { ShareButton } from './share/share-button.tsx'
import type { LinkedProgram, ReadLink } from './share/program-link.ts'
import type { Finding } from './types/messages.ts'
import type { TypeClient } from './types/type-client.ts'
import { useCatalogue } from './use-catalogue.ts'
import { useRun } from './use-run.ts'
import { useTypeState } from './use-type-state.ts'

export type PlaygroundProps = {
  readonly backend: Backend
  readonly types: TypeClient
  /** The program of the address. It is shown, and never runs by itself. */
  readonly link: ReadLink
  /** Returns the address of a program; null where programs have none. */
  readonly addressOf: ((program: LinkedProgram) => Promise<string>) | null
  /** Further controls of the page, such as the theme. */
  readonly children?: preact.ComponentChildren
}

/** Writes, checks and runs a program. */
export function Playground(props: PlaygroundProps): JSX.Element {
  const { backend, types, link, addressOf } = props
  const program = useProgram(backend, link)
  const { editor, source, groups, setGroups } = program
  const [findings, setFindings] = useState<readonly Finding[] | null>(null)
  const { catalogue, problem, reload } = useCatalogue(backend, groups)
  const { record, run, start, clear } = useRun(backend)
  const state = useTypeState(types)
  const isRunning = record !== null && (record.status === 'running' || record.status === 'yielded')
  const goTo = (location: Location): void => editor.current?.goTo(location)
  const begin = (): void => {
    if (!isRunning) start({ source: program.current(), groups })
  }
  return (
    <div class="playground">
      <div class="pg-bar">
        <RunButtons isRunning={isRunning} onRun={begin} onTerminate={() => run?.terminate()} />
        <Examples
          examples={backend.examples}
          onPick={(example) => {
            program.pick(example)
            if (!isRunning) clear()
          }}
        />
        {addressOf !== null && (
          <ShareButton address={async () => await addressOf({ source: program.current(), groups })} />
        )}
        {props.children}
      </div>
      <Notices link={link} teaches={program.teaches} problem={problem} />
      <div class="pg-main">
        <section class="pg-write" aria-label="Program">
          <EditorPane
            handle={editor}
            initial={source}
            types={types}
            catalogue={catalogue}
            hasIntl={backend.hasIntl}
            onChange={program.setSource}
            onRun={begin}
            onFindings={setFindings}
          />
          <Problems findings={findings} state={state} source={source} onGoTo={goTo} />
        </section>
        <Panels
          {...{ backend, catalogue, groups, record, run }}
          onGroups={setGroups}
          onResultChange={reload}
          onGoTo={goTo}
        />
      </div>
    </div>
  )
}

type UsedProgram = {
  readonly editor: RefObject<EditorHandle | null>
  readonly source: string
  readonly setSource: (source: string) => void
  readonly groups: readonly string[]
  readonly setGroups: (groups: readonly string[]) => void
  /** A sentence about the example, or empty. */
  readonly teaches: string
  readonly pick: (example: Example) => void
  /** Returns the source in the editor. */
  readonly current: () => string
}

/** The program of the link, or else the first example. */
function useProgram(backend: Backend, link: ReadLink): UsedProgram {
  const linked = link !== null && 'source' in link ? link : null
  const all = useMemo(() => backend.groups.map(({ id }) => id), [backend])
  const [groups, setGroups] = useState<readonly string[]>(() => linked?.groups?.filter((id) => all.includes(id)) ?? all)
  const [first] = backend.examples
  const [source, setSource] = useState(linked?.source ?? first.source)
  const [teaches, setTeaches] = useState(linked === null ? first.teaches : '')
  const editor = useRef<EditorHandle | null>(null)
  const pick = (example: Example): void => {
    editor.current?.setSource(example.source)
    setTeaches(example.teaches)
  }
  const current = (): string => editor.current?.source() ?? source
  return { editor, source, setSource, groups, setGroups, teaches, pick, current }
}

type RunButtonsProps = {
  readonly isRunning: boolean
  readonly onRun: () => void
  readonly onTerminate: () => void
}

function RunButtons({ isRunning, onRun, onTerminate }: RunButtonsProps): JSX.Element {
  return (
    <>
      <button type="button" class="pg-run" disabled={isRunning} title="Ctrl+Enter" onClick={onRun}>
        Run
      </button>
      <button type="button" disabled={!isRunning} onClick={onTerminate}>
        Terminate
      </button>
    </>
  )
}

type ExamplesProps = { readonly examples: readonly Example[]; readonly onPick: (example: Example) => void }

function Examples({ examples, onPick }: ExamplesProps): JSX.Element {
  return (
    <select
      aria-label="Examples"
      value=""
      onChange={({ currentTarget }) => {
        const example = examples.find(({ title }) => title === currentTarget.value)
        if (example !== undefined) onPick(example)
        currentTarget.value = ''
      }}
    >
      <option value="" disabled>
        Examples
      </option>
      {examples.map(({ title }) => (
        <option key={title}>{title}</option>
      ))}
    </select>
  )
}

type NoticesProps = { readonly link: ReadLink; readonly teaches: string; readonly problem: string | null }

function Notices({ link, teaches, problem }: NoticesProps): JSX.Element {
  return (
    <div class="pg-notices">
      {link !== null && 'source' in link && teaches === '' && (
        <p class="pg-notice pg-warning" role="note">
          This program came with a link. Read it before you run it.
        </p>
      )}
      {link !== null && 'problem' in link && (
        <p class="pg-notice pg-warning" role="alert">
          Cannot open the program of the link: {link.problem}
        </p>
      )}
      {problem !== null && (
        <p class="pg-notice pg-warning" role="alert">
          {problem}
        </p>
      )}
      {teaches !== '' && <p class="pg-notice">{teaches}</p>}
    </div>
  )
}
