import { isRecord } from '../protocol/json.ts'

type Message = Record<string, unknown>

/** Where messages of the debugger's protocol go; `run` lets the program begin. */
export type InspectionEnds = {
  readonly toClient: (message: string) => void
  readonly toIsolate: (message: string) => void
  readonly run: () => void
}

/** The name that the host gives the module of a cell. */
const moduleUrl = 'exec_main.mjs'
/** Ours beside the ids of the client, which count from 1. */
const ownIds = { enable: 2_000_000_001, blackbox: 2_000_000_002, breakpoint: 2_000_000_003, unbreak: 2_000_000_004 }
const prelude = '^codecell:prelude$'

/**
 * Stands between a debugger and an isolate. The host wraps a program before it runs it: here it gets its own text and its
 * own positions back, and stops at its first line.
 */
export class InspectedProgram {
  readonly #source: string
  readonly #ends: InspectionEnds
  readonly #end: SourcePlace
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
      const error = { code: -32_000, message: 'A recorded program cannot be changed here: use --source' }
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
    this.#ask(ownIds.enable, 'Debugger.enable', {})
  }

  #ask(id: number, method: string, params: object): void {
    this.#ends.toIsolate(JSON.stringify({ id, method, params }))
  }

  fromIsolate(text: string): void {
    const message = parse(text)
    if (typeof message['id'] === 'number' && message['id'] >= ownIds.enable) return this.#answered(message)
    const params = isRecord(message['params']) ? message['params'] : {}
    switch (message['method']) {
      case 'Debugger.scriptParsed':
        return this.#parsed(message, params)
      case 'Debugger.paused':
        return this.#ends.toClient(JSON.stringify({ ...message, params: this.#paused(params) }))
      default:
        this.#ends.toClient(text)
    }
  }

  #answered({ id, result }: Message): void {
    if (this.#phase !== 'stopping') return
    if (id === ownIds.enable) {
      this.#ask(ownIds.blackbox, 'Debugger.setBlackboxPatterns', { patterns: [prelude] })
      const location = { scriptId: this.#scriptId ?? '', lineNumber: 0, columnNumber: 0 }
      this.#ask(ownIds.breakpoint, 'Debugger.setBreakpoint', { location })
    } else if (id === ownIds.breakpoint) {
      const breakpointId = isRecord(result) ? result['breakpointId'] : null
      this.#breakpointId = typeof breakpointId === 'string' ? breakpointId : null
      this.#phase = 'running'
      this.#ends.run()
    }
  }

  /** Of the two scripts with this name the wrapped one runs, and begins before its first column. */
  #parsed(message: Message, params: Message): void {
    if (params['url'] !== moduleUrl) return this.#ends.toClient(JSON.stringify(message))
    if (!(Number(params['startColumn']) < 0)) return
    this.#scriptId = String(params['scriptId'])
    const { line, column } = this.#end
    const own = { startLine: 0, startColumn: 0, endLine: line, endColumn: column, length: this.#source.length }
    this.#ends.toClient(JSON.stringify({ ...message, params: { ...params, ...own } }))
  }

  #paused(params: Message): Message {
    const { callFrames, hitBreakpoints } = params
    const frames = Array.isArray(callFrames) ? callFrames.map((frame: unknown) => this.#shownFrame(frame)) : callFrames
    const hits = Array.isArray(hitBreakpoints) ? hitBreakpoints : []
    if (this.#breakpointId === null || !hits.includes(this.#breakpointId)) return { ...params, callFrames: frames }
    const breakpointId = this.#breakpointId
    this.#breakpointId = null
    this.#ask(ownIds.unbreak, 'Debugger.removeBreakpoint', { breakpointId })
    return {
      ...params,
      callFrames: frames,
      reason: 'Break on start',
      hitBreakpoints: hits.filter((hit) => hit !== breakpointId),
    }
  }

  #shownFrame(frame: unknown): unknown {
    const location = isRecord(frame) ? frame['location'] : null
    const isOurs = isRecord(location) && location['scriptId'] === this.#scriptId
    return isOurs ? insideSource(frame, this.#end) : frame
  }

  /** The client is gone: nobody is left who could let a program go on that stands still. */
  clientLeft(): void {
    for (const domain of ['Debugger', 'Runtime', 'Profiler']) this.#ask(ownIds.unbreak, `${domain}.disable`, {})
  }
}

/** Lines and columns count from 0. */
type SourcePlace = { readonly line: number; readonly column: number }

/** A frame that stands in what surrounds a program stands at the program's beginning or end. */
function insideSource(frame: unknown, end: SourcePlace): unknown {
  if (!isRecord(frame)) return frame
  const moved = ['location', 'functionLocation'].flatMap((name) => {
    const place = frame[name]
    return isRecord(place) ? [[name, { ...place, ...insidePlace(place, end) }] as const] : []
  })
  return { ...frame, ...Object.fromEntries(moved) }
}

function insidePlace({ lineNumber, columnNumber }: Message, { line, column }: SourcePlace): Message {
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
