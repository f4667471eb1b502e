/** A solution of a task, which uses nothing but its arguments: it also runs in a cell. */
export type Solution = (
  call: (tool: string, input: object) => Promise<unknown>,
  all: (tool: string, input: object, name: string) => Promise<unknown[]>,
) => Promise<string>

export declare const solutions: Readonly<
  Record<string, { readonly right: Solution; readonly wrong: Readonly<Record<string, Solution>> }>
>
