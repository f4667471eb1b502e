/** How a program is written for a rival; all say the same thing in their own words. */
export type Dialect = {
  /** A statement that outputs the value of an expression. */
  print(expression: string): string
  /** An expression for the promise (or value) of one call of the tool `echo`. */
  call(argument: string): string
  /** An expression for a JSON result of about ten megabytes, an array of objects with `id`. */
  big(): string
  /** What a whole program is wrapped in. */
  program(body: string): string
}

/** A rival that is running. */
export interface Contender extends AsyncDisposable {
  readonly dialect: Dialect
  /** Runs a program to its end. Rejects when it fails. */
  run(program: string): Promise<void>
  /** Starts a program that never ends and stops it; the time it took to stop it, in milliseconds, or null. */
  stopLoop: (() => Promise<number>) | null
  /** Starts a program that waits for a tool that does not answer; resolves when it waits, or null. */
  park: (() => Promise<void>) | null
  /** Memory of its own processes, in MiB; null where it has none. */
  residentMb: (() => number) | null
}

export interface Rival {
  /** Its short name, as in `all.ts`. */
  readonly id: string
  readonly name: string
  /** Whether several calls of tools can be under way at once. */
  readonly isParallel: boolean
  /** Installs what it needs, and says where it is. Throws when it cannot be had. */
  prepare(): Promise<void>
  start(): Promise<Contender>
}

let big: readonly object[] | null = null

/** What `big` brings: 100 000 objects, ten megabytes of JSON. */
export function bigResult(): readonly object[] {
  big ??= Array.from({ length: 100_000 }, (_, id) => ({
    id,
    name: `name ${id}`,
    tags: ['a', 'b'],
    value: id * 1.5,
    text: 'lorem ipsum dolor sit amet',
  }))
  return big
}
