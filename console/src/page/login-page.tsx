import type { JSX } from 'preact'
import { useId, useRef, useState } from 'preact/hooks'
import type { Me } from '../../../src/console/api.ts'
import { failureOf, post, type ApiFailure } from '../data/api.ts'
import { ProblemText, type Problem } from '../parts/problem.tsx'

type LoginProps = {
  /** Why the user is asked again, or null. */
  readonly problem: Problem | null
  readonly onLogin: (me: Me) => void
}

/** Returns the name that the user typed the last time. */
export function storedName(): string {
  try {
    return localStorage.getItem('codecell-name') ?? ''
  } catch {
    return ''
  }
}

/** Sends a token, which the server exchanges for a cookie. The page does not store it. */
export async function login(token: string, name: string): Promise<Me> {
  const me = await post('/api/login', name.trim() === '' ? { token } : { token, name: name.trim() })
  try {
    localStorage.setItem('codecell-name', name.trim())
  } catch {
    // The user types the name again the next time.
  }
  return me
}

export function LoginPage({ problem, onLogin }: LoginProps): JSX.Element {
  const id = useId()
  const busy = useRef(false)
  const [token, setToken] = useState('')
  const [name, setName] = useState(storedName)
  const [failure, setFailure] = useState<ApiFailure | null>(null)
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    if (busy.current || token.trim() === '') return
    busy.current = true
    try {
      onLogin(await login(token.trim(), name))
    } catch (error) {
      setFailure(failureOf(error))
      busy.current = false
    }
  }
  const shown = failure ?? problem
  return (
    <main class="login">
      <form onSubmit={(event) => void submit(event)}>
        <h1>codecell console</h1>
        <p class="field">
          <label for={`${id}-token`}>Token</label>
          <input
            id={`${id}-token`}
            type="password"
            autocomplete="current-password"
            required
            autofocus
            value={token}
            onInput={(event) => setToken(event.currentTarget.value)}
          />
          <span class="muted note">The command that started the console printed it.</span>
        </p>
        <p class="field">
          <label for={`${id}-name`}>Your name (for the record of decisions)</label>
          <input
            id={`${id}-name`}
            type="text"
            autocomplete="username"
            maxLength={100}
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </p>
        {shown !== null && <ProblemText problem={shown} />}
        <button type="submit" class="primary">
          Log in
        </button>
      </form>
    </main>
  )
}
