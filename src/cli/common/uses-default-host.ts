/** Flags with which `exec` starts another host, or none. */
const otherwise = /^(?:--profile|--memory-mb|--hosts.*|--help|-h)(?:=|$)/

/** Whether a command line runs a program on a host with the default options. A wrong guess costs only the start of a process. */
export function usesDefaultHost([command, ...rest]: readonly string[]): boolean {
  return command === 'exec' && rest.length > 0 && !rest.some((arg) => otherwise.test(arg))
}
