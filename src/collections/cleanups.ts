/** Resources that are disposed together, the last one first. Node 22 has no `AsyncDisposableStack`. */
export class Cleanups implements AsyncDisposable {
  #resources: AsyncDisposable[] = []

  /** Adds a resource and returns it. */
  use<T extends AsyncDisposable>(resource: T): T {
    this.#resources.push(resource)
    return resource
  }

  /** Returns the resources in an object of their own; this one no longer disposes them. */
  move(): Cleanups {
    const moved = new Cleanups()
    moved.#resources = this.#resources
    this.#resources = []
    return moved
  }

  /**
   * Disposes every resource, even if others fail. A second disposal does nothing.
   *
   * @throws the error of the resource that failed first
   */
  async [Symbol.asyncDispose](): Promise<void> {
    const errors: unknown[] = []
    for (const resource of this.#resources.splice(0).toReversed()) {
      await resource[Symbol.asyncDispose]().then(undefined, (error: unknown) => errors.push(error))
    }
    if (errors.length > 0) throw errors[0]
  }
}
