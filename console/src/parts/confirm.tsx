import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { failureOf, type ApiFailure } from '../data/api.ts'
import { ProblemText } from './problem.tsx'

export type ConfirmProps = {
  readonly title: string
  /** The words of the button that acts. */
  readonly verb: string
  readonly children: ComponentChildren
  /** The dialog stays open, with the error, when it fails. */
  readonly act: () => Promise<void>
  readonly close: () => void
}

/** Asks before an action that cannot be undone. The focus starts on "Cancel". */
export function Confirm({ title, verb, children, act, close }: ConfirmProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null)
  const busy = useRef(false)
  const [failure, setFailure] = useState<ApiFailure | null>(null)
  const id = useId()
  useEffect(() => {
    dialog.current?.showModal()
  }, [])
  const run = async (): Promise<void> => {
    if (busy.current) return
    busy.current = true
    setFailure(null)
    try {
      await act()
      close()
    } catch (error) {
      setFailure(failureOf(error))
    }
    busy.current = false
  }
  return (
    <dialog ref={dialog} aria-labelledby={id} onClose={close}>
      <h2 id={id}>{title}</h2>
      {children}
      {failure !== null && <ProblemText problem={failure} />}
      <div class="actions">
        <button type="button" autofocus onClick={close}>
          Cancel
        </button>
        <button type="button" class="danger" onClick={() => void run()}>
          {verb}
        </button>
      </div>
    </dialog>
  )
}
