import { createInterface } from 'node:readline'

// A small MCP server over standard input and output, without dependencies: it starts in a few milliseconds.

/** The error of a call: its text is the result for the model. */
export class CallError extends Error {}

/**
 * Serves tools until standard input ends.
 *
 * @param {string} name of the server
 * @param {Record<string, { description: string, input?: Record<string, object>, required?: string[], output?: object,
 *   readOnly?: boolean, call: (input: any) => object }>} tools
 */
export function serve(name, tools) {
  createInterface({ input: process.stdin }).on('line', (line) => {
    const { id, method, params } = JSON.parse(line)
    if (id === undefined) return
    try {
      send({ id, result: resultOf(method, params, { name, tools }) })
    } catch (error) {
      send({ id, error: { code: error.code ?? -32603, message: error.message } })
    }
  })
}

function send(message) {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
}

function resultOf(method, params, { name, tools }) {
  switch (method) {
    case 'initialize':
      return {
        protocolVersion: params.protocolVersion,
        capabilities: { tools: {} },
        serverInfo: { name, version: '1.0.0' },
      }
    case 'ping':
      return {}
    case 'tools/list':
      return { tools: Object.entries(tools).map(listed) }
    case 'tools/call':
      return called(tools, params)
    default:
      throw Object.assign(new Error(`unknown method ${method}`), { code: -32601 })
  }
}

function listed([name, { description, input = {}, required = [], output, readOnly = true }]) {
  return {
    name,
    description,
    inputSchema: { type: 'object', properties: input, required, additionalProperties: false },
    ...(output === undefined ? {} : { outputSchema: { type: 'object', properties: output } }),
    annotations: { readOnlyHint: readOnly },
  }
}

function called(tools, { name, arguments: input = {} }) {
  try {
    const tool = Object.hasOwn(tools, name) ? tools[name] : undefined
    if (tool === undefined) throw new CallError(`unknown tool ${name}`)
    check(tool, input)
    const value = tool.call(input)
    return { content: [{ type: 'text', text: JSON.stringify(value) }], structuredContent: value }
  } catch (error) {
    if (!(error instanceof CallError)) throw error
    return { content: [{ type: 'text', text: error.message }], isError: true }
  }
}

function check({ input: properties = {}, required = [] }, input) {
  for (const name of required) if (input[name] === undefined) throw new CallError(`missing argument ${name}`)
  for (const [name, value] of Object.entries(input)) {
    const schema = Object.hasOwn(properties, name) ? properties[name] : undefined
    if (schema === undefined) throw new CallError(`unknown argument ${name}`)
    const isList = Array.isArray(value)
    const type = isList ? 'array' : Number.isInteger(value) && schema.type === 'integer' ? 'integer' : typeof value
    if (type !== schema.type) throw new CallError(`argument ${name} must be of type ${schema.type}`)
  }
}

/** Returns one page of a list. */
export function pageOf(items, page = 1, size = 25) {
  if (page < 1) throw new CallError('page must be at least 1')
  const start = (page - 1) * size
  return { items: items.slice(start, start + size), next_page: start + size < items.length ? page + 1 : null }
}

export const text = (description) => ({ type: 'string', ...(description === undefined ? {} : { description }) })
export const integer = (description) => ({ type: 'integer', ...(description === undefined ? {} : { description }) })

/** Returns a date, as YYYY-MM-DD. Dates of another form would be compared wrongly. */
export function dateOf(value, name) {
  if (!/^\d{4}-\d\d-\d\d$/.test(value)) throw new CallError(`${name} must be a date such as 2026-03-16, got ${value}`)
  return value
}

/** Returns a time in milliseconds. */
export function timeOf(value, name) {
  const ms = Date.parse(value)
  if (!/T.*(Z|[+-]\d\d:?\d\d)$/.test(value) || Number.isNaN(ms)) {
    throw new CallError(`${name} must be a time with a zone, such as 2026-03-16T09:00:00Z, got ${value}`)
  }
  return ms
}
