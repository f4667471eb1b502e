/** A state of a cell that a later process can resume. */
export type StoredState = never

/** A snapshot in a store. This platform has no stores. */
export class DurableSnapshot {
  write(): boolean {
    return false
  }

  read(): null {
    return null
  }

  memoryAt(): never {
    throw new Error('Cannot open a snapshot: this platform stores none')
  }

  remove(): void {}
}
