/** Those who wait for a cell to have handled every command. */
export class QuietMoments {
  readonly #callbacks: (() => void)[] = []

  /** Calls back at the next quiet moment, which may be now. */
  when(isBusy: boolean, callback: () => void): void {
    if (isBusy) this.#callbacks.push(callback)
    else callback()
  }

  /** It is quiet. */
  come(): void {
    for (const callback of this.#callbacks.splice(0)) callback()
  }
}
