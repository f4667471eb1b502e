import { consoleHeader, type ApiError, type ErrorBody } from '../../../src/console/api.ts'
import type { ActEndpoints, ReadEndpoints } from './endpoints.ts'

type Query = { readonly [name: string]: string | number | null | undefined }

/** A request that failed. `status` is 0 when there was no response. */
export class ApiFailure extends Error {
  readonly status: number
  readonly code: string
  readonly advice: string | null

  constructor(status: number, { code, message, advice }: ApiError) {
    super(message)
    this.status = status
    this.code = code
    this.advice = advice
  }
}

/**
 * Returns the data of an endpoint.
 *
 * @throws {ApiFailure}
 */
export async function get<Path extends keyof ReadEndpoints>(
  path: Path,
  query: Query = {},
): Promise<ReadEndpoints[Path]> {
  const parts = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '') parts.set(name, String(value))
  }
  const search = parts.toString()
  const { status, text } = await send(search === '' ? path : `${path}?${search}`, {})
  const body: ReadEndpoints[Path] | ErrorBody | undefined = parsed(text)
  if (!isSuccess(status) || body === undefined || isErrorBody(body)) throw failed(status, body)
  return body
}

/**
 * Sends a request that changes something. A response with the status 409 says why nothing changed, and is data too when it is more than
 * an error.
 *
 * @throws {ApiFailure}
 */
export async function post<Path extends keyof ActEndpoints>(
  path: Path,
  request: ActEndpoints[Path]['request'],
): Promise<ActEndpoints[Path]['response']> {
  const headers = { 'content-type': 'application/json', [consoleHeader]: '1' }
  const { status, text } = await send(path, { method: 'POST', headers, body: JSON.stringify(request) })
  const body: ActEndpoints[Path]['response'] | ErrorBody | undefined = parsed(text)
  const isAccepted = isSuccess(status) || status === 409
  if (!isAccepted || body === undefined || isErrorBody(body)) throw failed(status, body)
  return body
}

/** Returns an id for a request, so that its repetition is harmless. */
export function newRequestId(): string {
  // `randomUUID` needs a secure context.
  return crypto.getRandomValues(new Uint32Array(4)).join('-')
}

export function failureOf(error: unknown): ApiFailure {
  if (error instanceof ApiFailure) return error
  const message = error instanceof Error ? error.message : 'Unknown error'
  return new ApiFailure(0, { code: 'UNKNOWN', message, advice: null })
}

async function send(path: string, init: RequestInit): Promise<{ readonly status: number; readonly text: string }> {
  try {
    const response = await fetch(path, { credentials: 'same-origin', cache: 'no-store', ...init })
    return { status: response.status, text: await response.text() }
  } catch {
    const message = 'The server does not respond'
    throw new ApiFailure(0, { code: 'OFFLINE', message, advice: 'The page connects again by itself.' })
  }
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300
}

function failed(status: number, body: unknown): ApiFailure {
  const fallback = { code: 'UNKNOWN', message: `The server responded with status ${status}`, advice: null }
  return new ApiFailure(status, isErrorBody(body) ? body.error : fallback)
}

/** Parses JSON. Page and server are of one version, so the types of bodies are those of `src/console/api.ts`. */
const parsed: (text: string) => ReturnType<typeof JSON.parse> = (text) => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Whether a body is an error only. The results of actions can have an error and other members. */
function isErrorBody(body: unknown): body is ErrorBody {
  if (typeof body !== 'object' || body === null || !('error' in body)) return false
  return typeof body.error === 'object' && body.error !== null && Object.keys(body).length === 1
}
