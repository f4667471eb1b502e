import { CodecellError } from '../errors.ts'
import type { PayloadReference } from '../trace/format/raw-event.ts'
import { makeView, type View } from '../trace/view/make-view-data.ts'
import { openTraceBundle, type TraceBundle } from '../trace/bundle/open-bundle.ts'
import type { TracePrices } from '../trace/view/prices.ts'
import { payloadJson } from './payload-json.ts'
import { fillPage, readViewerPage } from './viewer-page.ts'
import { checkOptions, type OptionNames } from '../options/check-options.ts'

export type TraceViewHtmlOptions = {
  /** The folder of the bundle. */
  readonly directory: string
  /**
   * The maximum size of all payloads in the file, in bytes. The smallest come first.
   *
   * @default 20 MiB
   */
  readonly payloadBytes?: number
  /**
   * The HTML of a page without data.
   *
   * @default the viewer of this package
   */
  readonly page?: string
  /**
   * Prices of models, for the costs of requests.
   *
   * @default no costs
   */
  readonly prices?: TracePrices
}

const optionNames: OptionNames<TraceViewHtmlOptions> = {
  directory: 'any',
  payloadBytes: 'any',
  page: 'any',
  prices: 'any',
}

/**
 * Returns the viewer with a bundle inside, as one self-contained HTML file.
 *
 * @throws {CodecellError} `INVALID_OPTION` for malformed prices; `PACKAGE_MISSING` without a built viewer; `TRACE_UNREADABLE`, `TRACE_INVALID`
 */
export function traceViewHtml(options: TraceViewHtmlOptions): string {
  checkOptions('traceViewHtml', options, optionNames)
  const { directory, payloadBytes = 20 * 2 ** 20, page = readViewerPage(), prices } = options
  const bundle = openTraceBundle(directory)
  const { data, payloads } = makeView(bundle, prices === undefined ? {} : { prices })
  const { json, problems } = payloadsOf(bundle, payloads, payloadBytes)
  return fillPage(page, {
    data: JSON.stringify({ ...data, problems: [...data.problems, ...problems] }),
    payloads: json,
  })
}

/** Returns the payloads of a bundle by their ids, in JSON. */
function payloadsOf(
  bundle: TraceBundle,
  payloads: View['payloads'],
  budget: number,
): { readonly json: string; readonly problems: readonly string[] } {
  const sized = [...payloads].map(([id, payload]) => ({ id, payload, size: sizeOf(bundle, payload) }))
  const members: string[] = []
  let left = budget
  let unreadable = 0
  let tooLong = 0
  for (const { id, payload, size } of sized.toSorted((one, other) => one.size - other.size)) {
    if (size > left) {
      tooLong++
      continue
    }
    const text = readJson(bundle, payload)
    if (text === null) unreadable++
    else {
      members.push(`${JSON.stringify(id)}:${text}`)
      left -= size
    }
  }
  return {
    json: `{${members.join(',')}}`,
    problems: [
      ...(tooLong === 0
        ? []
        : [`${tooLong} payloads are not in this file: all of them have more than ${budget} bytes`]),
      ...(unreadable === 0 ? [] : [`${unreadable} payloads are not in this file: they cannot be read`]),
    ],
  }
}

function sizeOf(bundle: TraceBundle, payload: PayloadReference): number {
  try {
    return bundle.payloadSize(payload)
  } catch (error) {
    if (error instanceof CodecellError) return 0
    throw error
  }
}

/** Reads a payload, or null if it is not JSON, which would break all others. */
function readJson(bundle: TraceBundle, payload: PayloadReference): string | null {
  try {
    const text = payloadJson(bundle, payload)
    JSON.parse(text)
    return text
  } catch (error) {
    if (error instanceof CodecellError || error instanceof SyntaxError) return null
    throw error
  }
}
