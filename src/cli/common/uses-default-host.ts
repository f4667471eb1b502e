import { findV8 } from '../../installation/v8-support.ts'
import type { EngineName } from '../../index.ts'

/** Flags with which `exec` starts another host, or none. */
const otherwise = /^(?:--profile|--memory-mb|--hosts.*|--help|-h)(?:=|$)/

/** Whether a command line runs a program on a host with the default options. A wrong guess costs only the start of a process. */
export function usesDefaultHost([command, ...rest]: readonly string[]): boolean {
  return command === 'exec' && rest.length > 0 && !rest.some((arg) => otherwise.test(arg))
}

/** Returns the engine of the host that a command line starts, without loading isolated-vm; null when V8 is selected and missing. */
export function earlyEngine(args: readonly string[]): EngineName | null {
  const flag = args.join('\0').match(/(?:^|\0)--engine[=\0](v8|quickjs)(?:\0|$)/)?.[1]
  if (flag === 'quickjs' || findV8().type === 'available') return flag === 'quickjs' ? flag : 'v8'
  return flag === 'v8' ? null : 'quickjs'
}
