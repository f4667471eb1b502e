import { isRecord } from '../protocol/json.ts'

type Message = Record<string, unknown>

/** The receivers of protocol messages; `run` starts the program. */
export type InspectionEnds = {
  readonly toClient: (message: string) => void
  readonly toIsolate: (message: string) => void
  readonly run: () => void
}

/** The module name of a cell in its host. */
const moduleUrl = 'exec_main.mjs'
/** Ids of our own requests; those of the client count from 1. */
const ownIds = { enable: 2_000_000_001, blackbox: 2_000_000_002, breakpoint: 2_000_000_003, unbreak: 2_000_000_004 }
const prelude = '^codecell:prelude$'

/**
 * Translates between a debugger and an isolate. The host wraps a program before it runs it: here, the debugger sees the
 * original text and positions, and stops at the first line.
 */
export class InspectedProgram {
  readonly #source: string
  readonly #ends: InspectionEnds
  readonly #end: SourcePosition
  #scriptId: string | null = null
  #breakpointId: string | null = null
  #phase: 'waiting' | 'stopping' | 'running' = 'waiting'

  constructor(source: string, ends: InspectionEnds) {
    this.#source = source
    this.#ends = ends
    const lines = source.split(/\r\n|[\n\r\u2028\u2029]/)
    this.#end = { line: lines.length - 1, column: lines.at(-1)?.length ?? 0 }
  }

  fromClient(text: string): void {
    const message = parse(text)
    const { id, method } = message
    const params = isRecord(message['params']) ? message['params'] : {}
    if (method === 'Debugger.getScriptSource' && params['scriptId'] === this.#scriptId) {
      return this.#ends.toClient(JSON.stringify({ id, result: { scriptSource: this.#source } }))
    }
    if (method === 'Debugger.setScriptSource') {
      const error = { code: -32_000, message: 'Cannot edit a recorded program in the debugger: use --source' }
      return this.#ends.toClient(JSON.stringify({ id, error }))
    }
    if (method === 'Debugger.setBlackboxPatterns') {
      const patterns: unknown = params['patterns']
      const all = [...(Array.isArray(patterns) ? patterns : []), prelude]
      return this.#ends.toIsolate(JSON.stringify({ ...message, params: { ...params, patterns: all } }))
    }
    this.#ends.toIsolate(text)
    if (method === 'Runtime.runIfWaitingForDebugger' && this.#phase === 'waiting') this.#stopAtFirstLine()
  }

  #stopAtFirstLine(): void {
    this.#phase = 'stopping'
    this.#request(ownIds.enable, 'Debugger.enable', {})
  }

  #request(id: number, method: string, params: object): void {
    this.#ends.toIsolate(JSON.stringify({ id, method, params }))
  }

  fromIsolate(text: string): void {
    const message = parse(text)
    if (typeof message['id'] === 'number' && message['id'] >= ownIds.enable) return this.#onOwnResponse(message)
    const params = isRecord(message['params']) ? message['params'] : {}
    switch (message['method']) {
      case 'Debugger.scriptParsed':
        return this.#onScriptParsed(message, params)
      case 'Debugger.paused':
        return this.#ends.toClient(JSON.stringify({ ...message, params: this.#pausedParams(params) }))
      default:
        this.#ends.toClient(text)
    }
  }

  #onOwnResponse({ id, result }: Message): void {
    if (this.#phase !== 'stopping') return
    if (id === ownIds.enable) {
      this.#request(ownIds.blackbox, 'Debugger.setBlackboxPatterns', { patterns: [prelude] })
      const location = { scriptId: this.#scriptId ?? '', lineNumber: 0, columnNumber: 0 }
      this.#request(ownIds.breakpoint, 'Debugger.setBreakpoint', { location })
    } else if (id === ownIds.breakpoint) {
      const breakpointId = isRecord(result) ? result['breakpointId'] : null
      this.#breakpointId = typeof breakpointId === 'string' ? breakpointId : null
      this.#phase = 'running'
      this.#ends.run()
    }
  }

  /** Handles `scriptParsed`. Of the two scripts with this name, the wrapped one runs; it begins before its first column. */
  #onScriptParsed(message: Message, params: Message): void {
    if (params['url'] !== moduleUrl) return this.#ends.toClient(JSON.stringify(message))
    if (!(Number(params['startColumn']) < 0)) return
    this.#scriptId = String(params['scriptId'])
    const { line, column } = this.#end
    const own = { startLine: 0, startColumn: 0, endLine: line, endColumn: column, length: this.#source.length }
    this.#ends.toClient(JSON.stringify({ ...message, params: { ...params, ...own } }))
  }

  #pausedParams(params: Message): Message {
    const { callFrames, hitBreakpoints } = params
    const frames = Array.isArray(callFrames)
      ? callFrames.map((frame: unknown) => this.#translateFrame(frame))
      : callFrames
    const hits = Array.isArray(hitBreakpoints) ? hitBreakpoints : []
    if (this.#breakpointId === null || !hits.includes(this.#breakpointId)) return { ...params, callFrames: frames }
    const breakpointId = this.#breakpointId
    this.#breakpointId = null
    this.#request(ownIds.unbreak, 'Debugger.removeBreakpoint', { breakpointId })
    return {
      ...params,
      callFrames: frames,
      reason: 'Break on start',
      hitBreakpoints: hits.filter((hit) => hit !== breakpointId),
    }
  }

  #translateFrame(frame: unknown): unknown {
    const location = isRecord(frame) ? frame['location'] : null
    const isOurs = isRecord(location) && location['scriptId'] === this.#scriptId
    return isOurs ? insideSource(frame, this.#end) : frame
  }

  /** Resumes a paused program after the client disconnected. */
  clientLeft(): void {
    for (const domain of ['Debugger', 'Runtime', 'Profiler']) this.#request(ownIds.unbreak, `${domain}.disable`, {})
  }
}

/** Lines and columns count from 0. */
type SourcePosition = { readonly line: number; readonly column: number }

/** Moves a frame in the wrapper to the beginning or end of the program. */
function insideSource(frame: unknown, end: SourcePosition): unknown {
  if (!isRecord(frame)) return frame
  const moved = ['location', 'functionLocation'].flatMap((name) => {
    const position = frame[name]
    return isRecord(position) ? [[name, { ...position, ...insidePosition(position, end) }] as const] : []
  })
  return { ...frame, ...Object.fromEntries(moved) }
}

function insidePosition({ lineNumber, columnNumber }: Message, { line, column }: SourcePosition): Message {
  if (Number(columnNumber) < 0) return { columnNumber: 0 }
  return Number(lineNumber) > line ? { lineNumber: line, columnNumber: column } : {}
}

function parse(text: string): Message {
  try {
    const message: unknown = JSON.parse(text)
    return isRecord(message) ? message : {}
  } catch {
    return {}
  }
}
