import {
  MapOf,
  PromiseOf,
  ProxyOf,
  assignMember,
  defineProperty,
  deleteProperty,
  getMember,
  getOwnPropertyDescriptor,
  hasMember,
  indexOf,
  mapDelete,
  mapGet,
  mapHas,
  mapSet,
  mapSize,
  ownKeys,
  parse,
  preventExtensions,
  slice,
} from './primordials.js'
import { emissionKinds, waitKinds } from '../engine/bridge.ts'
import { bytesOf, laterLimit, limit, limitText } from './limits.js'
import { emitInOrder, slowDown } from './emissions.js'
import { emitLocation } from './location.js'
import { portableJsonOf } from './json.js'
import { PASSED, countPromises, readText } from './promise-uses.js'
import { asNative } from './native.js'
import { setGlobal, setMember } from './objects.js'

let toolCalls = 0
/** The size of the inputs of all pending calls. */
let pendingArgumentBytes = 0
/** @type {Map<number, { resolve: (value: unknown) => void, reject: (reason: unknown) => void, bytes: number }>} */
const pendingCalls = new MapOf()

export function forgetToolCalls() {
  toolCalls = 0
}

/** @type {(tool: string, input: unknown) => Promise<unknown>} */
export function callTool(tool, input) {
  const json = input === undefined ? '' : portableJsonOf(input)
  if (bytesOf(json) > limit('argumentBytes')) {
    throw limitText('argument_bytes', limit('argumentBytes'), bytesOf(json))
  }
  if (toolCalls >= limit('toolCalls')) throw limitText('tool_calls', limit('toolCalls'), toolCalls + 1)
  const pending = mapSize(pendingCalls)
  if (pending >= limit('pendingToolCalls')) {
    throw limitText('pending_tool_calls', limit('pendingToolCalls'), pending + 1)
  }
  const bytes = pendingArgumentBytes + bytesOf(json)
  if (bytes > laterLimit('pendingArgumentBytes')) {
    throw limitText('pending_argument_bytes', laterLimit('pendingArgumentBytes'), bytes)
  }
  const id = toolCalls + 1
  countPromises(PASSED, input, json)
  emitLocation(true)
  return new PromiseOf((resolve, reject) => {
    mapSet(pendingCalls, id, { resolve, reject, bytes: bytesOf(json) })
    // Throws when the stack is exhausted; then the call was not made, and its number is free.
    emitInOrder(emissionKinds.toolCall, id, tool, json)
    toolCalls = id
    pendingArgumentBytes = bytes
    slowDown(json.length)
  })
}

/** @type {(id: number, succeeded: boolean, body: string) => void} */
export function settleCall(id, succeeded, body) {
  const pending = mapGet(pendingCalls, id)
  if (pending === undefined) return
  mapDelete(pendingCalls, id)
  pendingArgumentBytes -= pending.bytes
  readText(body)
  if (succeeded) pending.resolve(parse(body))
  else pending.reject(body)
}

/** @type {(catalogue: string) => void} */
export function installTools(catalogue) {
  const all = parse(catalogue)
  const tools = {}
  for (let index = 0; index < all.length; index++) defineTool(tools, all[index].name)
  setGlobal('tools', tools)
  setGlobal('ALL_TOOLS', all)
}

/** @type {(tools: object, name: string) => void} */
function defineTool(tools, name) {
  // With the own properties of a builtin function of the reference.
  const tool = asNative(function (/** @type {unknown[]} */ ...inputs) {
    return callTool(name, inputs.length === 0 ? undefined : inputs[0])
  })
  setMember(tools, name, tool)
}

/** Defines each of many tools when the program first uses its name; fetches `ALL_TOOLS` when the program reads it. */
export function installManyTools() {
  /** The names, each between line feeds; fetched on first use. @type {string | undefined} */
  let names
  /** Names that were defined, and possibly deleted since. */
  const settled = new MapOf()
  const isListed = (/** @type {string} */ name) => {
    names ??= /** @type {string} */ (waitForHost(waitKinds.toolNames, 0))
    return indexOf(name, '\n') === -1 && indexOf(names, `\n${name}\n`) !== -1
  }
  const settle = (/** @type {object} */ tools, /** @type {string | symbol} */ name) => {
    if (typeof name === 'string' && !mapHas(settled, name) && isListed(name)) settleListed(tools, name)
  }
  const settleListed = (/** @type {object} */ tools, /** @type {string} */ name) => {
    mapSet(settled, name, true)
    defineTool(tools, name)
  }
  const settleAll = (/** @type {object} */ tools) => {
    isListed('')
    const all = names ?? ''
    for (let start = 1, end = indexOf(all, '\n', start); end !== -1; start = end + 1, end = indexOf(all, '\n', start)) {
      const name = slice(all, start, end)
      // Without a search in the list for each name.
      if (!mapHas(settled, name)) settleListed(tools, name)
    }
  }
  /** @type {ProxyHandler<object> & { __proto__: null }} */
  const handler = {
    __proto__: null,
    get: (tools, name, receiver) => (settle(tools, name), getMember(tools, name, receiver)),
    has: (tools, name) => (settle(tools, name), hasMember(tools, name)),
    set: (tools, name, value, receiver) => (settle(tools, name), assignMember(tools, name, value, receiver)),
    deleteProperty: (tools, name) => (settle(tools, name), deleteProperty(tools, name)),
    defineProperty: (tools, name, to) => (settle(tools, name), defineProperty(tools, name, to)),
    getOwnPropertyDescriptor: (tools, name) => (settle(tools, name), getOwnPropertyDescriptor(tools, name)),
    ownKeys: (tools) => (settleAll(tools), ownKeys(tools)),
    preventExtensions: (tools) => (settleAll(tools), preventExtensions(tools)),
  }
  setGlobal('tools', new ProxyOf({}, handler))
  defineProperty(globalThis, 'ALL_TOOLS', {
    get() {
      // It may be large, so it arrives in the same way as a retained output.
      const all = parse(/** @type {string} */ (waitForHost(waitKinds.retainedOutput, 0)))
      setGlobal('ALL_TOOLS', all)
      return all
    },
    set: (value) => setGlobal('ALL_TOOLS', value),
    enumerable: true,
    configurable: true,
  })
}
