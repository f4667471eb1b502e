import { adviceFor } from '../../../options/check-options.ts'
import { isRecord } from '../../../protocol/json.ts'
import type { ApprovalPolicy, Tool, ToolAnnotations, ToolCaller } from '../../../tools/tool.ts'
import type { OpenApiDocument } from '../document/document.ts'

/** Settings of one operation, which the document cannot state. */
export type OpenApiOperationSettings = {
  /** Whether the operation changes nothing, e.g. a search with `POST`. */
  readonly readOnly?: boolean
  /** Whether the operation can destroy data. */
  readonly destructive?: boolean
  /** Whether a call with an unknown outcome can be repeated with its key. */
  readonly idempotent?: boolean
  /** Leaves the tool out of the description of `exec`. */
  readonly deferred?: boolean
  readonly approve?: ApprovalPolicy
  /** @default ['direct', 'code'] */
  readonly callers?: readonly ToolCaller[]
}

/** Settings by the id of the operation. */
export type OpenApiOperations = Readonly<Record<string, OpenApiOperationSettings>>

const flags = ['readOnly', 'destructive', 'idempotent', 'deferred'] as const
const settingNames: readonly string[] = [...flags, 'approve', 'callers']
const callers: readonly ToolCaller[] = ['direct', 'code']

/** The members of a tool that settings replace. */
type Replaced = Pick<Tool, 'annotations' | 'idempotent' | 'deferred' | 'needsApproval' | 'allowedCallers'>

/** The checked settings of the operations of a document. */
export class OperationSettings {
  readonly #settings: ReadonlyMap<string, OpenApiOperationSettings>
  readonly #document: OpenApiDocument

  /** @throws {CodecellError} CONFIG_INVALID for settings that cannot be used. */
  constructor(document: OpenApiDocument, operations: unknown) {
    this.#document = document
    const parsed = parseOperations(operations ?? {}, (reason) => {
      throw this.#invalid(reason)
    })
    this.#settings = new Map(Object.entries(parsed))
  }

  /** @throws {CodecellError} CONFIG_INVALID when settings are for an operation that the document does not have. */
  checkIds(ids: ReadonlySet<string>): void {
    const unknown = [...this.#settings.keys()].find((id) => !ids.has(id))
    if (unknown === undefined) return
    const advice = adviceFor(unknown, [...ids])
    throw this.#invalid(`unknown operation ${JSON.stringify(unknown)}${advice === '' ? '' : `; ${advice}`}`)
  }

  /** Returns the members of the tool that the settings of its operation replace. */
  replaced(id: string, annotations: ToolAnnotations): Replaced {
    const settings = this.#settings.get(id)
    if (settings === undefined) return { annotations }
    const { idempotent, deferred, approve, callers: allowedCallers } = settings
    return {
      annotations: annotationsWith(annotations, settings),
      ...(idempotent === undefined ? {} : { idempotent }),
      ...(deferred === undefined ? {} : { deferred }),
      ...(approve === undefined ? {} : { needsApproval: approve }),
      ...(allowedCallers === undefined ? {} : { allowedCallers }),
    }
  }

  #invalid(reason: string): Error {
    return this.#document.invalid('', `"operations": ${reason}`)
  }
}

/** Checks settings of operations. `fail` throws an error with the reason. */
export function parseOperations(operations: unknown, fail: (reason: string) => never): OpenApiOperations {
  if (!isRecord(operations)) return fail('expected an object with operation ids')
  return Object.fromEntries(
    Object.entries(operations).map(([id, given]) => {
      return [id, parseSettings(given, (reason) => fail(`${JSON.stringify(id)}: ${reason}`))]
    }),
  )
}

function parseSettings(given: unknown, fail: (reason: string) => never): OpenApiOperationSettings {
  if (!isRecord(given)) return fail('expected an object')
  const unknown = Object.keys(given).find((name) => !settingNames.includes(name))
  if (unknown !== undefined) {
    const advice = adviceFor(unknown, settingNames)
    return fail(
      `unknown key ${JSON.stringify(unknown)}; ${advice === '' ? `expected ${settingNames.join(', ')}` : advice}`,
    )
  }
  const set = Object.fromEntries(flags.flatMap((name) => flagOf(given, name, fail)))
  if (set['readOnly'] === true && set['destructive'] === true) {
    return fail('"readOnly" and "destructive" contradict each other')
  }
  const { approve, callers: allowed } = given
  return {
    ...set,
    ...(approve === undefined ? {} : { approve: policyOf(approve, fail) }),
    ...(allowed === undefined ? {} : { callers: callersOf(allowed, fail) }),
  }
}

function annotationsWith(
  annotations: ToolAnnotations,
  { readOnly, destructive, idempotent }: OpenApiOperationSettings,
): ToolAnnotations {
  const isReadOnly = readOnly ?? (destructive === true ? false : annotations.readOnlyHint === true)
  const { title } = annotations
  const named = title === undefined ? {} : { title }
  if (isReadOnly) return { ...named, readOnlyHint: true, openWorldHint: true }
  return {
    ...named,
    readOnlyHint: false,
    destructiveHint: destructive ?? annotations.destructiveHint === true,
    idempotentHint: idempotent ?? annotations.idempotentHint === true,
    openWorldHint: true,
  }
}

function flagOf(
  given: Readonly<Record<string, unknown>>,
  name: string,
  fail: (reason: string) => never,
): readonly (readonly [string, boolean])[] {
  const value = given[name]
  if (value === undefined) return []
  return typeof value === 'boolean' ? [[name, value]] : fail(`"${name}" must be true or false`)
}

/** `true` and `false` are aliases of `ask` and `allow`, as for MCP servers. */
function policyOf(value: unknown, fail: (reason: string) => never): ApprovalPolicy {
  if (value === true) return 'ask'
  if (value === false) return 'allow'
  return value === 'allow' || value === 'ask' || value === 'deny'
    ? value
    : fail('"approve" must be "allow", "ask" or "deny"')
}

function callersOf(value: unknown, fail: (reason: string) => never): readonly ToolCaller[] {
  const given = callers.filter((caller) => Array.isArray(value) && value.includes(caller))
  return Array.isArray(value) && given.length === value.length
    ? given
    : fail('"callers" must be a list of "direct" and "code"')
}
