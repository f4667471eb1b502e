/** The result of one check. `note`: something optional is missing; `broken`: something that is needed does not work. */
export type Finding = {
  readonly check: Check
  readonly state: 'ok' | 'note' | 'broken'
  readonly text: string
  readonly advice: string | null
}

/** The names of the checks in the output of `--json`. */
export type Check =
  | 'node'
  | 'isolate_binary'
  | 'default_host'
  | 'strict_host'
  | 'memory_watch'
  | 'typescript'
  | 'mcp_servers'
  | 'openapi_documents'
