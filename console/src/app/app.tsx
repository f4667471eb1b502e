import type { JSX } from 'preact'
import { useEffect, useMemo, useState } from 'preact/hooks'
import type { Me } from '../../../src/console/api.ts'
import { failureOf, get, post } from '../data/api.ts'
import { Live } from '../data/live.ts'
import type { LinkedLogin } from '../page/address.ts'
import { login, LoginPage, storedName } from '../page/login-page.tsx'
import { ProblemText, type Problem } from '../parts/problem.tsx'
import { ConsolePage } from './console-page.tsx'

type State =
  | { readonly type: 'loading' }
  | { readonly type: 'away'; readonly problem: Problem }
  | { readonly type: 'login'; readonly problem: Problem | null }
  | { readonly type: 'open'; readonly me: Me }

const retryMs = 2000

/** The page: a login, then the console. */
export function App({ linked }: { readonly linked: LinkedLogin | null }): JSX.Element {
  const [state, setState] = useState<State>({ type: 'loading' })
  useEffect(() => {
    void begin(linked, setState)
  }, [])
  useEffect(() => {
    if (state.type !== 'away') return undefined
    const timer = setTimeout(() => void begin(null, setState), retryMs)
    return () => clearTimeout(timer)
  }, [state])
  if (state.type === 'loading') return <p class="empty">Loading…</p>
  if (state.type === 'away') {
    return (
      <main class="login">
        <ProblemText problem={state.problem} />
      </main>
    )
  }
  if (state.type === 'login') {
    return <LoginPage problem={state.problem} onLogin={(me) => setState({ type: 'open', me })} />
  }
  return <Opened me={state.me} leave={(problem) => setState({ type: 'login', problem })} />
}

async function begin(linked: LinkedLogin | null, setState: (state: State) => void): Promise<void> {
  try {
    const me = linked === null ? await get('/api/me') : await login(linked.token, linked.name ?? storedName())
    setState({ type: 'open', me })
  } catch (error) {
    const failure = failureOf(error)
    if (failure.status === 401) setState({ type: 'login', problem: linked === null ? null : failure })
    else if (linked === null) setState({ type: 'away', problem: failure })
    else setState({ type: 'login', problem: failure })
  }
}

type OpenedProps = { readonly me: Me; readonly leave: (problem: Problem | null) => void }

function Opened({ me, leave }: OpenedProps): JSX.Element {
  const live = useMemo(() => new Live(), [me])
  const [, redraw] = useState(0)
  useEffect(() => {
    const remove = live.on((event) => {
      if (event.type === 'state') redraw((count) => count + 1)
      if (event.type === 'logged_out') leave({ message: 'Your login has ended.', advice: 'Log in again.' })
    })
    live.open()
    return () => {
      remove()
      live.close()
    }
  }, [live])
  const logOut = async (): Promise<void> => {
    live.close()
    // Without a response the login remains on the server; the page forgets what it shows in any case.
    await post('/api/logout', {}).catch(() => undefined)
    leave(null)
  }
  return <ConsolePage me={me} live={live} logOut={() => void logOut()} />
}
