/** The time between two looks for a new login, in milliseconds. */
const intervalMs = 500

/** Waits for a login that another process stores, until it is disposed. */
export class LoginWatch implements Disposable {
  readonly #hasNewLogin: () => boolean
  readonly #timer: NodeJS.Timeout

  constructor(hasNewLogin: () => boolean, onLogin: () => void) {
    this.#hasNewLogin = hasNewLogin
    this.#timer = setInterval(() => {
      if (hasNewLogin()) onLogin()
    }, intervalMs)
    this.#timer.unref()
  }

  get isOver(): boolean {
    return this.#hasNewLogin()
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}
